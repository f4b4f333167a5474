# SPDX-License-Identifier: Apache-2.0
"""The services of AWS that have VPC endpoints, and where.

Setting `endpoint_zones` (all zones): `{"fis": ["us-east-1a"]}`; no zone at all and there are none of that service.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.vpcs import AWS_ENDPOINT_SERVICES

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services.common import wildcard_match

from .state import SERVICE, zones

GATEWAY_SERVICES = ("s3", "dynamodb")


def zones_of(ctx: Context, short: str) -> list[str]:
    """The zones that have interface endpoints of the service; none for what is no service."""
    if short not in AWS_ENDPOINT_SERVICES:
        return []
    given = ctx.settings.get("endpoint_zones") or {}
    return [zone for zone in zones(ctx) if zone in given.get(short, [zone])]


def name_of(ctx: Context, short: str) -> str:
    return f"com.amazonaws.{ctx.region}.{short}"


def _shape(ctx: Context, short: str, kind: str) -> dict[str, Any]:
    own = ".".join(reversed(short.split(".")))
    shape: dict[str, Any] = {
        "ServiceName": name_of(ctx, short),
        "ServiceId": f"vpce-svc-{sum(short.encode()):017x}",
        "ServiceType": [{"ServiceType": kind}],
        "ServiceRegion": ctx.region,
        "AvailabilityZoneIds": [identifier for zone, identifier in zones(ctx).items() if zone in zones_of(ctx, short)],
        "AvailabilityZones": zones_of(ctx, short),
        "Owner": "amazon",
        "BaseEndpointDnsNames": [f"{own}.{ctx.region}.vpce.amazonaws.com"],
        "VpcEndpointPolicySupported": True,
        "AcceptanceRequired": False,
        "ManagesVpcEndpoints": False,
        "Tags": [],
        "SupportedIpAddressTypes": ["ipv4"],
    }
    if kind == "Interface":
        host = f"{own}.{ctx.region}.amazonaws.com"
        shape |= {"PrivateDnsName": host, "PrivateDnsNames": [{"PrivateDnsName": host}]}
        shape["PrivateDnsNameVerificationState"] = "verified"
    return shape


def _fits(shape: dict[str, Any], name: str, values: list[str]) -> bool:
    facts = {
        "owner": shape["Owner"], "service-name": shape["ServiceName"], "service-region": shape["ServiceRegion"],
        "service-type": shape["ServiceType"][0]["ServiceType"], "supported-ip-address-types": "ipv4",
    }  # fmt: skip
    if name not in facts:
        raise AWSError("InvalidFilter", f"The filter '{name}' is invalid")
    return wildcard_match(facts[name], values)


@operation(SERVICE, "DescribeVpcEndpointServices")
def describe_endpoint_services(ctx: Context, params: Params) -> Result:
    here = [short for short in AWS_ENDPOINT_SERVICES if zones_of(ctx, short)]
    shapes = [_shape(ctx, short, "Interface") for short in here]
    shapes += [_shape(ctx, short, "Gateway") for short in here if short in GATEWAY_SERVICES]
    if wanted := params.get("ServiceNames"):
        for name in set(wanted) - {shape["ServiceName"] for shape in shapes}:
            raise AWSError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
        shapes = [shape for shape in shapes if shape["ServiceName"] in wanted]
    for condition in params.get("Filters") or ():
        shapes = [shape for shape in shapes if _fits(shape, condition["Name"], condition["Values"])]
    shapes.sort(key=lambda shape: shape["ServiceName"])
    return {"ServiceNames": sorted({shape["ServiceName"] for shape in shapes}), "ServiceDetails": shapes}
