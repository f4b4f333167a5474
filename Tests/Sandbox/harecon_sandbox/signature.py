# SPDX-License-Identifier: Apache-2.0
"""Verifies AWS Signature Version 4 over the bytes that came, with botocore's own signer as the judge."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from harecon_sandbox.http11 import Request
from harecon_sandbox.routing import Scope

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<credential>[^,\s]+),\s*SignedHeaders=(?P<headers>[^,\s]+),"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})"
)
MAX_SKEW = 300.0
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"


class SignatureRefused(Exception):
    """Why the signature does not hold. `code` is botocore's generic code; the protocols have their own for some."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Key:
    """A secret that the sandbox knows, and whose it is. `expires` is real time in seconds since 1970."""

    access_key: str
    secret: str
    account: str
    token: str | None = None
    expires: float | None = None
    principal: str = ""
    """The ARN of the session, for keys that STS or the runtime gave out."""


def standing_key(access_key: str) -> Key | None:
    """The key that belongs to an account by rule: AKIA and its twelve digits."""
    account = access_key.removeprefix("AKIA")
    if len(account) != 12 or not account.isdigit() or account == access_key:
        return None
    return Key(access_key, f"sandbox-secret-{account}", account)


def check_region(scope: Scope, regions: frozenset[str]) -> None:
    """Raises SignatureRefused for a global service that is signed for another region than its own."""
    if regions and scope.region not in regions:
        raise SignatureRefused("SignatureDoesNotMatch", "Credential should be scoped to a valid region.")


def verify(request: Request, scope: Scope, key: Key | None, skew: float = 0.0) -> None:
    """Raises SignatureRefused unless `key` signed exactly this request, by the server's time (real time + `skew`)."""
    found = AUTHORIZATION.fullmatch(request.header("authorization") or "")
    if found is None:
        raise SignatureRefused("IncompleteSignature", "the Authorization header is not that of Signature Version 4")
    if key is None:
        raise SignatureRefused("UnrecognizedClient", "The security token included in the request is invalid.")
    _check_token(request, key)
    signed = found["headers"].split(";")
    stamp = _check_date(request, scope, skew)
    _check_signed_headers(request, signed, scope)
    _check_payload(request, scope, signed)
    right = _right(request, scope, key, signed, stamp)
    if not hmac.compare_digest(found["signature"], right.signature):
        raise SignatureRefused("SignatureDoesNotMatch", _mismatch(scope, right))


def _check_token(request: Request, key: Key) -> None:
    token = request.header("x-amz-security-token")
    if token != key.token:
        raise SignatureRefused("UnrecognizedClient", "The security token included in the request is invalid.")
    if key.expires is not None and time.time() >= key.expires:
        raise SignatureRefused("ExpiredToken", "The security token included in the request is expired")


def _check_date(request: Request, scope: Scope, skew: float) -> str:
    stamp = request.header("x-amz-date") or ""
    try:
        moment = datetime.strptime(stamp, DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise SignatureRefused("IncompleteSignature", f"x-amz-date {stamp!r} is no basic ISO 8601 time") from None
    if scope.date != stamp[:8]:
        raise SignatureRefused("SignatureDoesNotMatch", "Date in Credential scope does not match x-amz-date")
    server = time.time() + skew
    server_stamp = datetime.fromtimestamp(server, UTC).strftime(DATE_FORMAT)
    if moment.timestamp() < server - MAX_SKEW:
        raise SignatureRefused("Skewed", f"Signature expired: {stamp} is now earlier than {server_stamp} - 5 min.")
    if moment.timestamp() > server + MAX_SKEW:
        message = f"Signature not yet current: {stamp} is still later than {server_stamp} + 5 min."
        raise SignatureRefused("Skewed", message)
    return stamp


def _check_signed_headers(request: Request, signed: list[str], scope: Scope) -> None:
    if signed != sorted(set(signed)):
        raise SignatureRefused("IncompleteSignature", "SignedHeaders are not sorted, or name a header twice")
    present = {name for name, _ in request.headers}
    needed = {name for name in present if name.startswith("x-amz-")} | {"host"}
    if "content-type" in present and scope.service == "s3":
        needed.add("content-type")
    for name in sorted(needed - set(signed)):
        raise SignatureRefused("SignatureDoesNotMatch", f"'{name}' must be a 'SignedHeader' in the AWS Authorization")
    for name in sorted(set(signed) - present):
        raise SignatureRefused("SignatureDoesNotMatch", f"the signed header '{name}' is not in the request")


def _check_payload(request: Request, scope: Scope, signed: list[str]) -> None:
    claimed = request.header("x-amz-content-sha256")
    if claimed is None:
        if scope.service == "s3":
            raise SignatureRefused("IncompleteSignature", "Missing required header: x-amz-content-sha256")
        return
    if claimed == UNSIGNED_PAYLOAD or claimed.startswith("STREAMING-"):
        return
    if claimed != hashlib.sha256(request.body).hexdigest():
        raise SignatureRefused(
            "PayloadMismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."
        )


class _Exactly:
    """Signs the headers that the client has named, also those that botocore itself would leave out."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        return request.headers


class _Signer(_Exactly, SigV4Auth):
    pass


class _S3Signer(_Exactly, S3SigV4Auth):
    pass


@dataclass(frozen=True)
class _Right:
    """The signature that the request should have, and what it is made over."""

    canonical_request: str
    string_to_sign: str
    signature: str


def _mismatch(scope: Scope, right: _Right) -> str:
    """In AWS's words: all services but EC2 quote what should have been signed, a session token among the headers."""
    if scope.service == "ec2":
        return "AWS was not able to validate the provided access credentials"
    return (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
        "Access Key and signing method. Consult the service documentation for details.\n\n"
        f"The Canonical String for this request should have been\n'{right.canonical_request}'\n\n"
        f"The String-to-Sign should have been\n'{right.string_to_sign}'\n"
    )


def _right(request: Request, scope: Scope, key: Key, signed: list[str], stamp: str) -> _Right:
    signer_type = _S3Signer if scope.service == "s3" else _Signer
    signer = signer_type(Credentials(key.access_key, key.secret, key.token), scope.service, scope.region)
    # Over plain HTTP the signers hash every body; a hash that the client states in its header goes before that.
    url = f"http://{request.header('host')}{request.raw_path}"
    copy = AWSRequest(method=request.method, url=f"{url}?{request.raw_query}", data=request.body)
    for name in signed:
        copy.headers[name] = request.header(name) or ""
    copy.context["timestamp"] = stamp
    canonical_request = signer.canonical_request(copy)
    string_to_sign = signer.string_to_sign(copy, canonical_request)
    return _Right(canonical_request, string_to_sign, str(signer.signature(string_to_sign, copy)))
