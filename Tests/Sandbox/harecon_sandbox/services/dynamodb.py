# SPDX-License-Identifier: Apache-2.0
"""DynamoDB: tables that take time, one change at a time, and their keys.  Items are the emulator's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, after, before, operation
from harecon_sandbox.services import kms

SERVICE = "dynamodb"
CREATING = 6.0
UPDATING = 5.0
DELETING = 8.0
#: Continuous backups come into being a moment after the table.
BACKUPS_COMING = 10.0
#: "It can take up to one hour": until then the setting of expiry cannot be changed again.
EXPIRY_CHANGING = 3600.0

ITEMS = (
    "PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem",
    "TransactWriteItems", "TransactGetItems",
)  # fmt: skip


@dataclass
class Note:
    """What the emulator does not keep of a table."""

    timeline: Timeline
    created: float
    expiry_changed: float | None = None


def _notes(ctx: Context) -> dict[str, Note]:
    return ctx.keep(SERVICE, dict)


def _name(text: str) -> str:
    return text.rsplit("table/", 1)[-1]


def _tables(ctx: Context) -> dict[str, Any]:
    tables: dict[str, Any] = ctx.moto(SERVICE).tables
    return tables


def _absent(name: str) -> AWSError:
    return AWSError("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")


def _validation(message: str) -> AWSError:
    return AWSError("ValidationException", message, 400)


@before(SERVICE, "*")
def bury(ctx: Context, params: Params) -> None:
    """What was deleted goes when its time has come."""
    for name, note in list(_notes(ctx).items()):
        if note.timeline.settled() and note.timeline.gone():
            del _notes(ctx)[name]
            if name in _tables(ctx):
                ctx.emulate(SERVICE, "DeleteTable", {"TableName": name})


def _note(ctx: Context, text: str) -> Note:
    name = _name(text)
    if name not in _tables(ctx):
        raise _absent(name)
    return _notes(ctx).setdefault(name, Note(Timeline(ctx.clock, [("ACTIVE", None)]), 0.0))


def _require_active(ctx: Context, text: str) -> Note:
    note = _note(ctx, text)
    status = note.timeline.status()
    if status != "ACTIVE":
        word = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}[status]
        raise AWSError(
            "ResourceInUseException",
            f"Attempt to change a resource which is still in use: Table is being {word}: {_name(text)}",
        )
    return note


def _check_key(ctx: Context, specification: Params) -> None:
    if not specification.get("Enabled"):
        if "KMSMasterKeyId" in specification:
            raise _validation("One or more parameter values were invalid: KMSMasterKeyId needs SSE to be enabled.")
        return
    key = kms.find_key(ctx, specification.get("KMSMasterKeyId", "alias/aws/dynamodb"))
    if key is None or key.key_state != "Enabled":
        raise _validation("KMS key access denied error: the KMS key does not exist, is not enabled or cannot be used.")


# Tables ------------------------------------------------------------------------------------------------------------


@before(SERVICE, "CreateTable")
def check_new(ctx: Context, params: Params) -> None:
    if params["TableName"] in _tables(ctx):
        raise AWSError("ResourceInUseException", f"Table already exists: {params['TableName']}")
    _check_key(ctx, params.get("SSESpecification") or {})


@after(SERVICE, "CreateTable")
def note_table(ctx: Context, params: Params, result: Result) -> Result:
    steps = [("CREATING", CREATING), ("ACTIVE", None)]
    _notes(ctx)[params["TableName"]] = Note(Timeline(ctx.clock, steps), ctx.clock.now())
    result["TableDescription"]["TableStatus"] = "CREATING"
    return result


@after(SERVICE, "DescribeTable")
def with_status(ctx: Context, params: Params, result: Result) -> Result:
    table = result["Table"]
    table["TableStatus"] = _note(ctx, params["TableName"]).timeline.status()
    return result


@before(SERVICE, "UpdateTable")
def check_change(ctx: Context, params: Params) -> None:
    _require_active(ctx, params["TableName"])
    table = _tables(ctx)[_name(params["TableName"])]
    if params.get("BillingMode") == "PROVISIONED" and "ProvisionedThroughput" not in params:
        raise _validation("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    if params.get("BillingMode", table.billing_mode) == "PAY_PER_REQUEST" and "ProvisionedThroughput" in params:
        raise _validation("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified with PAY_PER_REQUEST")
    if "SSESpecification" in params:
        _check_key(ctx, params["SSESpecification"])


@after(SERVICE, "UpdateTable")
def change(ctx: Context, params: Params, result: Result) -> Result:
    """The emulator forgets the encryption; a table is busy for a while after each change."""
    name = _name(params["TableName"])
    if "SSESpecification" in params:
        _tables(ctx)[name].sse_specification = dict(params["SSESpecification"])
    _notes(ctx)[name].timeline = Timeline(ctx.clock, [("UPDATING", UPDATING), ("ACTIVE", None)])
    result["TableDescription"]["TableStatus"] = "UPDATING"
    return result


@operation(SERVICE, "DeleteTable")
def delete_table(ctx: Context, params: Params) -> Result:
    note = _require_active(ctx, params["TableName"])
    name = _name(params["TableName"])
    if _tables(ctx)[name].deletion_protection_enabled:
        raise _validation(f"Resource cannot be deleted as it is currently protected against deletion: {name}")
    note.timeline = Timeline(ctx.clock, [("DELETING", DELETING), (Timeline.GONE, None)])
    shape = ctx.emulate(SERVICE, "DescribeTable", {"TableName": name})["Table"]
    return {"TableDescription": shape | {"TableStatus": "DELETING"}}


# Recovery and expiry -----------------------------------------------------------------------------------------------


@before(SERVICE, "UpdateContinuousBackups")
def check_backups(ctx: Context, params: Params) -> None:
    if _name(params["TableName"]) not in _tables(ctx):
        raise AWSError("TableNotFoundException", f"Table not found: {_name(params['TableName'])}")
    note = _require_active(ctx, params["TableName"])
    if ctx.clock.now() < note.created + BACKUPS_COMING:
        ctx.clock.expect(note.created + BACKUPS_COMING)
        ctx.clock.settle()
        message = "Backups are being enabled for the table. Please retry later."
        raise AWSError("ContinuousBackupsUnavailableException", message)
    specification = params["PointInTimeRecoverySpecification"]
    if not specification["PointInTimeRecoveryEnabled"] and "RecoveryPeriodInDays" in specification:
        raise _validation("RecoveryPeriodInDays can only be set when point in time recovery is enabled")


@before(SERVICE, "UpdateTimeToLive")
def check_expiry(ctx: Context, params: Params) -> None:
    note = _require_active(ctx, params["TableName"])
    now = ctx.clock.now()
    if note.expiry_changed is not None and now < note.expiry_changed + EXPIRY_CHANGING:
        raise _validation("Time to live has been modified multiple times within a fixed interval")
    known = _tables(ctx)[_name(params["TableName"])].ttl
    wanted = params["TimeToLiveSpecification"]
    if known.get("TimeToLiveStatus") == "ENABLED" and wanted["Enabled"]:
        raise _validation("TimeToLive is already enabled")
    note.expiry_changed = now


# Items -------------------------------------------------------------------------------------------------------------


@before(SERVICE, *ITEMS)
def check_in_service(ctx: Context, params: Params) -> None:
    """Nothing goes in or out before a table is in service, or after its deletion has begun."""
    names = [params["TableName"]] if "TableName" in params else list(params.get("RequestItems") or ())
    for item in params.get("TransactItems") or ():
        names += [part["TableName"] for part in item.values()]
    for text in names:
        if _note(ctx, text).timeline.status() in ("CREATING", "DELETING"):
            raise _absent(_name(text))


def inventory(ctx: Context) -> list[dict[str, Any]]:
    bury(ctx, {})
    backend = ctx.moto(SERVICE)
    return [
        {
            "kind": "dynamodb/table",
            "id": name,
            "name": name,
            "arn": table.table_arn,
            "tags": {tag["Key"]: tag["Value"] for tag in backend.list_tags_of_resource(table.table_arn)},
            "status": _note(ctx, name).timeline.status(),
        }
        for name, table in sorted(_tables(ctx).items())
    ]
