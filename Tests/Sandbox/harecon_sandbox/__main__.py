# SPDX-License-Identifier: Apache-2.0
"""python3 -m harecon_sandbox: starts the server, says where it is, and serves until it is told to stop."""

from __future__ import annotations

import argparse
import json
import os
import signal
import ssl
import sys
import threading
from pathlib import Path

from harecon_sandbox.person import greeting
from harecon_sandbox.sandbox import Defaults, Sandbox
from harecon_sandbox.server import Server


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="harecon_sandbox", description="An AWS-compatible server on loopback.")
    parser.add_argument("--port", type=int, default=0, help="the port; 0 takes a free one")
    parser.add_argument("--page", type=int, help="forces pages of at most this many items")
    parser.add_argument("--scale", type=float, default=1.0, help="how many simulated seconds pass in a real one")
    parser.add_argument("--ready-file", type=Path, help="also write the ready line to this file")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when the parent process does")
    parser.add_argument("--person", action="store_true", help="explain how to use the server to a person")
    parser.add_argument("--run", action="store_true", help="run functions, deliver events, fire schedules")
    parser.add_argument("--cert", type=Path, help="serve TLS with this certificate chain (PEM)")
    parser.add_argument("--key", type=Path, help="the certificate's private key (PEM)")
    found = parser.parse_args()
    if (found.cert is None) != (found.key is None):
        parser.error("--cert and --key come together")
    if found.run and found.cert:
        parser.error("--run has functions call the sandbox without TLS: it does not go with --cert")
    return found


def tls_context(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def end_of_service(until_stdin_closes: bool) -> threading.Event:
    """What is set when the server shall end."""
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    if until_stdin_closes:

        def watch() -> None:
            while os.read(sys.stdin.fileno(), 4096):
                pass
            done.set()

        threading.Thread(target=watch, name="stdin", daemon=True).start()
    return done


def main() -> None:
    options = arguments()
    sandbox = Sandbox(Defaults(page=options.page, scale=options.scale), runtime=options.run)
    server = Server(sandbox.handle, options.port, tls_context(options.cert, options.key))
    server.start()
    if sandbox.runtime is not None:
        sandbox.runtime.begin(server.endpoint)
    # Before anybody is told that the server is ready: whoever reads that may already send a signal.
    done = end_of_service(options.until_stdin_closes)
    ready = json.dumps({"endpoint": server.endpoint, "pid": os.getpid()})
    if options.ready_file:
        # Whoever waits for the file must never see half a line.
        partial = options.ready_file.with_name(options.ready_file.name + ".partial")
        partial.write_text(ready + "\n")
        partial.rename(options.ready_file)
    print(greeting(server.endpoint) if options.person else ready, flush=True)
    done.wait()
    server.stop()
    if sandbox.runtime is not None:
        sandbox.runtime.end()


if __name__ == "__main__":
    main()
