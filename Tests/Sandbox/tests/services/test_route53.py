# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from .conftest import Network, refused, trail


@pytest.fixture
def route53(auto: Any) -> Any:
    return auto.client("route53")


def make_zone(
    route53: Any, network: Network, reference: str = "one", name: str = "Payments.Internal"
) -> dict[str, Any]:
    return route53.create_hosted_zone(
        Name=name, CallerReference=reference, VPC={"VPCRegion": "us-east-1", "VPCId": network.vpc},
        HostedZoneConfig={"Comment": "harecon", "PrivateZone": True},
    )  # fmt: skip


@pytest.fixture
def zone(route53: Any, network: Network) -> str:
    return make_zone(route53, network)["HostedZone"]["Id"].removeprefix("/hostedzone/")


def change(route53: Any, zone: str, *changes: tuple[str, str, str, Any]) -> dict[str, Any]:
    return route53.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [
            {"Action": action, "ResourceRecordSet": {"Name": name, "Type": kind, **(
                {"TTL": 5, "ResourceRecords": [{"Value": value}]} if isinstance(value, str) else value
            )}}
            for action, name, kind, value in changes
        ]},
    )["ChangeInfo"]  # fmt: skip


def records(route53: Any, zone: str) -> dict[tuple[str, str], list[str]]:
    pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
    sets = [record for page in pages for record in page["ResourceRecordSets"]]
    return {
        (r["Name"], r["Type"]): [v["Value"] for v in r.get("ResourceRecords", [])]
        for r in sets
        if r["Type"] not in ("NS", "SOA")
    }


def test_zone_is_pending_then_in_sync(route53: Any, network: Network) -> None:
    made = make_zone(route53, network)
    assert made["ChangeInfo"]["Status"] == "PENDING"
    assert made["HostedZone"]["Name"] == "payments.internal."
    assert made["HostedZone"]["Config"] == {"Comment": "harecon", "PrivateZone": True}
    assert made["VPC"]["VPCId"] == network.vpc
    assert made["Location"].endswith(made["HostedZone"]["Id"].removeprefix("/hostedzone/"))
    change_id = made["ChangeInfo"]["Id"]
    assert trail(lambda: route53.get_change(Id=change_id)["ChangeInfo"]["Status"], "INSYNC") == ["PENDING", "INSYNC"]
    seen = route53.get_hosted_zone(Id=made["HostedZone"]["Id"])
    assert seen["VPCs"] == [{"VPCRegion": "us-east-1", "VPCId": network.vpc}]
    assert "DelegationSet" not in seen
    with refused("NoSuchChange"):
        route53.get_change(Id="C0000000000000000000")


def test_zone_refusals(route53: Any, network: Network, zone: str) -> None:
    with refused("HostedZoneAlreadyExists"):
        make_zone(route53, network, "one", "other.internal")
    with refused("ConflictingDomainExists"):
        make_zone(route53, network, "two")
    with refused("InvalidVPCId"):
        make_zone(route53, Network("vpc-0123456789abcdef0", [], ""), "three")
    with refused("InvalidInput"):
        route53.create_hosted_zone(Name="x.internal", CallerReference="four", HostedZoneConfig={"PrivateZone": True})
    with refused("NoSuchHostedZone"):
        route53.get_hosted_zone(Id="Z00000000000000000000")


def test_zones_are_found_by_vpc_and_by_name(route53: Any, network: Network, zone: str, auto: Any) -> None:
    make_zone(route53, network, "two", "aaa.payments.internal")
    make_zone(route53, network, "three", "zzz.example")
    found = route53.list_hosted_zones_by_vpc(VPCId=network.vpc, VPCRegion="us-east-1")["HostedZoneSummaries"]
    assert {z["Name"] for z in found} == {"payments.internal.", "aaa.payments.internal.", "zzz.example."}
    assert {z["Owner"]["OwningAccount"] for z in found} == {auto.account}
    names = [z["Name"] for z in route53.list_hosted_zones_by_name()["HostedZones"]]
    assert names == ["zzz.example.", "payments.internal.", "aaa.payments.internal."]
    first = route53.list_hosted_zones_by_name(DNSName="payments.internal", MaxItems="1")
    assert [z["Name"] for z in first["HostedZones"]] == ["payments.internal."]
    assert (first["IsTruncated"], first["NextDNSName"]) == (True, "aaa.payments.internal.")
    auto.settings(page=1)
    page = route53.list_hosted_zones_by_vpc(VPCId=network.vpc, VPCRegion="us-east-1")
    ids = [page["HostedZoneSummaries"][0]["HostedZoneId"]]
    while token := page.get("NextToken"):
        page = route53.list_hosted_zones_by_vpc(VPCId=network.vpc, VPCRegion="us-east-1", NextToken=token)
        ids += [z["HostedZoneId"] for z in page["HostedZoneSummaries"]]
    assert sorted(ids) == sorted(z["HostedZoneId"] for z in found)


def test_records_are_made_changed_and_deleted(route53: Any, zone: str) -> None:
    info = change(route53, zone, ("CREATE", "Writer.payments.INTERNAL", "CNAME", "a.example.com"))
    assert info["Status"] == "PENDING"
    assert records(route53, zone) == {("writer.payments.internal.", "CNAME"): ["a.example.com"]}
    with refused("InvalidChangeBatch", "already exists"):
        change(route53, zone, ("CREATE", "writer.payments.internal.", "CNAME", "b.example.com"))
    change(route53, zone, ("UPSERT", "writer.payments.internal", "CNAME", "b.example.com"))
    with refused("InvalidChangeBatch", "do not match the current values"):
        change(route53, zone, ("DELETE", "writer.payments.internal", "CNAME", "a.example.com"))
    with refused("InvalidChangeBatch", "not found"):
        change(route53, zone, ("DELETE", "reader.payments.internal", "CNAME", "a.example.com"))
    with refused("HostedZoneNotEmpty"):
        route53.delete_hosted_zone(Id=zone)
    change(route53, zone, ("DELETE", "WRITER.payments.internal", "CNAME", "b.example.com"))
    route53.delete_hosted_zone(Id=zone)
    with refused("NoSuchHostedZone"):
        route53.get_hosted_zone(Id=zone)


def test_a_batch_is_all_or_nothing(route53: Any, zone: str) -> None:
    with refused("InvalidChangeBatch"):
        change(
            route53,
            zone,
            ("CREATE", "one.payments.internal", "A", "10.0.0.1"),
            ("DELETE", "two.payments.internal", "A", "10.0.0.1"),
        )
    assert records(route53, zone) == {}
    change(route53, zone, ("CREATE", "one.payments.internal", "A", "10.0.0.1"))
    change(
        route53,
        zone,
        ("DELETE", "one.payments.internal", "A", "10.0.0.1"),
        ("CREATE", "one.payments.internal", "CNAME", "x.example.com"),
    )
    assert records(route53, zone) == {("one.payments.internal.", "CNAME"): ["x.example.com"]}


@pytest.mark.parametrize(
    ("name", "kind", "value", "text"),
    [
        ("db.payments.internal", "A", "10.0.0.1", "conflicts with other records"),
        ("payments.internal", "CNAME", "a.example.com", "apex"),
        ("db.elsewhere.internal", "A", "10.0.0.1", "not permitted in zone"),
        ("x.payments.internal", "A", "10.0.0.256", "IP address"),
        ("x.payments.internal", "TXT", "bare", "quotation marks"),
        ("x.payments.internal", "A", {"TTL": 5}, "exactly one of"),
        (
            "x.payments.internal",
            "A",
            {"TTL": 5, "ResourceRecords": [{"Value": "10.0.0.1"}], "SetIdentifier": "s"},
            "SetIdentifier",
        ),
    ],
)
def test_record_refusals(route53: Any, zone: str, name: str, kind: str, value: Any, text: str) -> None:
    change(route53, zone, ("CREATE", "db.payments.internal", "CNAME", "a.example.com"))
    with refused("InvalidChangeBatch", text):
        change(route53, zone, ("CREATE", name, kind, value))


def test_unknown_health_check(route53: Any, zone: str) -> None:
    failover = {
        "TTL": 5, "ResourceRecords": [{"Value": "a.example.com"}], "SetIdentifier": "primary", "Failover": "PRIMARY",
        "HealthCheckId": "11111111-2222-3333-4444-555555555555",
    }  # fmt: skip
    with refused("NoSuchHealthCheck"):
        change(route53, zone, ("CREATE", "db.payments.internal", "CNAME", failover))
    del failover["HealthCheckId"]
    change(route53, zone, ("CREATE", "db.payments.internal", "CNAME", failover))
    with refused("InvalidChangeBatch", "routing"):
        change(route53, zone, ("CREATE", "db.payments.internal", "CNAME", "b.example.com"))


def test_stars_are_answered_in_octal(route53: Any, zone: str) -> None:
    change(route53, zone, ("CREATE", "*.payments.internal", "A", "10.0.0.1"))
    assert list(records(route53, zone)) == [("\\052.payments.internal.", "A")]
    change(route53, zone, ("DELETE", "\\052.payments.internal.", "A", "10.0.0.1"))
    assert records(route53, zone) == {}


def test_own_records_of_a_zone_stay(route53: Any, zone: str) -> None:
    sets = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [record["Type"] for record in sets] == ["NS", "SOA"]
    with refused("InvalidChangeBatch", "at least one NS"):
        route53.change_resource_record_sets(
            HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "DELETE", "ResourceRecordSet": sets[0]}]}
        )


def test_prior_request_on_demand(route53: Any, zone: str, auto: Any) -> None:
    auto.control("clock", {"auto": False})
    auto.settings(prior_request_not_complete=True)
    auto.advance(60)
    change(route53, zone, ("UPSERT", "db.payments.internal", "A", "10.0.0.1"))
    with refused("PriorRequestNotComplete"):
        change(route53, zone, ("UPSERT", "db.payments.internal", "A", "10.0.0.2"))
    auto.advance(60)
    change(route53, zone, ("UPSERT", "db.payments.internal", "A", "10.0.0.2"))


def test_vpc_associations(route53: Any, network: Network, zone: str, auto: Any) -> None:
    vpc = auto.client("ec2").create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    second = {"VPCRegion": "us-east-1", "VPCId": vpc}
    route53.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=second)
    with refused("ConflictingDomainExists"):
        route53.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=second)
    route53.disassociate_vpc_from_hosted_zone(HostedZoneId=zone, VPC=second)
    with refused("VPCAssociationNotFound"):
        route53.disassociate_vpc_from_hosted_zone(HostedZoneId=zone, VPC=second)
    with refused("LastVPCAssociation"):
        route53.disassociate_vpc_from_hosted_zone(
            HostedZoneId=zone, VPC={"VPCRegion": "us-east-1", "VPCId": network.vpc}
        )


def test_tags_of_zones(route53: Any, zone: str) -> None:
    route53.change_tags_for_resource(
        ResourceType="hostedzone", ResourceId=zone, AddTags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    )
    route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone, RemoveTagKeys=["a"])
    sets = route53.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=[zone])["ResourceTagSets"]
    assert sets == [{"ResourceType": "hostedzone", "ResourceId": zone, "Tags": [{"Key": "b", "Value": "2"}]}]
    with refused("NoSuchHostedZone"):
        route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId="Z00000000000000000000")
    with refused("NoSuchHealthCheck"):
        route53.list_tags_for_resource(ResourceType="healthcheck", ResourceId="11111111-2222-3333-4444-555555555555")


def test_inventory_names_zones_and_records(route53: Any, zone: str, auto: Any) -> None:
    change(route53, zone, ("CREATE", "db.payments.internal", "A", "10.0.0.1"))
    found = {item["kind"]: item["id"] for item in auto.inventory() if item["kind"].startswith("route53/")}
    assert found == {"route53/hosted-zone": zone, "route53/record-set": f"{zone}/db.payments.internal./A"}
