# SPDX-License-Identifier: Apache-2.0
"""The Data API of a healthy cluster, as far as the functions ask: each statement that they have, and its answer."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class DataApiDouble:
    """`writer` says who writes; `calls` are the access key and the parameters of each call."""

    writer: Callable[[], str]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def start(self) -> str:
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                key = re.search(r"Credential=([^/]+)/", self.headers["Authorization"])
                double.calls.append((key[1] if key else "", asked))
                found = double.answer(asked["sql"]) if self.path == "/Execute" else None
                refusal = {"message": "not a statement of the functions"}
                body = json.dumps(refusal if found is None else found).encode()
                self.send_response(200 if found is not None else 400)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                """The test looks at `calls`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, name="data-api", daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, sql: str) -> dict[str, Any] | None:
        if "returning extract" in sql and "harecon_heartbeat" in sql:
            return _rows("gap", [[{"doubleValue": 1.0}]])
        if sql == "select aurora_db_instance_identifier() as id":
            return _rows("id", [[{"stringValue": self.writer()}]])
        if sql == "select not pg_is_in_recovery()":
            return _rows("?column?", [[{"booleanValue": True}]])
        if "from aurora_replica_status()" in sql:
            members = [f"payments-{letter}" for letter in "abc"]
            writer = self.writer()
            return _rows(
                "server_id writer lag age",
                [
                    [{"stringValue": name}, {"booleanValue": name == writer}, {"doubleValue": 0.01}]
                    + [{"doubleValue": 0.1}]
                    for name in members
                ],
            )
        self.unknown.append(sql)
        return None


def _rows(names: str, records: list[list[dict[str, Any]]]) -> dict[str, Any]:
    return {"columnMetadata": [{"name": name, "label": name} for name in names.split()], "records": records}
