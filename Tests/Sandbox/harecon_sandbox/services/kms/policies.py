# SPDX-License-Identifier: Apache-2.0
"""Key policies, which must be well-formed, name who exists, and keep their author in."""

from __future__ import annotations

import json
import re
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, before, operation
from harecon_sandbox.services import iam
from harecon_sandbox.services.common import arn

from .keys import (
    SERVICE,
    check_kms_tags,
    require_key,
    require_not_pending,
)

MAX_POLICY = 32_768


def _malformed(message: str) -> AWSError:
    return AWSError("MalformedPolicyDocumentException", message)


def _check_policy(ctx: Context, text: str, bypass: bool) -> None:
    if len(text) > MAX_POLICY:
        raise AWSError("LimitExceededException", f"The key policy is longer than {MAX_POLICY} bytes.")
    document = iam.load_document(text)
    if document is None:
        raise _malformed("The new key policy is not a valid JSON policy document.")
    for statement in iam.statements(document):
        if statement.get("Effect") not in ("Allow", "Deny") or "Resource" not in statement:
            raise _malformed("Policy contains a statement without Effect or Resource.")
        if "Action" not in statement and "NotAction" not in statement:
            raise _malformed("Policy contains a statement without Action.")
        if "Principal" not in statement and "NotPrincipal" not in statement:
            raise _malformed("Policy contains a statement without Principal.")
        for principal in iam.principals(statement, "AWS"):
            if not iam.known_principal(ctx, principal):
                raise _malformed("Policy contains a statement with one or more invalid principals.")
        for service in iam.principals(statement, "Service"):
            if service != "*" and not re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", service):
                raise _malformed("Policy contains a statement with one or more invalid principals.")
    if not bypass and not _keeps_caller(ctx, document):
        raise _malformed("The new key policy will not allow you to update the key policy in the future.")


def _keeps_caller(ctx: Context, document: dict[str, Any]) -> bool:
    """The lockout safety check: whoever sets the policy must be able to set it again."""
    caller = ctx.call("sts", "GetCallerIdentity", {})["Arn"]
    root = arn(ctx, "iam", "root", region="")
    parts = caller.split(":", 5)
    role = (
        f"{parts[0]}:{parts[1]}:iam::{ctx.account}:role/{parts[5].split('/')[1]}"
        if "assumed-role/" in caller
        else caller
    )
    me = {"*", ctx.account, root, caller, role}
    return any(
        iam.action_allowed(s, "kms:PutKeyPolicy") and me.intersection(iam.principals(s, "AWS"))
        for s in iam.statements(document)
    )


@before(SERVICE, "CreateKey")
def check_new_key(ctx: Context, params: Params) -> None:
    if "Policy" in params:
        _check_policy(ctx, params["Policy"], bool(params.get("BypassPolicyLockoutSafetyCheck")))
    check_kms_tags({tag["TagKey"]: tag["TagValue"] for tag in params.get("Tags") or ()}, {})


@operation(SERVICE, "GetKeyPolicy")
def get_key_policy(ctx: Context, params: Params) -> Result:
    """KMS keeps the document, not its text: what comes back is laid out anew."""
    _check_policy_name(params)
    document = json.loads(require_key(ctx, params["KeyId"]).policy)
    return {"Policy": json.dumps(document, indent=2, separators=(",", " : ")), "PolicyName": "default"}


@operation(SERVICE, "PutKeyPolicy")
def put_key_policy(ctx: Context, params: Params) -> Result:
    key = require_key(ctx, params["KeyId"])
    _check_policy_name(params)
    require_not_pending(key)
    _check_policy(ctx, params["Policy"], bool(params.get("BypassPolicyLockoutSafetyCheck")))
    key.policy = params["Policy"]
    return {}


def _check_policy_name(params: Params) -> None:
    if params.get("PolicyName", "default") != "default":
        raise AWSError("NotFoundException", "No such policy exists")
