# SPDX-License-Identifier: Apache-2.0
"""Requests into parameters, in the five wire protocols, by the botocore models."""

from __future__ import annotations

from urllib.parse import parse_qsl

from moto.core.parse import PROTOCOL_PARSERS
from werkzeug.datastructures import Headers, MultiDict

from harecon_sandbox import models
from harecon_sandbox.emulator import fast_timestamp
from harecon_sandbox.http11 import Request
from harecon_sandbox.kit import Params
from harecon_sandbox.routing import Route


class Unreadable(Exception):
    """The request cannot be read as its protocol says."""


def parse(route: Route, request: Request) -> Params:
    """The parameters of a request. What the model does not know is left out: the contract check looks for it."""
    if route.protocol not in PROTOCOL_PARSERS:
        raise Unreadable(f"the sandbox does not speak {route.protocol}")
    model = route.model
    blob = models.blob_payload(model.input_shape)
    parser = PROTOCOL_PARSERS[route.protocol](model, timestamp_parser=fast_timestamp)
    try:
        values = MultiDict(request.query)
        if route.protocol in ("query", "ec2"):
            values.update(parse_qsl(request.body.decode(), keep_blank_values=True))
        parsed: Params = parser.parse(
            {
                "method": request.method,
                "values": values,
                "headers": Headers(request.headers),
                "body": b"" if blob else request.body,
                "url_path": request.raw_path,
                "url_params": route.labels,
            }
        )
    except Exception as error:
        # moto's parsers are made for what botocore writes; on anything else they fail in any way.
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    for name, shape in models.members(model.input_shape).items():
        # moto's parser makes an empty collection of every query list and header map that is not there.
        if shape.serialization.get("location") in ("querystring", "headers") and parsed.get(name) in ([], {}):
            del parsed[name]
    if blob and request.body:
        parsed[blob] = request.body
    return parsed
