# SPDX-License-Identifier: Apache-2.0
"""moto, called in process: dictionaries in, dictionaries or an AWSError out, without its web server.

moto works on HTTP requests, so a call is serialised by botocore as a client would, handed to the function that moto
has registered for its address, and the answer parsed by botocore again. What comes out is therefore exactly what the
service model knows; moto's slips in content types, namespaces and unknown members do not get through.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

import botocore.parsers
import botocore.serialize
from botocore.awsrequest import AWSRequest, prepare_request_dict
from botocore.parsers import ResponseParser
from botocore.utils import parse_timestamp
from moto.backends import get_backend
from moto.core import responses
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.utils import method_names_from_class
from requests.structures import CaseInsensitiveDict
from werkzeug.exceptions import HTTPException

from harecon_sandbox import models
from harecon_sandbox.kit import AWSError, Params, Result

Handler = Callable[[Any, str, Any], tuple[int, Mapping[str, str], str | bytes]]

# The scope is only read, never verified: moto takes region and account from these headers.
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential={key}/20000101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
)


@cache
def speed_up() -> None:
    """Removes work that moto repeats on every request although its result never changes. Once is enough."""
    responses.method_names_from_class = cache(method_names_from_class)
    original = AccountSpecificBackend._generate_regions
    regions = lru_cache(maxsize=None)(lambda name: original.__wrapped__(None, name))
    AccountSpecificBackend._generate_regions = lambda self, service_name: regions(service_name)
    # Thousands of machine images that nothing here uses make the first call of an account slow.
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    # An error code that moto answers and the model does not list is no news to a test that runs.
    warnings.filterwarnings("ignore", message="Exception.*does not match an error shape")


def protocol_for(service: str) -> str:
    """The protocol in which moto is spoken to: the service's first that moto can read."""
    model = models.service_model(service)
    offered = model.metadata.get("protocols") or [model.metadata["protocol"]]
    return next((protocol for protocol in offered if protocol in PROTOCOL_PARSERS), str(offered[0]))


def fast_timestamp(value: Any) -> datetime:
    """botocore's parse_timestamp, with the common ISO form read without its general-purpose parser."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment
        except ValueError:
            # Not that form: RFC 822, or seconds as text.
            pass
    parsed: datetime = parse_timestamp(value)
    return parsed


@cache
def _parser(protocol: str) -> ResponseParser:
    factory = botocore.parsers.ResponseParserFactory()
    factory.set_parser_defaults(timestamp_parser=fast_timestamp)
    return factory.create_parser(protocol)


@cache
def _serializer(protocol: str) -> Any:
    # Validation is the contract check's work; here hooks may already have added what a client could not send.
    return botocore.serialize.create_serializer(protocol, include_validation=False)


@cache
def _handlers(service: str) -> list[tuple[re.Pattern[str], Handler]]:
    found = backend(service, "123456789012", "us-east-1")
    return [(re.compile(url), handler) for url, handler in found.urls.items()]


def _backends(service: str) -> Any:
    # moto types this function by the literal name of every service.
    find: Callable[[str], Any] = get_backend
    return find(service)


def backend(service: str, account: str, region: str) -> Any:
    """moto's backend object; global services have one per partition."""
    regions = _backends(service)[account]
    try:
        return regions[region]
    except KeyError:
        return regions["aws-cn" if region.startswith("cn-") else "aws-us-gov" if "-gov-" in region else "aws"]


def reset(account: str) -> None:
    """Drops everything of one account, in every service."""
    for backends in {id(found): found for found in BackendDict._instances}.values():
        if account in backends:
            del backends[account]
    # S3 also keeps an index of bucket names over all accounts.
    owners = _backends("s3").bucket_accounts
    for bucket in [name for name, (_, owner) in owners.items() if owner == account]:
        del owners[bucket]


def invoke(service: str, operation: str, params: Params, account: str, region: str, access_key: str) -> Result:
    """Runs moto's own operation. Raises AWSError for its refusals and for operations that it lacks."""
    model = models.operation_model(service, operation)
    protocol = protocol_for(service)
    try:
        handlers = _handlers(service)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("moto."):
            # Not a service that moto lacks, but a package that one of its services needs.
            raise
        raise missing(service, operation) from None
    request = _request(service, operation, params, account, region, access_key)
    address = request.url.partition("?")[0]
    handler = next((handler for pattern, handler in handlers if pattern.match(address)), None)
    if handler is None:
        raise missing(service, operation)
    status, headers, body = _answer(handler, request, service, operation)
    raw = body.encode() if isinstance(body, str) else body
    blob = models.blob_payload(model.output_shape) if status < 300 else None
    response = {
        "status_code": status,
        "headers": CaseInsensitiveDict({key: str(value) for key, value in headers.items()}),
        "body": b"" if blob else raw,
        "context": {"operation_name": operation},
    }
    result: Result = _parser(protocol).parse(response, model.output_shape)
    result.pop("ResponseMetadata", None)
    if status >= 300 and "Error" in result:
        raise _refusal(service, result, status)
    if blob:
        result[blob] = raw
    return result


def missing(service: str, operation: str) -> AWSError:
    return AWSError("NotImplemented", f"the sandbox does not implement {service}.{operation}", 501)


def _request(service: str, operation: str, params: Params, account: str, region: str, access_key: str) -> Any:
    model = models.operation_model(service, operation)
    protocol = protocol_for(service)
    serialized = _serializer(protocol).serialize_to_request(params, model)
    prepare_request_dict(serialized, endpoint_url=f"https://{models.hostname(service, region)}")
    scope = model.service_model.signing_name
    serialized["headers"] |= {
        "Authorization": AUTHORIZATION.format(key=access_key or "AKIAEXAMPLE", region=region, service=scope),
        "Host": models.hostname(service, region),
        "x-moto-account-id": account,
    }
    request = AWSRequest(
        method=serialized["method"], url=serialized["url"], data=serialized["body"], headers=serialized["headers"]
    )
    prepared = request.prepare()
    prepared.body = prepared.body or b""
    for name, value in prepared.headers.items():
        if isinstance(value, bytes):
            prepared.headers[name] = value.decode()
    return prepared


def _answer(handler: Handler, request: Any, service: str, operation: str) -> tuple[int, Mapping[str, Any], str | bytes]:
    try:
        status, headers, body = handler(request, request.url, request.headers)
    except NotImplementedError as error:
        if "action has not been implemented" in str(error):
            raise missing(service, operation) from None
        raise
    except HTTPException as error:
        return error.code or 500, dict(error.get_headers()), error.get_body()
    if status == 404 and not body and request.method != "HEAD":
        raise missing(service, operation)
    return status, headers, body


def _refusal(service: str, parsed: Mapping[str, Any], status: int) -> AWSError:
    error = dict(parsed["Error"])
    code = str(error.pop("Code", "")) or "InternalFailure"
    message = str(error.pop("Message", "") or "")
    known = {"Type", "message", "Detail"}
    members = {key: value for key, value in {**parsed, **error}.items() if key not in known | {"Error", "Message"}}
    modelled = models.error_status(service, code)
    if modelled is None and models.service_model(service).metadata["protocol"] == "json":
        modelled = 400 if status < 500 else status
    return AWSError(code, message, modelled or status, **members)
