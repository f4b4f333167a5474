# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from .conftest import Network, refused


def permission(port: int, **source: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}


def test_new_group_lets_everything_out_and_answers_its_tags(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    tags = [{"Key": "harecon:id", "Value": "clients"}]
    made = ec2.create_security_group(
        GroupName="clients", Description="clients", VpcId=network.vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )  # fmt: skip
    assert made["Tags"] == tags
    (group,) = ec2.describe_security_groups(GroupIds=[made["GroupId"]])["SecurityGroups"]
    assert group["IpPermissions"] == []
    assert group["IpPermissionsEgress"][0]["IpProtocol"] == "-1"
    assert group["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    by_group = [{"Name": "group-id", "Values": [made["GroupId"]]}]
    (rule,) = ec2.describe_security_group_rules(Filters=by_group)["SecurityGroupRules"]
    assert (rule["IsEgress"], rule["FromPort"], rule["ToPort"]) == (True, -1, -1)
    with refused("InvalidGroup.Duplicate"):
        ec2.create_security_group(GroupName="clients", Description="again", VpcId=network.vpc)


def test_authorize_answers_every_rule_with_id_tags_and_description(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    peer = ec2.create_security_group(GroupName="clients", Description="clients", VpcId=network.vpc)["GroupId"]
    rules = ec2.authorize_security_group_ingress(
        GroupId=network.group,
        IpPermissions=[
            permission(5432, IpRanges=[{"CidrIp": "10.40.0.9/16", "Description": "api"}, {"CidrIp": "10.41.0.0/16"}]),
            permission(5432, UserIdGroupPairs=[{"GroupId": peer, "Description": "clients"}]),
        ],
        TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": [{"Key": "harecon:id", "Value": "x"}]}],
    )["SecurityGroupRules"]  # fmt: skip
    assert len({rule["SecurityGroupRuleId"] for rule in rules}) == 3
    assert [rule.get("CidrIpv4") for rule in rules] == ["10.40.0.0/16", "10.41.0.0/16", None]
    assert [rule.get("Description") for rule in rules] == ["api", None, "clients"]
    assert rules[2]["ReferencedGroupInfo"] == {"GroupId": peer, "UserId": aws.account}
    assert all(rule["Tags"] == [{"Key": "harecon:id", "Value": "x"}] for rule in rules)
    assert all(rule["SecurityGroupRuleArn"].endswith(rule["SecurityGroupRuleId"]) for rule in rules)
    with refused("InvalidPermission.Duplicate", "5432"):
        ec2.authorize_security_group_ingress(
            GroupId=network.group,
            IpPermissions=[permission(5432, IpRanges=[{"CidrIp": "10.41.0.0/16", "Description": "other"}])],
        )
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=peer)
    ec2.revoke_security_group_ingress(GroupId=network.group, SecurityGroupRuleIds=[rules[2]["SecurityGroupRuleId"]])
    ec2.delete_security_group(GroupId=peer)


def test_a_batch_with_one_duplicate_adds_nothing(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    ec2.authorize_security_group_ingress(
        GroupId=network.group, IpPermissions=[permission(1, IpRanges=[{"CidrIp": "10.1.0.0/16"}])]
    )
    with refused("InvalidPermission.Duplicate"):
        ec2.authorize_security_group_ingress(
            GroupId=network.group,
            IpPermissions=[
                permission(2, IpRanges=[{"CidrIp": "10.2.0.0/16"}]),
                permission(1, IpRanges=[{"CidrIp": "10.1.0.0/16"}]),
            ],
        )
    (group,) = ec2.describe_security_groups(GroupIds=[network.group])["SecurityGroups"]
    assert [p["FromPort"] for p in group["IpPermissions"]] == [1]


def test_rules_change_in_place_and_are_revoked_by_value(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    (rule,) = ec2.authorize_security_group_ingress(
        GroupId=network.group, IpPermissions=[permission(5432, IpRanges=[{"CidrIp": "10.1.0.0/16"}])]
    )["SecurityGroupRules"]
    ec2.modify_security_group_rules(
        GroupId=network.group,
        SecurityGroupRules=[{
            "SecurityGroupRuleId": rule["SecurityGroupRuleId"],
            "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 5433, "ToPort": 5433, "CidrIpv4": "10.2.0.0/16"},
        }],
    )  # fmt: skip
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=network.group,
        SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "Description": "new"}],
    )
    (seen,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])[
        "SecurityGroupRules"
    ]
    assert (seen["FromPort"], seen["CidrIpv4"], seen["Description"]) == (5433, "10.2.0.0/16", "new")
    with refused("InvalidPermission.NotFound"):
        ec2.revoke_security_group_ingress(
            GroupId=network.group, IpPermissions=[permission(5432, IpRanges=[{"CidrIp": "10.1.0.0/16"}])]
        )
    revoked = ec2.revoke_security_group_ingress(
        GroupId=network.group, IpPermissions=[permission(5433, IpRanges=[{"CidrIp": "10.2.0.0/16"}])]
    )
    assert [r["SecurityGroupRuleId"] for r in revoked["RevokedSecurityGroupRules"]] == [rule["SecurityGroupRuleId"]]
    with refused("InvalidSecurityGroupRuleId.NotFound"):
        ec2.revoke_security_group_ingress(GroupId=network.group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])


def test_a_group_has_room_for_sixty_rules(network: Network, aws: Any) -> None:
    ec2 = aws.client("ec2")
    ranges = [{"CidrIp": f"10.{i}.0.0/16"} for i in range(61)]
    with refused("RulesPerSecurityGroupLimitExceeded"):
        ec2.authorize_security_group_ingress(GroupId=network.group, IpPermissions=[permission(5432, IpRanges=ranges)])
    ec2.authorize_security_group_ingress(GroupId=network.group, IpPermissions=[permission(5432, IpRanges=ranges[:60])])
