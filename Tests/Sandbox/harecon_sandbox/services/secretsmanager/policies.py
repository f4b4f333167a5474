# SPDX-License-Identifier: Apache-2.0
"""Resource policies, which are judged before they are kept."""

from __future__ import annotations

from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services import iam

from .lifecycle import reference, require_unmanaged
from .state import SERVICE, find


def _malformed(message: str) -> AWSError:
    return AWSError("MalformedPolicyDocumentException", message, 400)


def _is_public(statement: dict[str, Any]) -> bool:
    """Lets anybody do something, and no condition says who."""
    return (
        statement.get("Effect") == "Allow"
        and ("*" in iam.principals(statement, "AWS") or statement.get("Principal") == "*")
        and not statement.get("Condition")
    )


def _is_whole(statement: dict[str, Any]) -> bool:
    return "Principal" in statement and "Action" in statement and statement.get("Effect") in ("Allow", "Deny")


def _judge(ctx: Context, text: str) -> list[tuple[str, str]]:
    """What is wrong with a policy: the name of a check and a message."""
    document = iam.load_document(text)
    found = iam.statements(document) if document is not None else []
    if not found or not all(_is_whole(statement) for statement in found):
        return [("syntax", "This resource policy is malformed.")]
    principals = [principal for statement in found for principal in iam.principals(statement, "AWS")]
    if not all(principal == "*" or iam.known_principal(ctx, principal) for principal in principals):
        return [("principal", "This resource policy contains an unsupported principal.")]
    if any(_is_public(statement) for statement in found):
        return [("public", "This resource policy grants a broad access to your secret. Secrets Manager does not allow "
                           "creating a resource policy with broad access when BlockPublicPolicy is set.")]  # fmt: skip
    return []


@operation(SERVICE, "PutResourcePolicy")
def put_policy(ctx: Context, params: Params) -> Result:
    secret = find(ctx, params["SecretId"])
    require_unmanaged(secret)
    for check, message in _judge(ctx, params["ResourcePolicy"]):
        if check != "public":
            raise _malformed(message)
        if params.get("BlockPublicPolicy"):
            raise AWSError("PublicPolicyException", message, 400)
    secret.policy = params["ResourcePolicy"]
    return reference(secret)


@operation(SERVICE, "GetResourcePolicy")
def get_policy(ctx: Context, params: Params) -> Result:
    secret = find(ctx, params["SecretId"])
    return reference(secret) if secret.policy is None else reference(secret, ResourcePolicy=secret.policy)


@operation(SERVICE, "DeleteResourcePolicy")
def delete_policy(ctx: Context, params: Params) -> Result:
    secret = find(ctx, params["SecretId"])
    require_unmanaged(secret)
    secret.policy = None
    return reference(secret)


@operation(SERVICE, "ValidateResourcePolicy")
def validate_policy(ctx: Context, params: Params) -> Result:
    errors = [{"CheckName": check, "ErrorMessage": message} for check, message in _judge(ctx, params["ResourcePolicy"])]
    return {"PolicyValidationPassed": not errors, "ValidationErrors": errors}
