# SPDX-License-Identifier: Apache-2.0
"""Writes down questions and answers, one JSON object a line, for the replayer."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import asdict
from pathlib import Path

from harecon_sandbox.http11 import Request, Response
from harecon_sandbox.wirekey import question


class Recorder:
    """Appends to one file until closed."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = path.open("w", encoding="utf-8")

    def write(self, request: Request, response: Response) -> None:
        asked = question(request.method, request.target, dict(request.headers), request.body)
        line = json.dumps(
            asdict(asked)
            | {
                "status": response.status,
                "headers": response.headers,
                "body": base64.b64encode(response.body).decode(),
            }
        )
        with self._lock:
            if not self._file.closed:
                self._file.write(line + "\n")

    def close(self) -> None:
        with self._lock:
            self._file.close()
