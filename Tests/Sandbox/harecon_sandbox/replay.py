# SPDX-License-Identifier: Apache-2.0
"""python3 -m harecon_sandbox.replay: answers from a recording, for measuring a client without the emulator's time.

The same question gets the recorded answers in their order, and the last of them from then on. Neither moto nor
botocore is loaded, nothing is checked or signed; the latency of each answer runs beside that of all others.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import signal
import ssl
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harecon_sandbox.http11 import Response
from harecon_sandbox.wirekey import Question, question

MISSING = Response(501, {"Content-Type": "application/json"}, b'{"__type": "NotRecorded", "message": "not recorded"}')


@dataclass
class Call:
    """One call as the journal shows it; `concurrency` counts the calls in flight when it came, with itself."""

    n: int
    service: str
    operation: str
    params: str
    region: str
    connection: int
    concurrency: int
    started: float
    status: int | None = None
    ended: float | None = None
    code: str | None = None
    fault: str | None = None
    effect: bool = False


@dataclass
class Recording:
    """Answers by question, and how often each was asked."""

    answers: dict[Question, list[Response]] = field(default_factory=dict)
    asked: dict[Question, int] = field(default_factory=dict)

    @staticmethod
    def load(lines: Iterable[str]) -> Recording:
        found = Recording()
        for line in lines:
            entry = json.loads(line)
            asked = Question(entry["service"], entry["region"], entry["operation"], entry["params"])
            response = Response(entry["status"], entry["headers"], base64.b64decode(entry["body"]))
            found.answers.setdefault(asked, []).append(response)
        return found

    def answer(self, asked: Question) -> Response | None:
        responses = self.answers.get(asked)
        if responses is None:
            return None
        turn = self.asked.get(asked, 0)
        self.asked[asked] = turn + 1
        return responses[min(turn, len(responses) - 1)]


class Replayer:
    """The recording, the journal and the settings, shared by all connections."""

    def __init__(self, recording: Recording, latency: float) -> None:
        self.recording = recording
        self.latency = latency
        self.calls: list[Call] = []
        self.misses: list[dict[str, Any]] = []
        self.in_flight = 0
        self.connections = 0

    def control(self, method: str, target: str, body: bytes) -> Response:
        path, _, query = target.removeprefix("/_sandbox/").partition("?")
        match method, path:
            case "GET", "journal":
                since = next((int(part[6:]) for part in query.split("&") if part.startswith("since=")), 0)
                concurrency = max((call.concurrency for call in self.calls), default=0)
                return Response.of_json(
                    {"calls": [asdict(call) for call in self.calls[since:]], "concurrency": concurrency}
                )
            case "GET", "violations":
                return Response.of_json({"violations": self.misses})
            case "GET", "health":
                return Response.of_json({"ok": True})
            case "POST", "reset":
                self.calls.clear()
                self.misses.clear()
                self.recording.asked.clear()
                return Response.of_json({})
            case "POST", "settings":
                self.latency = float(json.loads(body or b"{}").get("latency_ms", self.latency * 1000)) / 1000
                return Response.of_json({"latency_ms": self.latency * 1000})
            case _:
                return Response.of_json({"error": f"the replayer has no {method} {path}"}, 404)


class Connection(asyncio.Protocol):
    """Reads requests and writes answers, each after the latency."""

    def __init__(self, replayer: Replayer) -> None:
        self._replayer = replayer
        replayer.connections += 1
        self._number = replayer.connections
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._transport is not None:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                if headers.get("expect") == "100-continue" and not rest:
                    self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            self._buffer = rest[length:]
            method, target, _ = first.split(" ")
            self._answer(method, target, headers, rest[:length])

    def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        replayer = self._replayer
        if target.startswith("/_sandbox/"):
            self._write(replayer.control(method, target, body))
            return
        asked = question(method, target, headers, body)
        replayer.in_flight += 1
        call = Call(
            n=len(replayer.calls) + 1,
            service=asked.service,
            operation=asked.operation,
            params=asked.params,
            region=asked.region,
            connection=self._number,
            concurrency=replayer.in_flight,
            started=time.time(),
        )
        replayer.calls.append(call)
        response = replayer.recording.answer(asked)
        if response is None:
            replayer.misses.append({"kind": "miss", "n": call.n} | asdict(asked))
            response = MISSING
        asyncio.get_running_loop().call_later(replayer.latency, self._finish, call, response, method == "HEAD")

    def _finish(self, call: Call, response: Response, head: bool) -> None:
        self._replayer.in_flight -= 1
        call.status = response.status
        call.ended = time.time()
        self._write(response, head)

    def _write(self, response: Response, head: bool = False) -> None:
        if self._transport is not None:
            self._transport.write(response.encode(keep_alive=True, head=head))


async def serve(options: argparse.Namespace) -> None:
    with options.recording.open(encoding="utf-8") as lines:
        replayer = Replayer(Recording.load(lines), options.latency_ms / 1000)
    context = None
    if options.cert is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(replayer), "127.0.0.1", options.port, ssl=context)
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    if options.until_stdin_closes:
        threading.Thread(target=_await_stdin, args=(loop, done), name="stdin", daemon=True).start()
    port = server.sockets[0].getsockname()[1]
    scheme = "https" if context else "http"
    print(json.dumps({"endpoint": f"{scheme}://127.0.0.1:{port}", "pid": os.getpid()}), flush=True)
    await done.wait()
    server.close()


def _await_stdin(loop: asyncio.AbstractEventLoop, done: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    loop.call_soon_threadsafe(done.set)


def main() -> None:
    parser = argparse.ArgumentParser(prog="harecon_sandbox.replay", description="Serves recorded answers.")
    parser.add_argument("--recording", type=Path, required=True, help="a file that the sandbox has recorded")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="how long each answer waits")
    parser.add_argument("--port", type=int, default=0, help="the port; 0 takes a free one")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when the parent process does")
    parser.add_argument("--cert", type=Path, help="serve TLS with this certificate chain (PEM)")
    parser.add_argument("--key", type=Path, help="the certificate's private key (PEM)")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
