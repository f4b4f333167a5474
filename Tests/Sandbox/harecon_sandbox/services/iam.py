# SPDX-License-Identifier: Apache-2.0
"""IAM: the refusals and limits that the emulator lacks, and roles that other services see only after a while."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, after, before
from harecon_sandbox.services import quotas
from harecon_sandbox.services.common import Tags, check_tags, tags_from, wildcard_match

SERVICE = "iam"
#: Simulated seconds until a new role can be used; setting `iam_propagation` changes it.
PROPAGATION = 8.0
MAX_INLINE = 10_240
MAX_TRUST = 2_048
MAX_ATTACHED = 10


# Documents ---------------------------------------------------------------------------------------------------------


def load_document(text: str) -> dict[str, Any] | None:
    """The policy, or None when the text is no JSON object with statements."""
    try:
        document = json.loads(text)
    except ValueError:
        return None
    if not isinstance(document, dict) or not isinstance(document.get("Statement"), (dict, list)):
        return None
    return document


def statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = document["Statement"]
    return [s for s in (found if isinstance(found, list) else [found]) if isinstance(s, dict)]


def as_list(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def action_allowed(statement: Mapping[str, Any], action: str) -> bool:
    patterns = [pattern.lower() for pattern in as_list(statement.get("Action"))]
    return statement.get("Effect") == "Allow" and wildcard_match(action.lower(), patterns)


def principals(statement: Mapping[str, Any], kind: str) -> list[str]:
    principal = statement.get("Principal")
    if principal == "*":
        return ["*"]
    return as_list(principal.get(kind)) if isinstance(principal, dict) else []


def _malformed(message: str) -> AWSError:
    return AWSError("MalformedPolicyDocument", message, 400)


def _significant(text: str) -> int:
    """IAM does not count white space."""
    return len(re.sub(r"\s", "", text))


# Roles as others see them ------------------------------------------------------------------------------------------


def find_role(ctx: Context, role_arn: str, account: str | None = None) -> Any | None:
    """moto's role, or None."""
    backend = ctx.moto(SERVICE) if account in (None, ctx.account) else ctx.runner.backend(SERVICE, account, ctx.region)
    return next((role for role in backend.roles.values() if role.arn == role_arn), None)


def visible(ctx: Context, role: Any) -> bool:
    """Whether other services see the role yet.  With an automatic clock, asking in vain moves it to when they do."""
    born: Timeline | None = ctx.store.get(("iam-role", role.id))
    if born is None or born.settled():
        return True
    born.status()
    ctx.clock.settle()
    return False


def assumable(ctx: Context, role_arn: str, service: str) -> bool:
    """Whether the service sees the role and may assume it."""
    role = find_role(ctx, role_arn)
    if role is None or not visible(ctx, role):
        return False
    trust = load_document(role.assume_role_policy_document)
    return trust is not None and any(
        action_allowed(s, "sts:AssumeRole") and service in principals(s, "Service") for s in statements(trust)
    )


def usable_by(ctx: Context, role_arn: str, service: str, action: str) -> bool:
    """Whether the service may assume the role, and the role may then carry out the action."""
    role = find_role(ctx, role_arn)
    if role is None or not assumable(ctx, role_arn, service):
        return False
    documents = list(role.policies.values())
    for policy in role.managed_policies.values():
        documents += [version.document for version in policy.versions if version.is_default]
    loaded = [document for document in map(load_document, map(unquote, documents)) if document is not None]
    return any(action_allowed(s, action) for document in loaded for s in statements(document))


def known_principal(ctx: Context, principal: str) -> bool:
    """Whether a principal of a resource's policy exists; of other accounts everything is believed."""
    if principal == "*" or re.fullmatch(r"\d{12}", principal):
        return True
    match = re.fullmatch(r"arn:[a-z-]+:(iam|sts)::(\d{12}):(.+)", principal)
    if match is None:
        return False
    if match[2] != ctx.account or match[3] == "root" or match[1] == "sts":
        return True
    if match[3].startswith("role/"):
        role = find_role(ctx, principal)
        return role is not None and visible(ctx, role)
    return any(user.arn == principal for user in ctx.moto(SERVICE).users.values())


# Hooks -------------------------------------------------------------------------------------------------------------


def _check_trust(ctx: Context, text: str) -> None:
    document = load_document(text)
    if document is None:
        raise _malformed("This policy contains invalid Json")
    for statement in statements(document):
        if "Resource" in statement or "NotResource" in statement:
            raise _malformed("Has prohibited field Resource")
        if "Principal" not in statement and "NotPrincipal" not in statement:
            raise _malformed("Missing required field Principal")
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise _malformed("Missing required field Effect")
        actions = as_list(statement.get("Action"))
        if not actions:
            raise _malformed("Missing required field Action")
        if any(not re.fullmatch(r"sts:[A-Za-z*]+", action) for action in actions):
            raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
        for principal in principals(statement, "AWS"):
            if not known_principal(ctx, principal):
                raise _malformed(f'Invalid principal in policy: "AWS":"{principal}"')
        for service in principals(statement, "Service"):
            if service != "*" and not re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", service):
                raise _malformed(f'Invalid principal in policy: "SERVICE":"{service}"')
    if _significant(text) > MAX_TRUST:
        raise AWSError("LimitExceeded", f"Cannot exceed quota for ACLSizePerRole: {MAX_TRUST}", 409)


def _check_iam_tags(tags: Tags, current: Tags) -> None:
    check_tags(tags, current, lambda message: AWSError("InvalidInput", message, 400))
    folded = [key.lower() for key in tags]
    if len(set(folded)) != len(folded):
        raise AWSError("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.", 400)


@before(SERVICE, "CreateRole")
def check_role(ctx: Context, params: Params) -> None:
    name = params["RoleName"]
    if any(role.name.lower() == name.lower() for role in ctx.moto(SERVICE).roles.values()):
        raise AWSError("EntityAlreadyExists", f"Role with name {name} already exists.", 409)
    _check_trust(ctx, params["AssumeRolePolicyDocument"])
    _check_iam_tags(tags_from(params.get("Tags")), {})
    if not 3600 <= params.get("MaxSessionDuration", 3600) <= 43200:
        raise AWSError("ValidationError", "MaxSessionDuration must be between 3600 and 43200 seconds", 400)
    most = quotas.ROLES.value(ctx.settings)
    if len(ctx.moto(SERVICE).roles) >= most:
        raise AWSError("LimitExceeded", f"Cannot exceed quota for RolesPerAccount: {most}", 409)


@after(SERVICE, "GetAccountSummary")
def tell_quota(ctx: Context, params: Params, result: Result) -> Result:
    result["SummaryMap"]["RolesQuota"] = quotas.ROLES.value(ctx.settings)
    return result


@after(SERVICE, "CreateRole")
def note_birth(ctx: Context, params: Params, result: Result) -> Result:
    delay = float(ctx.settings.get("iam_propagation", PROPAGATION))
    steps = [("propagating", delay), ("visible", None)]
    ctx.store["iam-role", result["Role"]["RoleId"]] = Timeline(ctx.clock, steps)
    return result


@after(SERVICE, "ListRoles")
def list_without_details(ctx: Context, params: Params, result: Result) -> Result:
    """ "IAM resource-listing operations return a subset of the available attributes", and tags are not in it."""
    for role in result.get("Roles", []):
        for member in ("Tags", "PermissionsBoundary", "RoleLastUsed"):
            role.pop(member, None)
    return result


def _role(ctx: Context, name: str) -> Any:
    for role in ctx.moto(SERVICE).roles.values():
        if role.name == name:
            return role
    raise AWSError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)


@before(SERVICE, "CreateServiceLinkedRole")
def check_service_role(ctx: Context, params: Params) -> None:
    service = params["AWSServiceName"]
    for role in ctx.moto(SERVICE).roles.values():
        if role.path == f"/aws-service-role/{service}/":
            message = f"Service role name {role.name} has been taken in this account, please try a different suffix."
            raise AWSError("InvalidInput", message, 400)


@before(SERVICE, "UpdateAssumeRolePolicy")
def check_trust_update(ctx: Context, params: Params) -> None:
    _role(ctx, params["RoleName"])
    _check_trust(ctx, params["PolicyDocument"])


@before(SERVICE, "PutRolePolicy")
def check_inline_size(ctx: Context, params: Params) -> None:
    role = _role(ctx, params["RoleName"])
    others = sum(_significant(unquote(text)) for name, text in role.policies.items() if name != params["PolicyName"])
    if others + _significant(params["PolicyDocument"]) > MAX_INLINE:
        raise AWSError("LimitExceeded", f"Maximum policy size of {MAX_INLINE} bytes exceeded for role {role.name}", 409)


@before(SERVICE, "TagRole")
def check_role_tags(ctx: Context, params: Params) -> None:
    role = _role(ctx, params["RoleName"])
    _check_iam_tags(tags_from(params["Tags"]), tags_from(role.tags))


@cache
def _aws_policies() -> dict[str, Any]:
    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return policies


def _know_aws_policy(ctx: Context, policy_arn: str) -> None:
    """Makes one of AWS's own policies known; all of them would take hundreds of megabytes per account."""
    backend = ctx.moto(SERVICE)
    if policy_arn in backend.managed_policies:
        return
    name = policy_arn.rsplit("/", 1)[-1]
    data = _aws_policies().get(name)
    if data is None:
        return
    policy = AWSManagedPolicy.from_data(name, ctx.account, backend.region_name, data)
    if policy.arn == policy_arn:
        backend.aws_managed_policies.append(policy)
        backend.managed_policies[policy.arn] = policy


@before(SERVICE, "AttachRolePolicy", "GetPolicy", "GetPolicyVersion", "DetachRolePolicy")
def know_policy(ctx: Context, params: Params) -> None:
    if ":iam::aws:policy/" in params["PolicyArn"]:
        _know_aws_policy(ctx, params["PolicyArn"])


@before(SERVICE, "AttachRolePolicy")
def check_attachments(ctx: Context, params: Params) -> None:
    role = _role(ctx, params["RoleName"])
    attached = set(role.managed_policies)
    if params["PolicyArn"] not in attached and len(attached) >= MAX_ATTACHED:
        raise AWSError("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {MAX_ATTACHED}", 409)


def _in_use(role: Any) -> Iterable[str]:
    if role.managed_policies:
        yield "detach all policies"
    if role.policies:
        yield "delete policies"


@before(SERVICE, "DeleteRole")
def check_role_unused(ctx: Context, params: Params) -> None:
    for what in _in_use(_role(ctx, params["RoleName"])):
        raise AWSError("DeleteConflict", f"Cannot delete entity, must {what} first.", 409)


def inventory(ctx: Context) -> list[dict[str, Any]]:
    backend = ctx.moto(SERVICE)
    rows = [("role", role.name, role.tags) for role in backend.roles.values()]
    rows += [
        ("policy", policy.name, policy.tags)
        for policy in backend.managed_policies.values()
        if ":iam::aws:" not in policy.arn
    ]
    return [
        {"kind": f"iam/{kind}", "id": name, "name": name, "tags": _plain_tags(tags), "status": "available"}
        for kind, name, tags in rows
    ]


def _plain_tags(tags: Any) -> Tags:
    """moto keeps the tags of roles as a list, those of policies as a dictionary of dictionaries."""
    return tags_from(tags.values() if isinstance(tags, dict) else tags)
