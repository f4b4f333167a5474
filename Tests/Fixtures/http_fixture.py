# SPDX-License-Identifier: Apache-2.0
"""A small HTTP/1.1 server whose answers misbehave on request, for tests of HTTP clients.

Prints one line of JSON ({"port", "certificate"}) when it listens, and ends when its standard input does, so that it cannot
outlive the test that started it. Modes: plain (the default), --tls (with a certificate of its own making), --proxy
(CONNECT only; --refuse answers 403) and --mute (accepts connections and never says a word).
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Journal:
    """What has happened so far; waited for by tests through /_journal."""

    accepted: int = 0
    resumed: int = 0
    requests: list[str] = field(default_factory=list)
    tunnels: list[str] = field(default_factory=list)
    gone: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def note(self, **changes: object) -> None:
        with self.changed:
            for name, value in changes.items():
                current = getattr(self, name)
                if isinstance(current, list):
                    current.append(value)
                else:
                    setattr(self, name, current + value)
            self.changed.notify_all()

    def wait_for(self, name: str, count: int) -> None:
        def size() -> int:
            value = getattr(self, name)
            return len(value) if isinstance(value, list) else value

        with self.changed:
            self.changed.wait_for(lambda: size() >= count, timeout=20)

    def text(self) -> bytes:
        with self.changed:
            names = ("accepted", "resumed", "requests", "tunnels", "gone")
            return json.dumps({name: getattr(self, name) for name in names}).encode()


@dataclass
class Request:
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def read_request(stream: socket.socket | ssl.SSLSocket, buffer: bytearray) -> Request | None:
    """The next request of a connection, None when there is none any more."""
    while b"\r\n\r\n" not in buffer:
        chunk = stream.recv(65536)
        if not chunk:
            return None
        buffer += chunk
    head, _, rest = bytes(buffer).partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
    request = Request(method, target, headers, b"")
    length = int(request.header("content-length") or 0)
    while len(rest) < length:
        chunk = stream.recv(65536)
        if not chunk:
            return None
        rest += chunk
    buffer[:] = rest[length:]
    request.body = rest[:length]
    return request


def answer(body: bytes, status: int = 200, extra: tuple[str, ...] = ()) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *extra, "", ""]
    return "\r\n".join(lines).encode() + body


def reset(stream: socket.socket) -> None:
    """Ends a connection with RST instead of FIN."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


def wait_until_gone(stream: socket.socket) -> None:
    poll = select.poll()
    poll.register(stream, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
    poll.poll(30_000)


def serve_requests(stream: socket.socket | ssl.SSLSocket, journal: Journal) -> None:
    buffer = bytearray()
    while request := read_request(stream, buffer):
        path, _, query = request.target.partition("?")
        if path == "/_journal":
            if query:
                name, _, count = query.partition("=")
                journal.wait_for(name, int(count))
            stream.sendall(answer(journal.text()))
            continue
        journal.note(requests=f"{request.method} {request.target}")
        match path:
            case "/hang":
                wait_until_gone(stream)
                journal.note(gone=1)
                return
            case "/reset":
                reset(stream)
                return
            case "/close":
                return
            case "/half":
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
                reset(stream)
                return
            case "/stall":
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
                wait_until_gone(stream)
                journal.note(gone=1)
                return
            case "/large":
                stream.sendall(answer(b"x" * int(query.removeprefix("bytes="))))
            case "/redirect":
                stream.sendall(answer(b"", 302, ("Location: /ok",)))
            case "/interim":
                stream.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </early>\r\n\r\n" + answer(b"late", 200, ("X-Late: yes",)))
            case _ if path.startswith("/status/"):
                stream.sendall(answer(b"", int(path.rpartition("/")[2])))
            case _:
                echo = {
                    "method": request.method,
                    "target": request.target,
                    "headers": [f"{name}: {value}" for name, value in request.headers],
                    "body": request.body.decode("latin-1"),
                }
                stream.sendall(answer(json.dumps(echo).encode()))


def serve_tunnel(stream: socket.socket, journal: Journal, refuses: bool) -> None:
    request = read_request(stream, bytearray())
    if request is None:
        return
    journal.note(tunnels=f"{request.method} {request.target}")
    if refuses or request.method != "CONNECT":
        stream.sendall(answer(b"no", 403))
        return
    host, _, port = request.target.rpartition(":")
    with socket.create_connection((host, int(port))) as onward:
        stream.sendall(b"HTTP/1.1 200 Established\r\n\r\n")
        ends = {stream: onward, onward: stream}
        while True:
            readable, _, _ = select.select(list(ends), [], [], 30)
            if not readable:
                return
            for source in readable:
                data = source.recv(65536)
                if not data:
                    return
                ends[source].sendall(data)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=fixture", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True)  # fmt: skip
    return certificate, key


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--proxy", action="store_true")
    parser.add_argument("--refuse", action="store_true")
    parser.add_argument("--mute", action="store_true")
    options = parser.parse_args()
    journal = Journal()
    with tempfile.TemporaryDirectory() as folder:
        context, certificate = None, None
        if options.tls:
            certificate, key = make_certificate(Path(folder))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
        listener = socket.create_server(("0.0.0.0" if options.tls else "127.0.0.1", 0), backlog=128)

        def serve(plain: socket.socket) -> None:
            try:
                with plain:
                    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    if options.mute:
                        wait_until_gone(plain)
                        journal.note(gone=1)
                    elif options.proxy:
                        serve_tunnel(plain, journal, options.refuse)
                    elif context:
                        with context.wrap_socket(plain, server_side=True) as secure:
                            journal.note(resumed=1 if secure.session_reused else 0)
                            serve_requests(secure, journal)
                    else:
                        serve_requests(plain, journal)
            except OSError:
                # The client left, or refused the certificate: what the test wanted.
                pass

        def accept() -> None:
            while True:
                plain, _ = listener.accept()
                journal.note(accepted=1)
                threading.Thread(target=serve, args=(plain,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        print(json.dumps({"port": listener.getsockname()[1], "certificate": certificate and str(certificate)}), flush=True)
        while line := sys.stdin.readline():
            # Each line asks for the journal, for the modes that cannot answer a request for it.
            name, _, count = line.strip().partition("=")
            if name:
                journal.wait_for(name, int(count))
            print(journal.text().decode(), flush=True)


if __name__ == "__main__":
    main()
