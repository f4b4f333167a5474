# SPDX-License-Identifier: Apache-2.0
"""Functions' URLs, answered on loopback: by the Host header that AWS's name would give, or by a path.

    GET /health HTTP/1.1                                   GET /_sandbox/url/<id>/health HTTP/1.1
    Host: <id>.lambda-url.us-east-1.on.aws                 Host: 127.0.0.1:4566

where <id> is the first label of the URL's name.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from typing import Any

from harecon_sandbox.accounts import Account
from harecon_sandbox.http11 import Request, Response
from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services.lambda_.state import Function, functions_of

from .functions import Job, admit
from .life import Runtime
from .rights import function_lets

HOST = re.compile(r"([a-z0-9]{32})\.lambda-url\.([a-z0-9-]+)\.on\.aws(?::\d+)?")
PATH = re.compile(r"/_sandbox/url/([a-z0-9]{32})(/.*)?")
LARGEST = 6 * 1024 * 1024
TEXT = re.compile(r"text/.*|application/(json|javascript|xml|x-www-form-urlencoded)")


def wanted(request: Request) -> tuple[str, str] | None:
    """The id and the raw path of a request to a function's URL; None for any other."""
    by_host = HOST.fullmatch(request.header("host") or "")
    if by_host:
        return by_host[1], request.raw_path
    by_path = PATH.fullmatch(request.raw_path)
    return (by_path[1], by_path[2] or "/") if by_path else None


def answer(runtime: Runtime, accounts: list[Account], request: Request, identifier: str, path: str) -> Response:
    """The function's answer. What AWS refuses by itself it says in JSON, with a capital "Message"."""
    with runtime.engine.lock:
        found = _find(runtime, accounts, identifier)
        if found is None:
            return _refusal(403, "Forbidden")
        ctx, function = found
        refused = _refused(ctx, function, request)
        if refused is not None:
            return refused
        event = _event(ctx, function, request, path)
        try:
            job = admit(runtime, ctx, function, json.dumps(event).encode(), f"url {request.method} {path}")
        except AWSError as error:
            return _refusal(429, "Too Many Requests") if error.status == 429 else _refusal(502, "Internal Server Error")
    return _respond(job)


def _find(runtime: Runtime, accounts: list[Account], identifier: str) -> tuple[Context, Function] | None:
    for account in accounts:
        for region in sorted(account.regions):
            ctx = runtime.engine.context(account, "lambda", "InvokeFunctionUrl", region)
            for function in functions_of(ctx).values():
                if function.url is not None and f"//{identifier}." in function.url["FunctionUrl"]:
                    return ctx, function
    return None


def _refused(ctx: Context, function: Function, request: Request) -> Response | None:
    """A public URL needs both statements: for calls of the URL, and for calls of the function that come through it."""
    assert function.url is not None
    if function.url["AuthType"] != "NONE":
        raise NotImplementedError("the sandbox answers URLs of functions with AuthType NONE only")
    by_url = function_lets(function, "*", "lambda:InvokeFunctionUrl", auth="NONE", account=ctx.account)
    through = function_lets(function, "*", "lambda:InvokeFunction", url="true", auth="NONE", account=ctx.account)
    if not by_url or not through:
        return _refusal(403, "Forbidden. For troubleshooting Function URL authorization issues, see: "
                        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html")  # fmt: skip
    if len(request.body) > LARGEST:
        return _refusal(413, "Request Entity Too Large")
    return None


def _refusal(status: int, message: str) -> Response:
    body = json.dumps({"Message": message}).encode()
    kind = {"Content-Type": "application/json", "x-amzn-RequestId": str(uuid.uuid4())}
    if status == 403:
        kind["x-amzn-ErrorType"] = "AccessDeniedException"
    return Response(status, kind, body)


def _event(ctx: Context, function: Function, request: Request, path: str) -> dict[str, Any]:
    """The request in payload format 2.0."""
    assert function.url is not None
    host = function.url["FunctionUrl"].removeprefix("https://").rstrip("/")
    headers = {name: request.header(name) for name, _ in request.headers} | {"host": host, "x-forwarded-proto": "https"}
    cookies = [item.strip() for item in (headers.pop("cookie", None) or "").split(";") if item.strip()]
    query: dict[str, str] = {}
    for name, value in request.query:
        query[name] = f"{query[name]},{value}" if name in query else value
    now = ctx.clock.now()
    event: dict[str, Any] = {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": request.raw_query,
        "headers": headers, "isBase64Encoded": False,
        "requestContext": {
            "accountId": "anonymous", "apiId": host.split(".")[0], "domainName": host,
            "domainPrefix": host.split(".")[0],
            "http": {"method": request.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                     "userAgent": request.header("user-agent") or ""},
            "requestId": str(uuid.uuid4()), "routeKey": "$default", "stage": "$default",
            "time": ctx.clock.datetime().strftime("%d/%b/%Y:%H:%M:%S +0000"), "timeEpoch": int(now * 1000),
        },
    }  # fmt: skip
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = query
    if request.body:
        is_text = TEXT.fullmatch(request.content_type)
        event["isBase64Encoded"] = not is_text
        event["body"] = request.body.decode() if is_text else base64.b64encode(request.body).decode()
    return event


def _respond(job: Job) -> Response:
    outcome = job.run()
    if outcome.error is not None:
        return _refusal(502, "Internal Server Error")
    result = json.loads(outcome.payload)
    if not isinstance(result, dict) or "statusCode" not in result:
        # Anything else is the body of a 200, as it is.
        return Response(200, {"Content-Type": "application/json"}, outcome.payload)
    body = result.get("body") or ""
    raw = base64.b64decode(body) if result.get("isBase64Encoded") else str(body).encode()
    headers = {str(name).title(): str(value) for name, value in (result.get("headers") or {}).items()}
    headers.setdefault("Content-Type", "application/json")
    return Response(int(result["statusCode"]), headers, raw)
