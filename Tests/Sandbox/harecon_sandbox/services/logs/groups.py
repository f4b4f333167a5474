# SPDX-License-Identifier: Apache-2.0
"""Log groups with class, key, retention and protection."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, after, before, operation
from harecon_sandbox.services import kms
from harecon_sandbox.services.common import Tags

SERVICE = "logs"
RETENTIONS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)


def _notes(ctx: Context) -> dict[str, dict[str, Any]]:
    """Per group what the emulator does not keep: its class, its protection, when it was made."""
    return ctx.keep("logs", dict)


def invalid(message: str) -> AWSError:
    return AWSError("InvalidParameterException", message)


def _name(identifier: str) -> str:
    """The group's name, from its name or ARN."""
    return identifier.split(":log-group:", 1)[-1].removesuffix(":*") if identifier.startswith("arn:") else identifier


def find_group(ctx: Context, identifier: str) -> Any:
    group = ctx.moto(SERVICE).groups.get(_name(identifier))
    if group is None:
        raise AWSError("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def _check_key(ctx: Context, key_arn: str, group_arn: str) -> None:
    """The key must be there, enabled, and its policy must let this region's service use it for this group."""
    key = kms.find_key(ctx, key_arn) if key_arn.startswith("arn:") else None
    service = f"logs.{ctx.region}.amazonaws.com"
    context = {"aws:logs:arn": group_arn}
    if (
        key is None
        or key.key_state != "Enabled"
        or not kms.allows_service(key, service, "kms:GenerateDataKey", context)
    ):
        raise invalid(f"The specified KMS key does not exist or is not allowed to be used with Arn '{group_arn}'")


def _check_log_tags(tags: Tags) -> None:
    for key in tags:
        if key.lower().startswith("aws:"):
            raise invalid(f"Tag keys must not begin with aws: - {key}")
    if len(tags) > 50:
        raise invalid("A log group can have at most 50 tags")


@before(SERVICE, "CreateLogGroup")
def check_new_group(ctx: Context, params: Params) -> None:
    name = params["logGroupName"]
    if name.startswith("aws/"):
        raise invalid("Log group name cannot begin with the reserved prefix aws/")
    if name in ctx.moto(SERVICE).groups:
        raise AWSError("ResourceAlreadyExistsException", "The specified log group already exists")
    if "kmsKeyId" in params:
        _check_key(ctx, params["kmsKeyId"], _arn(ctx, name))
    _check_log_tags(params.get("tags") or {})


def _arn(ctx: Context, name: str) -> str:
    return f"arn:{ctx.partition}:logs:{ctx.region}:{ctx.account}:log-group:{name}"


@after(SERVICE, "CreateLogGroup")
def note_group(ctx: Context, params: Params, result: Result) -> Result:
    _notes(ctx)[params["logGroupName"]] = {
        "class": params.get("logGroupClass", "STANDARD"),
        "protected": bool(params.get("deletionProtectionEnabled", False)),
        "created": int(ctx.clock.now() * 1000),
    }
    return result


def _shape(ctx: Context, group: Any) -> dict[str, Any]:
    note = _notes(ctx).get(group.name, {})
    known = group.to_describe_dict()
    shape = {
        "logGroupName": group.name,
        "creationTime": note.get("created", known["creationTime"]),
        "metricFilterCount": known.get("metricFilterCount", 0),
        "arn": f"{_arn(ctx, group.name)}:*",
        "logGroupArn": _arn(ctx, group.name),
        "storedBytes": known.get("storedBytes", 0),
        "logGroupClass": note.get("class", "STANDARD"),
        "deletionProtectionEnabled": note.get("protected", False),
    }
    if group.retention_in_days:
        shape["retentionInDays"] = int(group.retention_in_days)
    if group.kms_key_id:
        shape["kmsKeyId"] = group.kms_key_id
    return shape


def _brief(ctx: Context, name: str) -> dict[str, Any]:
    """ "If you specify logGroupNamePattern, only arn, creationTime, and logGroupName are included in the response." """
    shape = _shape(ctx, ctx.moto(SERVICE).groups[name])
    return {member: shape[member] for member in ("arn", "creationTime", "logGroupName")}


@operation(SERVICE, "DescribeLogGroups")
def describe_groups(ctx: Context, params: Params) -> Result:
    prefix, pattern = params.get("logGroupNamePrefix"), params.get("logGroupNamePattern")
    if prefix is not None and pattern is not None:
        raise invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
    if pattern is not None:
        return {
            "logGroups": [
                _brief(ctx, name) for name in sorted(ctx.moto(SERVICE).groups) if pattern.lower() in name.lower()
            ]
        }
    wanted = {_name(identifier) for identifier in params.get("logGroupIdentifiers") or ()}
    shapes = [_shape(ctx, group) for _, group in sorted(ctx.moto(SERVICE).groups.items())]
    return {
        "logGroups": [
            shape
            for shape in shapes
            if (prefix is None or shape["logGroupName"].startswith(prefix))
            and (not wanted or shape["logGroupName"] in wanted)
            and params.get("logGroupClass") in (None, shape["logGroupClass"])
        ]
    }


@operation(SERVICE, "ListLogGroups")
def list_groups(ctx: Context, params: Params) -> Result:
    """Names that contain the pattern, or begin with it when it starts with ^."""
    pattern = params.get("logGroupNamePattern", "")
    answer = []
    for name, group in sorted(ctx.moto(SERVICE).groups.items()):
        choices = [choice.strip() for choice in pattern.split("|")] if pattern else [""]
        fits = any(name.startswith(c[1:]) if c.startswith("^") else c in name for c in choices)
        shape = _shape(ctx, group)
        if fits and params.get("logGroupClass") in (None, shape["logGroupClass"]):
            members = ("logGroupName", "logGroupArn", "logGroupClass")
            answer.append({member: shape[member] for member in members})
    return {"logGroups": answer}


@before(SERVICE, "PutRetentionPolicy")
def check_retention(ctx: Context, params: Params) -> None:
    find_group(ctx, params["logGroupName"])
    if params["retentionInDays"] not in RETENTIONS:
        raise invalid(f"Invalid retention value. Valid values are: {sorted(RETENTIONS)}")


@before(SERVICE, "DeleteLogGroup")
def check_deletion(ctx: Context, params: Params) -> None:
    group = find_group(ctx, params["logGroupName"])
    if _notes(ctx).get(group.name, {}).get("protected"):
        raise AWSError("ValidationException", "The log group cannot be deleted: deletion protection is enabled.")


@after(SERVICE, "DeleteLogGroup")
def forget_group(ctx: Context, params: Params, result: Result) -> Result:
    _notes(ctx).pop(params["logGroupName"], None)
    backend = ctx.moto(SERVICE)
    backend.tagger.delete_all_tags_for_resource(_arn(ctx, params["logGroupName"]))
    return result


@operation(SERVICE, "PutLogGroupDeletionProtection")
def protect(ctx: Context, params: Params) -> Result:
    group = find_group(ctx, params["logGroupIdentifier"])
    _notes(ctx).setdefault(group.name, {})["protected"] = params["deletionProtectionEnabled"]
    return {}


def _associated(ctx: Context, params: Params) -> Any:
    if ("logGroupName" in params) == ("resourceIdentifier" in params):
        raise invalid("Either logGroupName or resourceIdentifier must be given, and not both.")
    return find_group(ctx, params.get("logGroupName") or params["resourceIdentifier"])


@operation(SERVICE, "AssociateKmsKey")
def associate_key(ctx: Context, params: Params) -> Result:
    group = _associated(ctx, params)
    _check_key(ctx, params["kmsKeyId"], _arn(ctx, group.name))
    group.kms_key_id = params["kmsKeyId"]
    return {}


@operation(SERVICE, "DisassociateKmsKey")
def disassociate_key(ctx: Context, params: Params) -> Result:
    _associated(ctx, params).kms_key_id = None
    return {}


@before(SERVICE, "TagResource", "UntagResource", "ListTagsForResource")
def check_tagged(ctx: Context, params: Params) -> None:
    """Only of groups that are there; the model already refuses ARNs that end with `:*`."""
    resource = params["resourceArn"]
    if ":log-group:" not in resource:
        return
    find_group(ctx, resource)
    if ctx.operation == "TagResource":
        current = ctx.moto(SERVICE).tagger.get_tag_dict_for_resource(resource)
        if len({**current, **params["tags"]}) > 50:
            message = "A resource can have no more than 50 tags."
            raise AWSError("TooManyTagsException", message, resourceName=resource)
        _check_log_tags(params["tags"])


def inventory(ctx: Context) -> list[dict[str, Any]]:
    backend = ctx.moto(SERVICE)
    return [
        {
            "kind": "logs/log-group",
            "id": name,
            "name": name,
            "arn": _arn(ctx, name),
            "tags": dict(backend.tagger.get_tag_dict_for_resource(_arn(ctx, name))),
            "status": "available",
        }
        for name in sorted(backend.groups)
    ]
