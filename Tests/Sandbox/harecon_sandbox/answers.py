# SPDX-License-Identifier: Apache-2.0
"""Results and errors into answers, in the five wire protocols, by the botocore models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from botocore.model import Shape
from moto.core.model import ServiceModel
from moto.core.serialize import BaseXMLSerializer, ResponseSerializer, SerializationContext, get_serializer_class

from harecon_sandbox import models
from harecon_sandbox.http11 import Response
from harecon_sandbox.kit import AWSError, Result
from harecon_sandbox.routing import Route

XML_PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
HOST_ID = "9Gjjt1m+cjU4OPvX9O9/8RuvnG41MRb/18Oux2o5H5MY7ISNTlXN+Dz9IG62/ILVxhAGI0qyPfg="


class _OfDictionaries:
    """moto's serialisers look for members under many names, on objects of any class; results here are dictionaries."""

    def get_value(self, value: Any, key: str, shape: Shape) -> Any:
        return value.get(key) if isinstance(value, dict) else None


class _Xml(_OfDictionaries):
    """Writes moto's tree of elements without its general-purpose writer, which takes most of the time of an answer."""

    def _serialize_body(self, body: Mapping[str, Any]) -> str:
        return XML_PROLOG + "".join(_elements(body))


def _elements(tree: Mapping[str, Any]) -> Iterator[str]:
    for name, content in tree.items():
        if name.startswith("@") or name == "#text":
            continue
        for item in content if isinstance(content, list) else [content]:
            if isinstance(item, Mapping):
                attributes = "".join(
                    f" {key[1:]}={quoteattr(str(value))}" for key, value in item.items() if key.startswith("@")
                )
                yield f"<{name}{attributes}>{escape(str(item.get('#text', '')))}"
                yield from _elements(item)
                yield f"</{name}>"
            else:
                yield f"<{name}>{'' if item is None else _text(item)}</{name}>"


def _text(value: Any) -> str:
    # A carriage return that is not escaped would come out of every XML parser as a line feed.
    return escape(str(value), {"\r": "&#13;"})


@cache
def _serializer(service: str, protocol: str) -> type[ResponseSerializer]:
    base = get_serializer_class(service, protocol)
    own = _Xml if issubclass(base, BaseXMLSerializer) else _OfDictionaries
    return type(f"Own{base.__name__}", (own, base), {})


def answer(route: Route, result: Result, request_id: str) -> Response:
    """The result as the service would send it."""
    model = route.model
    made = _serializer(route.service, route.protocol)(model, SerializationContext(request_id)).serialize(result)
    body = made["body"].encode() if isinstance(made["body"], str) else made["body"] or b""
    headers = {name: str(value) for name, value in made["headers"].items()}
    if route.service in NAMESPACES and models.blob_payload(model.output_shape) is None:
        body = ROOT.sub(rb'\1<\2 xmlns="%s"' % NAMESPACES[route.service].encode(), body, count=1)
    if model.output_shape is None and route.protocol == "json":
        # An operation without output answers nothing at all, as KMS's EnableKeyRotation does.
        body = b""
    content_type = models.members(model.output_shape).get("ContentType")
    if content_type is not None and "ContentType" in result and "location" in content_type.serialization:
        headers["Content-Type"] = str(result["ContentType"])
    elif route.protocol in CONTENT_TYPES and "Content-Type" in headers:
        headers["Content-Type"] = CONTENT_TYPES[route.protocol]
    # A member may be the status itself, as Lambda's Invoke has it; else it is the operation's.
    status = next(
        (result[name] for name, member in models.members(model.output_shape).items()
         if member.serialization.get("location") == "statusCode" and name in result),
        made["status_code"],
    )  # fmt: skip
    return Response(int(status), headers | request_id_headers(route.service, request_id), body)


NAMESPACES = {
    "route53": "https://route53.amazonaws.com/doc/2013-04-01/",
    "s3": "http://s3.amazonaws.com/doc/2006-03-01/",
}
"""Of services that have none in their model's metadata, though their answers do."""

ROOT = re.compile(rb"\A(<\?xml[^>]*\?>\s*)<(\w+)(?=[>/])")

CONTENT_TYPES = {"query": "text/xml", "ec2": "text/xml;charset=UTF-8", "rest-xml": "text/xml"}


def request_id_headers(service: str, request_id: str) -> dict[str, str]:
    if service == "s3":
        return {"x-amz-request-id": request_id, "x-amz-id-2": HOST_ID}
    return {"x-amzn-RequestId": request_id}


def refuse(service: str, protocol: str, error: AWSError, request_id: str) -> Response:
    """The error as the service would send it; a `service` of "" stands for one that is not known."""
    model = models.service_model(service) if service else None
    status = error.status or (models.error_status(service, error.code) if service else None) or 400
    headers = request_id_headers(service, request_id)
    match protocol:
        case "query":
            body = _query_error(model, error, status, request_id)
        case "ec2":
            body = (
                f"{XML_PROLOG}<Response><Errors><Error>{_xml_fields(error)}</Error></Errors>"
                f"<RequestID>{request_id}</RequestID></Response>"
            )
        case "rest-xml" if service == "s3":
            tail = f"<RequestId>{request_id}</RequestId><HostId>{HOST_ID}</HostId>"
            body = f"{XML_PROLOG}<Error>{_xml_fields(error)}{tail}</Error>"
        case "rest-xml":
            body = XML_PROLOG + _query_error(model, error, status, request_id)
        case _:
            return _json_error(model, protocol, error, status, headers)
    headers["Content-Type"] = CONTENT_TYPES[protocol]
    return Response(status, headers, body.encode())


def _query_error(model: ServiceModel | None, error: AWSError, status: int, request_id: str) -> str:
    uri = model.metadata.get("xmlNamespace", NAMESPACES.get(model.service_name)) if model is not None else None
    attribute = f' xmlns="{escape(uri)}"' if uri else ""
    kind = "Receiver" if status >= 500 else "Sender"
    return (
        f"<ErrorResponse{attribute}><Error><Type>{kind}</Type>{_xml_fields(error)}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def _xml_fields(error: AWSError) -> str:
    fields = {"Code": error.code, "Message": error.message} | error.members
    return "".join(
        f"<{name}>{escape(str(value))}</{name}>"
        for name, value in fields.items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool)
    )


def _json_error(
    model: ServiceModel | None, protocol: str, error: AWSError, status: int, headers: dict[str, str]
) -> Response:
    shape = models.error_shape(model.service_name, error.code) if model is not None else None
    name = shape.name if shape is not None else error.code
    message_key = next((key for key in models.members(shape) if key.lower() == "message"), "message")
    content: dict[str, Any] = {message_key: error.message} | error.members
    metadata: dict[str, Any] = model.metadata if model is not None else {}
    if protocol == "json":
        prefix = metadata.get("targetPrefix") if metadata.get("jsonVersion") == "1.0" else None
        content["__type"] = f"{prefix}#{name}" if prefix else name
        headers["Content-Type"] = f"application/x-amz-json-{metadata.get('jsonVersion', '1.1')}"
    else:
        headers["Content-Type"] = "application/json"
        headers["x-amzn-ErrorType"] = name
    if "awsQueryCompatible" in metadata:
        code = _query_code(model.service_name if model is not None else "", shape, error)
        headers["x-amzn-query-error"] = f"{code};{'Receiver' if status >= 500 else 'Sender'}"
    return Response(status, headers, json.dumps(content, default=str).encode())


def _query_code(service: str, shape: Shape | None, error: AWSError) -> str:
    name = shape.name if shape is not None else error.code
    known = QUERY_CODES.get(service, {}).get(name)
    return known or str((shape.metadata if shape is not None else {}).get("error", {}).get("code", name))


QUERY_CODES = {
    "sqs": {
        "KmsDisabled": "KMS.DisabledException",
        "KmsInvalidState": "KMS.KMSInvalidStateException",
        "KmsNotFound": "KMS.NotFoundException",
        "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
        "QueueNameExists": "QueueAlreadyExists",
        **{
            name: f"AWS.SimpleQueueService.{name}"
            for name in (
                "BatchEntryIdsNotDistinct", "EmptyBatchRequest", "MessageNotInflight", "PurgeQueueInProgress",
                "QueueDeletedRecently", "TooManyEntriesInBatchRequest",
            )
        },
    }
}  # fmt: skip
"""Of services that once spoke query, where the model leaves the code of those days out."""
