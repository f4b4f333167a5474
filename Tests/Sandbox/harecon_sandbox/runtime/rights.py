# SPDX-License-Identifier: Apache-2.0
"""What a role lets whoever has it do, and who may call a function: by the policies as they are written."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from harecon_sandbox.kit import Context
from harecon_sandbox.services import iam, kms
from harecon_sandbox.services.common import wildcard_match
from harecon_sandbox.services.lambda_.state import Function

CONDITION_KEYS = {
    "aws:sourcearn": "arn",
    "aws:sourceaccount": "account",
    "lambda:functionurlauthtype": "auth",
    "lambda:invokedviafunctionurl": "url",
}


def role_may(ctx: Context, role_arn: str, action: str, resource: str, service: str = "lambda.amazonaws.com") -> bool:
    """Whether the service may assume the role, and the role's own policies allow the action on the resource.

    Conditions are believed to hold in what allows and not to hold in what denies.
    """
    role = iam.find_role(ctx, role_arn)
    if role is None or not iam.assumable(ctx, role_arn, service):
        return False
    documents = list(role.policies.values())
    for policy in role.managed_policies.values():
        documents += [version.document for version in policy.versions if version.is_default]
    fitting = [
        statement
        for document in map(iam.load_document, map(unquote, documents))
        if document is not None
        for statement in iam.statements(document)
        if _names(statement, action, resource)
    ]
    denied = any(s.get("Effect") == "Deny" and not s.get("Condition") for s in fitting)
    return not denied and any(s.get("Effect") == "Allow" for s in fitting)


def _names(statement: dict[str, Any], action: str, resource: str) -> bool:
    actions = [pattern.lower() for pattern in iam.as_list(statement.get("Action"))]
    return wildcard_match(action.lower(), actions) and (
        resource == "*" or wildcard_match(resource, iam.as_list(statement.get("Resource")))
    )


def role_may_send(ctx: Context, role_arn: str, queue_arn: str, key: str | None, service: str) -> bool:
    """Whether the role may put a message into a queue, and use the key that the queue is encrypted with."""
    if not role_may(ctx, role_arn, "sqs:SendMessage", queue_arn, service):
        return False
    return key is None or role_may_use_key(ctx, role_arn, key, service, "sqs")


def role_may_use_key(ctx: Context, role_arn: str, key: str, service: str, via: str) -> bool:
    """Both to make data keys and to read them. AWS's own keys let everybody in the account, through the service."""
    if key.startswith("alias/aws/"):
        return True
    actions = ("kms:GenerateDataKey", "kms:Decrypt")
    return all(role_may_key(ctx, role_arn, action, key, service, via) for action in actions)


def role_may_key(ctx: Context, role_arn: str, action: str, key: str, service: str, via: str) -> bool:
    """Whether a role may use a key through a service (`sqs`): by its own policies, or by the key's."""
    found = kms.find_key(ctx, key)
    if found is None or found.key_state != "Enabled" or not iam.assumable(ctx, role_arn, service):
        return False
    document = iam.load_document(found.policy)
    facts = {"kms:viaservice": f"{via}.{ctx.region}.amazonaws.com", "kms:calleraccount": ctx.account}
    by_key = document is not None and any(
        iam.action_allowed(statement, action)
        and {"*", role_arn}.intersection(iam.principals(statement, "AWS"))
        and _holds(statement, facts)
        for statement in iam.statements(document)
    )
    return by_key or role_may(ctx, role_arn, action, found.arn, service)


def _holds(statement: dict[str, Any], facts: dict[str, str]) -> bool:
    """Whether the conditions hold, of which those on other things than the facts do not."""
    return all(
        operator in ("StringEquals", "StringLike")
        and wildcard_match(facts.get(name.lower(), ""), iam.as_list(wanted))
        for operator, keys in (statement.get("Condition") or {}).items()
        for name, wanted in keys.items()
    )


def function_lets(function: Function, principal: str, action: str, **facts: str) -> bool:
    """Whether a statement of the function's policy lets a service in, or "*" everybody, with these facts: `arn` and
    `account` of the source, `auth` and `url` of a call through the function's URL."""
    return any(
        statement["Action"] == action and _is(statement["Principal"], principal) and _fits(statement, facts)
        for statement in function.statements.values()
    )


def _is(allowed: Any, principal: str) -> bool:
    return allowed == "*" or (isinstance(allowed, dict) and allowed.get("Service") == principal)


def _fits(statement: dict[str, Any], facts: dict[str, str]) -> bool:
    for operator, keys in (statement.get("Condition") or {}).items():
        for key, wanted in keys.items():
            actual = facts.get(CONDITION_KEYS.get(key.lower(), ""))
            same = wildcard_match(actual or "", [wanted]) if operator == "ArnLike" else actual == wanted
            if actual is None or not same:
                return False
    return True
