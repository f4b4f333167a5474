# SPDX-License-Identifier: Apache-2.0
"""The network interfaces of functions, which they share and which stay for long after the last of them has gone."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import Context, Timeline
from harecon_sandbox.services import ec2

#: Simulated seconds for which they outlive their last function; setting `lambda_interfaces_linger` changes them.
LINGER = 20 * 60.0


def _users(ctx: Context) -> dict[str, set[str]]:
    """Holder of interfaces → the functions that use them."""
    kept: dict[str, set[str]] = ctx.keep("lambda-interfaces", dict)
    return kept


def connect(ctx: Context, function: str, network: dict[str, Any]) -> bool:
    """Gives the function its place in the network; whether an interface had to be made for it.

    There is one for each pair of a subnet and a set of security groups, whichever functions ask for it.
    """
    made = False
    groups = sorted(network["SecurityGroupIds"])
    for subnet in network["SubnetIds"]:
        holder = f"lambda/{subnet}/{'+'.join(groups)}"
        lingering = [eni for eni in _all_of(ctx, holder) if eni.timeline is not None]
        for eni in lingering:
            eni.timeline = None
        if not lingering and not ec2.interfaces_of(ctx, holder):
            description = f"AWS Lambda VPC ENI-{function.rsplit(':', 1)[-1]}"
            ec2.attach_interface(ctx, holder, subnet, groups, description, "lambda", "amazon-aws")
            made = True
        _users(ctx).setdefault(holder, set()).add(function)
    return made


def disconnect(ctx: Context, function: str) -> None:
    """Takes the function out of its network; interfaces that nobody uses any more go, in their own time."""
    linger = float(ctx.settings.get("lambda_interfaces_linger", LINGER))
    for holder, users in list(_users(ctx).items()):
        users.discard(function)
        if not users:
            del _users(ctx)[holder]
            for eni in ec2.interfaces_of(ctx, holder):
                eni.timeline = Timeline(ctx.clock, [("in-use", linger), (Timeline.GONE, None)])


def _all_of(ctx: Context, holder: str) -> list[Any]:
    net = ec2.network(ctx)
    return [eni for eni in net.all("network-interface") if net.holders.get(eni.id) == holder]
