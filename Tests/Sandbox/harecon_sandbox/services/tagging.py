# SPDX-License-Identifier: Apache-2.0
"""The tagging API: what has or had tags, deleted things for a while too, and never IAM roles."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.core.base_backend import BackendDict

from harecon_sandbox.kit import AWSError, Context, Params, Result, after, before, operation
from harecon_sandbox.services import (
    backup,
    cloudwatch,
    dynamodb,
    ec2,
    events,
    fis,
    kms,
    lambda_,
    logs,
    rds,
    route53,
    s3,
    scheduler,
    secretsmanager,
    sns,
    sqs,
)
from harecon_sandbox.services.common import Tags, tag_list

SERVICE = "resourcegroupstaggingapi"
#: How long deleted resources are still answered, and how long new ones are not and changed ones have their old tags;
#: settings `tagging_lingers` and `tagging_lag` change them.
LINGERS = 60.0
LAG = 3.0

#: Services whose resources are listed here; those of others come from the emulator.
OWN: dict[str, Callable[[Context], list[dict[str, Any]]]] = {
    "backup": backup.inventory,
    "cloudwatch": cloudwatch.inventory,
    "dynamodb": dynamodb.inventory,
    "ec2": ec2.inventory,
    "events": events.inventory,
    "fis": fis.inventory,
    "kms": kms.inventory,
    "lambda": lambda_.inventory,
    "logs": logs.inventory,
    "rds": rds.inventory,
    "route53": route53.inventory,
    "s3": s3.inventory,
    "scheduler": scheduler.inventory,
    "secretsmanager": secretsmanager.inventory,
    "sns": sns.inventory,
    "sqs": sqs.inventory,
}


@dataclass
class Sighting:
    """A resource that was seen with tags."""

    tags: Tags
    since: float
    gone: float | None = None
    #: What the tags were until then.
    before: Tags = field(default_factory=dict)
    changed: float | None = None

    def change(self, tags: Tags, now: float, lag: float) -> None:
        if tags != self.tags:
            self.before, self.tags, self.changed = self.shown(now, lag), tags, now

    def shown(self, now: float, lag: float) -> Tags:
        return self.before if self.changed is not None and now < self.changed + lag else self.tags


@dataclass
class Memory:
    seen: dict[str, Sighting] = field(default_factory=dict)


def _memory(ctx: Context) -> Memory:
    return ctx.keep("tagging", Memory)


def _now_tagged(ctx: Context, service: str) -> dict[str, Tags]:
    if service == "route53" and ctx.region != "us-east-1":
        return {}
    return {item["arn"]: item["tags"] for item in OWN[service](ctx) if "arn" in item}


def _lag(ctx: Context) -> float:
    return float(ctx.settings.get("tagging_lag", LAG))


def _observe(ctx: Context, service: str) -> None:
    """Notes what has tags now, and since when what had some is gone."""
    seen = _memory(ctx).seen
    now, lag = ctx.clock.now(), _lag(ctx)
    present = _now_tagged(ctx, service)
    for arn, tags in present.items():
        if arn in seen:
            seen[arn].change(tags, now, lag)
            seen[arn].gone = None
        elif tags:
            seen[arn] = Sighting(tags, now)
    for arn, sighting in seen.items():
        if arn.split(":")[2] == service and arn not in present and sighting.gone is None:
            sighting.gone = now


def _watch(service: str) -> None:
    reads = re.compile(r"(Describe|List|Get|Lookup)[A-Z]")

    # Before, so that what is about to be deleted has been seen; after, so that what is new is seen from now on.
    @before(service, "*")
    def see_before(ctx: Context, params: Params) -> None:
        if ctx.operation.startswith("Delete"):
            _observe(ctx, service)

    @after(service, "*")
    def see_after(ctx: Context, params: Params, result: Result) -> Result:
        if not reads.match(ctx.operation):
            _observe(ctx, service)
        return result


for _service in OWN:
    _watch(_service)


def _resource_type(arn: str) -> str:
    """ec2:vpc, rds:cluster, s3 - service and, if there is one, the kind in the ARN."""
    service, rest = arn.split(":", 5)[2], arn.split(":", 5)[5]
    kind = re.split(r"[:/]", rest)[0]
    return f"{service}:{kind}" if kind != rest else service


def _own_resources(ctx: Context) -> dict[str, Tags]:
    lag = _lag(ctx)
    lingers = float(ctx.settings.get("tagging_lingers", LINGERS))
    now = ctx.clock.now()
    for service in OWN:
        _observe(ctx, service)
    ctx.clock.forget_expected()  # nobody has looked at a status
    answer = {}
    for arn, sighting in _memory(ctx).seen.items():
        if now < sighting.since + lag:
            ctx.clock.expect(sighting.since + lag)
        elif sighting.gone is not None and now >= sighting.gone + lingers:
            continue
        else:
            if sighting.gone is not None:
                ctx.clock.expect(sighting.gone + lingers)
            elif sighting.changed is not None and now < sighting.changed + lag:
                ctx.clock.expect(sighting.changed + lag)
            answer[arn] = sighting.shown(now, lag)
    return answer


def _others_asked_for(ctx: Context, params: Params) -> bool:
    """Whether the call may concern services that the emulator keeps, and the account uses any of those.

    The emulator's listing loads all of its services, which takes seconds: only who needs it should wait for it.
    """
    types = params.get("ResourceTypeFilters") or []
    if types and all(wanted.partition(":")[0] in OWN for wanted in types):
        return False
    known = {*OWN, "iam", "sts", SERVICE}
    backends = BackendDict._instances  # type: ignore[misc]
    return any(backend.service_name not in known and ctx.account in backend for backend in backends)


def _emulated_resources(ctx: Context, params: Params) -> dict[str, Tags]:
    """What the emulator lists of other services."""
    answer: dict[str, Tags] = {}
    if not _others_asked_for(ctx, params):
        return answer
    token = ""
    while True:
        asked = {"ResourcesPerPage": 50, **({"PaginationToken": token} if token else {})}
        page = ctx.emulate(SERVICE, "GetResources", asked)
        for mapping in page["ResourceTagMappingList"]:
            service = mapping["ResourceARN"].split(":")[2]
            if service not in OWN and service != "iam":
                answer[mapping["ResourceARN"]] = {tag["Key"]: tag["Value"] for tag in mapping["Tags"]}
        token = page.get("PaginationToken") or ""
        if not token:
            return answer


def _matches(tags: Tags, filters: list[Params]) -> bool:
    return all(
        condition["Key"] in tags and (not condition.get("Values") or tags[condition["Key"]] in condition["Values"])
        for condition in filters
    )


@operation(SERVICE, "GetResources")
def get_resources(ctx: Context, params: Params) -> Result:
    arns = params.get("ResourceARNList")
    filters, types = params.get("TagFilters") or [], params.get("ResourceTypeFilters") or []
    if arns and (filters or types):
        raise AWSError("InvalidParameterException", "ResourceARNList cannot be used with filters.")
    if len({condition["Key"] for condition in filters if "Key" in condition}) != len(filters):
        raise AWSError("InvalidParameterException", "TagFilters must have keys that differ.")
    found = {**_own_resources(ctx), **_emulated_resources(ctx, params)}
    chosen = {
        arn: tags
        for arn, tags in found.items()
        if (not arns or arn in arns)
        and (not types or any(wanted in (_resource_type(arn), arn.split(":")[2]) for wanted in types))
        and _matches(tags, filters)
    }
    return {
        "PaginationToken": "",
        "ResourceTagMappingList": [
            {"ResourceARN": arn, "Tags": tag_list(tags)} for arn, tags in sorted(chosen.items())
        ],
    }


# Tagging -----------------------------------------------------------------------------------------------------------


def _set_tags(ctx: Context, arn: str, tags: Tags | None, keys: list[str]) -> None:
    """Sets tags, or takes keys away, with the service's own operation."""
    service, name = arn.split(":")[2], re.split(r"[:/]", arn, maxsplit=6)[-1]
    verb = "TagResource" if tags is not None else "UntagResource"
    if service == "rds":
        if tags is not None:
            ctx.call("rds", "AddTagsToResource", {"ResourceName": arn, "Tags": tag_list(tags)})
        else:
            ctx.call("rds", "RemoveTagsFromResource", {"ResourceName": arn, "TagKeys": keys})
    elif service == "ec2":
        if tags is not None:
            ctx.call("ec2", "CreateTags", {"Resources": [name], "Tags": tag_list(tags)})
        else:
            ctx.call("ec2", "DeleteTags", {"Resources": [name], "Tags": [{"Key": key} for key in keys]})
    elif service == "kms":
        pairs = [{"TagKey": key, "TagValue": value} for key, value in (tags or {}).items()]
        ctx.call("kms", verb, {"KeyId": name, **({"Tags": pairs} if tags is not None else {"TagKeys": keys})})
    elif service in ("cloudwatch", "events"):
        change = {"Tags": tag_list(tags)} if tags is not None else {"TagKeys": keys}
        ctx.call(service, verb, {"ResourceARN": arn, **change})
    elif service == "lambda":
        ctx.call("lambda", verb, {"Resource": arn, **({"Tags": tags} if tags is not None else {"TagKeys": keys})})
    elif service == "scheduler":
        change = {"Tags": tag_list(tags)} if tags is not None else {"TagKeys": keys}
        ctx.call("scheduler", verb, {"ResourceArn": arn, **change})
    elif service == "logs":
        ctx.call("logs", verb, {"resourceArn": arn, **({"tags": tags} if tags is not None else {"tagKeys": keys})})
    elif service == "backup":
        change = {"Tags": tags} if tags is not None else {"TagKeyList": keys}
        ctx.call("backup", verb, {"ResourceArn": arn, **change})
    elif service == "secretsmanager":
        change = {"Tags": tag_list(tags)} if tags is not None else {"TagKeys": keys}
        ctx.call("secretsmanager", verb, {"SecretId": arn, **change})
    elif service == "sns":
        change = {"Tags": tag_list(tags)} if tags is not None else {"TagKeys": keys}
        ctx.call("sns", verb, {"ResourceArn": arn, **change})
    elif service == "sqs":
        url = ctx.call("sqs", "GetQueueUrl", {"QueueName": name})["QueueUrl"]
        verb = verb.replace("Resource", "Queue")
        ctx.call("sqs", verb, {"QueueUrl": url, **({"Tags": tags} if tags is not None else {"TagKeys": keys})})
    elif service == "dynamodb":
        change = {"Tags": tag_list(tags)} if tags is not None else {"TagKeys": keys}
        ctx.call("dynamodb", verb, {"ResourceArn": arn, **change})
    elif service == "s3":
        items = [item for item in s3.inventory(ctx) if item["arn"] == arn]
        kept = {key: value for key, value in items[0]["tags"].items() if key not in keys} if items else {}
        change = {"TagSet": tag_list(kept | (tags or {}))}
        ctx.call("s3", "PutBucketTagging", {"Bucket": name, "Tagging": change})
    elif service in ("fis", "logs"):
        ctx.call(service, verb, {"resourceArn": arn, **({"tags": tags} if tags is not None else {"tagKeys": keys})})
    else:
        kind = "hostedzone" if ":::hostedzone/" in arn else "healthcheck"
        change = {"AddTags": tag_list(tags)} if tags is not None else {"RemoveTagKeys": keys}
        ctx.call("route53", "ChangeTagsForResource", {"ResourceType": kind, "ResourceId": name, **change})


@operation(SERVICE, "TagResources", "UntagResources")
def change_tags(ctx: Context, params: Params) -> Result:
    """Each resource for itself; those that fail are in the answer."""
    failed: dict[str, dict[str, Any]] = {}
    for arn in params["ResourceARNList"]:
        service = arn.split(":")[2]
        if service not in OWN:
            answer = ctx.emulate(SERVICE, ctx.operation, {**params, "ResourceARNList": [arn]})
            failed |= answer.get("FailedResourcesMap") or {}
            continue
        try:
            _set_tags(ctx, arn, params.get("Tags"), params.get("TagKeys") or [])
        except AWSError as error:
            failed[arn] = {"StatusCode": 400, "ErrorCode": "InvalidParameterException", "ErrorMessage": error.message}
    return {"FailedResourcesMap": failed}
