# SPDX-License-Identifier: Apache-2.0
"""A function's process: python3 runner.py HANDLER, in the folder of the function's code.

A line of JSON comes for each call, {"id", "event", "deadline"} with the deadline by the monotonic clock, and one goes
back. What the function prints goes where its errors go.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Context:
    aws_request_id: str
    deadline: float

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    sys.path.insert(0, os.getcwd())
    module, _, name = sys.argv[1].rpartition(".")
    handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        try:
            result = {"result": handler(asked["event"], Context(asked["id"], asked["deadline"]))}
        except Exception:
            traceback.print_exc()
            result = {"error": traceback.format_exc()}
        answers.write(json.dumps(result, default=str) + "\n")


if __name__ == "__main__":
    main()
