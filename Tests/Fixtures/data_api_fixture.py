# SPDX-License-Identifier: Apache-2.0
"""The Data API's stand-in over one PostgreSQL server, behind a proxy that loses what it is told to lose.

Prints one line of JSON when it serves ({"port", "statements"}), or {"missing": reason} where there is no PostgreSQL.
Then takes one question a line: a list of faults, met in order ([["CommitTransaction", "answer lost"], ...]), a text, which
is SQL to run as a witness, or null: what has happened. Ends when its standard input does.

Faults: "request lost", "answer lost" (the connection is closed before, or after, the call was made), "unavailable" (a
504 after it was made) and "hang" (no answer at all, after it was made).
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

for part in ("Tests/Sandbox", "Tests/Lab", "Tests/Functions", "Sources/Functions", "Sources/harecon_replay"):
    sys.path.insert(0, str(ROOT / part))

# After the path is set.
import psycopg  # noqa: E402
from harecon_lab.data_api import DataApi  # noqa: E402
from harecon_lab.installed import Installation, NotInstalled  # noqa: E402
from harecon_lab.sessions import Place  # noqa: E402
from harecon_replay.ledger import Ledger  # noqa: E402
from real_postgres import PASSWORD, Server, serving  # noqa: E402

ARN = "arn:aws:rds:us-east-1:123456789012:cluster:payments"


@dataclass
class Proxy:
    """Forwards what comes, but for the faults."""

    port: int
    faults: list[list[str]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, call: str) -> str | None:
        with self._lock:
            self.calls.append(call)
            return self.faults.pop(0)[1] if self.faults and self.faults[0][0] == call else None

    def handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fault = proxy.fault(self.path.removeprefix("/"))
                self.close_connection = fault is not None
                if fault == "request lost":
                    return
                status, headers, answer = self._forwarded(body)
                if fault == "hang":
                    proxy.ended.wait()
                if fault in ("answer lost", "hang"):
                    return
                if fault == "unavailable":
                    status, answer = 504, b'{"code":"DatabaseUnavailableException","message":"no writer"}'
                    headers["x-amzn-ErrorType"] = "DatabaseUnavailableException"
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def _forwarded(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
                connection = http.client.HTTPConnection("127.0.0.1", proxy.port)
                try:
                    connection.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
                    # As they came: they are signed.
                    for name, value in self.headers.items():
                        connection.putheader(name, value)
                    connection.endheaders(body)
                    answer = connection.getresponse()
                    kept = {name: value for name, value in answer.getheaders() if name.lower() in _KEPT}
                    return answer.status, kept, answer.read()
                finally:
                    connection.close()

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        return Handler


_KEPT = ("content-type", "x-amzn-errortype", "x-amzn-requestid")


def serve(server: Server) -> None:
    api = DataApi(ARN, lambda: Place("writer", server.port, server.certificate), lambda _: ("master", PASSWORD))
    api.start()
    proxy = Proxy(int(api.endpoint.rsplit(":", 1)[1]))
    front = ThreadingHTTPServer(("127.0.0.1", 0), proxy.handler())
    front.daemon_threads = True
    threading.Thread(target=front.serve_forever, daemon=True).start()
    witness = psycopg.connect(
        f"host=localhost port={server.port} user=master password='{PASSWORD}' dbname=postgres"
        f" sslmode=verify-full sslrootcert={server.certificate}",
        autocommit=True,
    )
    ledger = Ledger()
    statements = {"making": ledger.making, "entering": ledger.entering, "settling": ledger.settling}
    say({"port": front.server_port, "statements": statements})
    for line in sys.stdin:
        say(answer(json.loads(line), proxy, api, witness))
    proxy.ended.set()
    front.shutdown()
    witness.close()
    api.stop()


def answer(question: Any, proxy: Proxy, api: DataApi, witness: psycopg.Connection[Any]) -> Any:
    if isinstance(question, list):
        proxy.faults, proxy.calls = question, []
        return None
    if isinstance(question, str):
        cursor = witness.execute(question.encode())
        return [list(row) for row in cursor.fetchall()] if cursor.description else []
    return {"calls": proxy.calls, "faults": proxy.faults, "violations": api.violations}


def say(value: Any) -> None:
    print(json.dumps(value), flush=True)


def main() -> None:
    try:
        installation = Installation.find()
    except NotInstalled as error:
        say({"missing": str(error)})
        return
    with serving(installation, names="DNS:localhost,IP:127.0.0.1") as server:
        serve(server)


if __name__ == "__main__":
    main()
