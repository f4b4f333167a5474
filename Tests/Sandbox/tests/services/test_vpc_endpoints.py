# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from .conftest import Network, gone, refused, trail


def make_endpoint(ec2: Any, network: Network, **more: Any) -> dict[str, Any]:
    given = {
        "VpcId": network.vpc, "VpcEndpointType": "Interface", "ServiceName": "com.amazonaws.us-east-1.rds-data",
        "SubnetIds": network.subnets, "SecurityGroupIds": [network.group], "PrivateDnsEnabled": False, **more,
    }  # fmt: skip
    return ec2.create_vpc_endpoint(**given)["VpcEndpoint"]


def test_endpoint_goes_through_its_states_and_its_interfaces_linger(network: Network, auto: Any) -> None:
    ec2 = auto.client("ec2")
    endpoint = make_endpoint(ec2, network)
    identifier = endpoint["VpcEndpointId"]
    assert endpoint["State"] == "pending"
    assert len(endpoint["NetworkInterfaceIds"]) == 3

    def state() -> str:
        return ec2.describe_vpc_endpoints(VpcEndpointIds=[identifier])["VpcEndpoints"][0]["State"]

    assert trail(state, "available") == ["pending", "available"]
    by_subnet = [{"Name": "subnet-id", "Values": network.subnets}]
    interfaces = ec2.describe_network_interfaces(Filters=by_subnet)["NetworkInterfaces"]
    assert {eni["InterfaceType"] for eni in interfaces} == {"vpc_endpoint"}
    assert all(eni["Groups"][0]["GroupId"] == network.group and eni["RequesterManaged"] for eni in interfaces)
    with refused("InvalidNetworkInterface.InUse"):
        ec2.delete_network_interface(NetworkInterfaceId=interfaces[0]["NetworkInterfaceId"])
    assert ec2.delete_vpc_endpoints(VpcEndpointIds=[identifier])["Unsuccessful"] == []
    assert set(gone(state, "InvalidVpcEndpointId.NotFound")) == {"deleting"}
    auto.control("clock", {"auto": False})
    with refused("DependencyViolation"):
        ec2.delete_subnet(SubnetId=network.subnets[0])
    assert len(ec2.describe_network_interfaces(Filters=by_subnet)["NetworkInterfaces"]) == 3
    auto.control("clock", {"auto": True})
    # A client that only tries again gets there too: the refusal moves an automatic clock.
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=network.group)
    ec2.delete_security_group(GroupId=network.group)
    ec2.delete_subnet(SubnetId=network.subnets[0])


def test_endpoint_refusals(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    with refused("InvalidServiceName"):
        make_endpoint(ec2, network, ServiceName="com.amazonaws.us-east-1.banana")
    with refused("InvalidParameter", "enableDnsHostnames"):
        make_endpoint(ec2, network, PrivateDnsEnabled=True)
    ec2.modify_vpc_attribute(VpcId=network.vpc, EnableDnsHostnames={"Value": True})
    make_endpoint(ec2, network, PrivateDnsEnabled=True)
    with refused("InvalidParameter", "conflicting DNS domain"):
        make_endpoint(ec2, network, PrivateDnsEnabled=True)
    answer = ec2.delete_vpc_endpoints(VpcEndpointIds=["vpce-0123456789abcdef0"])
    assert answer["Unsuccessful"][0]["Error"]["Code"] == "InvalidVpcEndpoint.NotFound"


def test_endpoint_with_a_client_token_is_made_once(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    first, second = (make_endpoint(ec2, network, ClientToken="one")["VpcEndpointId"] for _ in range(2))
    assert first == second
    with refused("IdempotentParameterMismatch"):
        make_endpoint(ec2, network, ClientToken="one", SubnetIds=network.subnets[:1])


def test_endpoint_changes_keep_their_values(network: Network, auto: Any) -> None:
    ec2 = auto.client("ec2")
    identifier = make_endpoint(ec2, network, SubnetIds=network.subnets[:2])["VpcEndpointId"]

    def read() -> dict[str, Any]:
        return ec2.describe_vpc_endpoints(VpcEndpointIds=[identifier])["VpcEndpoints"][0]

    with refused("IncorrectState"):
        ec2.modify_vpc_endpoint(VpcEndpointId=identifier, AddSubnetIds=network.subnets[2:])
    trail(lambda: read()["State"], "available")
    other = ec2.create_security_group(GroupName="endpoints", Description="e", VpcId=network.vpc)["GroupId"]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=identifier, AddSubnetIds=network.subnets[2:], RemoveSubnetIds=network.subnets[:1],
        AddSecurityGroupIds=[other], RemoveSecurityGroupIds=[network.group],
    )  # fmt: skip
    assert read()["SubnetIds"] == network.subnets[1:]
    assert [group["GroupId"] for group in read()["Groups"]] == [other]
    assert len(read()["NetworkInterfaceIds"]) == 2
    with refused("InvalidParameter", "security group"):
        ec2.modify_vpc_endpoint(VpcEndpointId=identifier, RemoveSecurityGroupIds=[other])


def test_attachments_of_services_cannot_be_undone(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    make_endpoint(ec2, network, SubnetIds=network.subnets[:1])
    (eni,) = ec2.describe_network_interfaces()["NetworkInterfaces"]
    with refused("OperationNotPermitted"):
        ec2.detach_network_interface(AttachmentId=eni["Attachment"]["AttachmentId"])
    with refused("InvalidAttachmentID.NotFound"):
        ec2.detach_network_interface(AttachmentId="eni-attach-0123456789abcdef0")
