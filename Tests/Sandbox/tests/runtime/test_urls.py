# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

from .conftest import Live

SOURCE = """
def handle(event, context):
    method = event["requestContext"]["http"]["method"]
    body = f"{method} {event['rawPath']} {event['rawQueryString']}"
    return {"statusCode": 201, "headers": {"content-type": "text/plain"}, "body": body}
"""


def permit(live: Live, *, through: bool = True) -> None:
    client = live.client("lambda")
    client.add_permission(
        FunctionName="open", StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*",
        FunctionUrlAuthType="NONE",
    )  # fmt: skip
    if through:
        client.add_permission(
            FunctionName="open", StatementId="invoke", Action="lambda:InvokeFunction", Principal="*",
            InvokedViaFunctionUrl=True,
        )  # fmt: skip


def test_a_url_is_answered_by_its_host_and_by_a_path(live: Live) -> None:
    live.function("open", SOURCE)
    url = live.client("lambda").create_function_url_config(FunctionName="open", AuthType="NONE")["FunctionUrl"]
    permit(live)
    host = url.removeprefix("https://").rstrip("/")
    assert live.get(f"{live.endpoint}/a/b?c=d", {"Host": host}) == (201, "GET /a/b c=d")
    assert live.get(f"{live.endpoint}/_sandbox/url/{host.split('.')[0]}/a%20b") == (201, "GET /a%20b ")
    assert {run["outcome"] for run in live.runs()} == {"ok"}


def test_a_public_url_needs_both_statements(live: Live) -> None:
    live.function("open", SOURCE)
    url = live.client("lambda").create_function_url_config(FunctionName="open", AuthType="NONE")["FunctionUrl"]
    host = {"Host": url.removeprefix("https://").rstrip("/")}
    assert live.get(live.endpoint, host)[0] == 403
    permit(live, through=False)
    status, body = live.get(live.endpoint, host)
    assert status == 403 and json.loads(body)["Message"].startswith("Forbidden")
    assert live.runs() == []
    assert live.get(f"{live.endpoint}/_sandbox/url/{'a' * 32}/")[0] == 403


def test_a_function_that_fails_is_a_bad_gateway(live: Live) -> None:
    live.function("open", "def handle(event, context): raise ValueError()")
    url = live.client("lambda").create_function_url_config(FunctionName="open", AuthType="NONE")["FunctionUrl"]
    permit(live)
    assert live.get(live.endpoint, {"Host": url.removeprefix("https://").rstrip("/")})[0] == 502
