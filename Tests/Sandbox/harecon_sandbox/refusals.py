# SPDX-License-Identifier: Apache-2.0
"""The errors that any operation of a service may answer, in the words of each protocol family.

The codes are those of the services' lists of common errors; where a service of a family has its own, the family's
most usual one stands for all but those named here.
"""

from __future__ import annotations

import re
from typing import Any

from harecon_sandbox import models
from harecon_sandbox.kit import AWSError

Form = tuple[str, int]

MESSAGES = {
    "throttle": "Rate exceeded",
    "500": "The request processing has failed because of an unknown error, exception or failure.",
    "503": "The service is temporarily unavailable. Try again.",
    "denied": "User is not authorized to perform this operation",
    "expired": "The security token included in the request is expired",
    "skew": "The difference between the request time and the current time is too large.",
    "signature": "The request signature we calculated does not match the signature you provided.",
    "client": "The security token included in the request is invalid.",
    "incomplete": "The request signature does not conform to AWS standards.",
    "unsigned": "The request must contain either a valid access key ID or a signed request.",
    "payload": "The provided 'x-amz-content-sha256' header does not match what was computed.",
}

FORMS: dict[str, dict[str, Form]] = {
    "query": {
        "throttle": ("Throttling", 400),
        "500": ("InternalFailure", 500),
        "503": ("ServiceUnavailable", 503),
        "denied": ("AccessDenied", 403),
        "expired": ("ExpiredToken", 403),
        "skew": ("SignatureDoesNotMatch", 403),
        "signature": ("SignatureDoesNotMatch", 403),
        "client": ("InvalidClientTokenId", 403),
        "incomplete": ("IncompleteSignature", 400),
        "unsigned": ("MissingAuthenticationToken", 403),
        "payload": ("SignatureDoesNotMatch", 403),
    },
    "ec2": {
        "throttle": ("RequestLimitExceeded", 503),
        "500": ("InternalError", 500),
        "503": ("Unavailable", 503),
        "denied": ("UnauthorizedOperation", 403),
        "expired": ("RequestExpired", 400),
        "skew": ("RequestExpired", 400),
        "signature": ("AuthFailure", 401),
        "client": ("AuthFailure", 401),
        "incomplete": ("AuthFailure", 401),
        "unsigned": ("MissingAuthenticationToken", 403),
        "payload": ("AuthFailure", 401),
    },
    "json": {
        "throttle": ("ThrottlingException", 400),
        "500": ("InternalFailure", 500),
        "503": ("ServiceUnavailableException", 503),
        "denied": ("AccessDeniedException", 400),
        "expired": ("ExpiredTokenException", 400),
        "skew": ("InvalidSignatureException", 400),
        "signature": ("InvalidSignatureException", 400),
        "client": ("UnrecognizedClientException", 400),
        "incomplete": ("IncompleteSignatureException", 400),
        "unsigned": ("MissingAuthenticationTokenException", 400),
        "payload": ("InvalidSignatureException", 400),
    },
    "rest-json": {
        "throttle": ("ThrottlingException", 429),
        "500": ("InternalServerException", 500),
        "503": ("ServiceUnavailableException", 503),
        "denied": ("AccessDeniedException", 403),
        "expired": ("ExpiredTokenException", 403),
        "skew": ("InvalidSignatureException", 403),
        "signature": ("InvalidSignatureException", 403),
        "client": ("UnrecognizedClientException", 403),
        "incomplete": ("IncompleteSignatureException", 403),
        "unsigned": ("MissingAuthenticationTokenException", 403),
        "payload": ("InvalidSignatureException", 403),
    },
    "rest-xml": {
        "throttle": ("Throttling", 400),
        "500": ("InternalError", 500),
        "503": ("ServiceUnavailable", 503),
        "denied": ("AccessDenied", 403),
        "expired": ("ExpiredToken", 403),
        "skew": ("SignatureDoesNotMatch", 403),
        "signature": ("SignatureDoesNotMatch", 403),
        "client": ("InvalidClientTokenId", 403),
        "incomplete": ("IncompleteSignature", 403),
        "unsigned": ("MissingAuthenticationToken", 403),
        "payload": ("SignatureDoesNotMatch", 403),
    },
}

OWN_FORMS: dict[str, dict[str, Form]] = {
    "s3": {
        "throttle": ("SlowDown", 503),
        "expired": ("ExpiredToken", 400),
        "skew": ("RequestTimeTooSkewed", 403),
        "client": ("InvalidAccessKeyId", 403),
        "unsigned": ("AccessDenied", 403),
        "payload": ("XAmzContentSHA256Mismatch", 400),
    },
    "lambda": {"throttle": ("TooManyRequestsException", 429), "500": ("ServiceException", 500)},
    "kms": {"500": ("KMSInternalException", 500)},
    "dynamodb": {"500": ("InternalServerError", 500)},
}

# An EC2 id says what it is the id of by its prefix. Only the kinds whose code is not Invalid<Kind>ID.NotFound by the
# rule of the prefix are listed.
EC2_CODES = {
    "acl": "InvalidNetworkAclID.NotFound",
    "eni": "InvalidNetworkInterfaceID.NotFound",
    "igw": "InvalidInternetGatewayID.NotFound",
    "nat": "NatGatewayNotFound",
    "pl": "InvalidPrefixListID.NotFound",
    "rtb": "InvalidRouteTableID.NotFound",
    "rtbassoc": "InvalidAssociationID.NotFound",
    "sg": "InvalidGroup.NotFound",
    "sgr": "InvalidSecurityGroupRuleId.NotFound",
    "subnet": "InvalidSubnetID.NotFound",
    "vpc": "InvalidVpcID.NotFound",
    "vpce": "InvalidVpcEndpointId.NotFound",
}


def refusal(kind: str, service: str, protocol: str, message: str | None = None) -> AWSError:
    """The error of a kind as this service words it."""
    forms = FORMS.get(protocol, FORMS["json"])
    code, status = OWN_FORMS.get(service, {}).get(kind) or forms[kind]
    return AWSError(code, message or MESSAGES[kind], status)


def not_seen(service: str, operation: str, name: str) -> AWSError:
    """The service's answer to a request that refers to what was made a moment ago.

    RDS has words of its own for what it looks up in EC2.
    """
    if service == "rds" and re.fullmatch(r"subnet-[0-9a-f]+", name):
        return AWSError("InvalidSubnet", f"Some input subnets in :[{name}] are invalid.", 400)
    if service == "rds" and re.fullmatch(r"sg-[0-9a-f]+", name):
        return AWSError("InvalidParameterValue", f"Invalid security group , groupId= {name}, groupName=.", 400)
    return not_found(service, operation, name)


def can_miss(service: str, operation: str, params: dict[str, Any]) -> bool:
    """Whether AWS may answer that something does not exist: the request names a thing, and the operation knows that error. A
    listing of everything never misses. EC2's model lists no errors at all."""
    named = any(
        isinstance(value, str) or (isinstance(value, list) and any(isinstance(item, str) for item in value))
        for value in params.values()
    )
    return named and (service == "ec2" or bool(_missing_codes(service, operation)))


def _missing_codes(service: str, operation: str) -> list[str]:
    return [
        shape.metadata.get("error", {}).get("code", shape.name)
        for shape in models.operation_model(service, operation).error_shapes
        if re.search("NotFound|NoSuch|NonExist", shape.name)
    ]


def not_found(service: str, operation: str, name: str = "") -> AWSError:
    """The service's answer to a read of what does not exist (yet)."""
    shown = name or "the resource"
    if service == "ec2":
        prefix = name.partition("-")[0] if re.fullmatch(r"[a-z]+-[0-9a-f]+", name) else ""
        kind = re.sub(r"^(Describe|Delete|Modify|Get)|(s|Attribute)$", "", operation)
        return AWSError(EC2_CODES.get(prefix, f"Invalid{kind}ID.NotFound"), f"The ID '{shown}' does not exist", 400)
    noun = re.sub(r"^(Describe|Delete|Modify|Get|List|Update|Put|Head)", "", operation).removesuffix("s")
    codes = _missing_codes(service, operation)
    codes.sort(key=lambda code: (noun.lower() not in code.lower(), len(code)))
    code = codes[0] if codes else "NoSuchEntity" if service == "iam" else "ResourceNotFoundException"
    return AWSError(code, f"{shown} not found", models.error_status(service, code))
