# SPDX-License-Identifier: Apache-2.0
"""Lambda's Python runtime, as far as functions can tell: in a process of its own it loads the handler once and then
calls it for one event after another.

    python3 bootstrap.py FD     FD is a socket, on which lines of JSON come and go

It is given {"event", "request_id", "arn", "deadline"} (text, text, text, seconds of the monotonic clock) and answers
{"result": text} or {"error": {...}}; what comes before all others is {"ready": true}, or what kept the handler from
being loaded. What is printed goes to standard output, which after each call ends with a mark.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import socket
import sys
import time
import traceback
from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any

MARK = "\x00end of "
MAX_RESPONSE = 6 * 1024 * 1024 + 100
JSON_FORMAT = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"

Handler = Any


class Context:
    """What a handler is told of its call."""

    def __init__(self, request_id: str, arn: str, deadline: float) -> None:
        self.aws_request_id = request_id
        self.invoked_function_arn = arn
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = None
        self.identity = None
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: Any) -> None:
        sys.stdout.write(str(message))


class LogFormatter(logging.Formatter):
    """A line of the `logging` module as Lambda writes it, in text or as JSON."""

    request_id = ""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        if not JSON_FORMAT:
            stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{int(record.msecs):03d}Z"
            text = f"[{record.levelname}]\t{stamp}\t{self.request_id}\t{record.getMessage()}"
            return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text
        line: dict[str, Any] = {
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": self.request_id,
        }
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, trace = record.exc_info
            line |= {
                "stackTrace": traceback.format_tb(trace), "errorType": kind.__name__, "errorMessage": str(error),
                "location": f"{record.pathname}:{record.funcName}:{record.lineno}",
            }  # fmt: skip
        return json.dumps(line)


def set_up_logging() -> LogFormatter:
    handler, formatter = logging.StreamHandler(sys.stdout), LogFormatter()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.addHandler(handler)
    level = {"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(name := os.environ.get("AWS_LAMBDA_LOG_LEVEL", ""), name)
    if JSON_FORMAT and level:
        root.setLevel(level)
    return formatter


def load(name: str) -> tuple[Handler | None, dict[str, Any] | None]:
    """The handler that `package.module.function` names, or what Lambda says when there is none."""
    module_name, dot, function = name.rpartition(".")
    if not dot:
        return None, failure("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack")
    try:
        module: ModuleType = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        return None, failure("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}")
    except SyntaxError as error:
        return None, failure("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}")
    except Exception as error:
        return None, raised(error, "")
    handler = getattr(module, function, None)
    if handler is None:
        return None, failure("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module_name}'")
    return handler, None


def failure(kind: str, message: str, request_id: str = "", trace: list[str] | None = None) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace or []}


def raised(error: BaseException, request_id: str) -> dict[str, Any]:
    """Without this file's own frame, as Lambda leaves its own out."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    return failure(type(error).__name__, str(error), request_id, traceback.format_list(frames))


def say_error(error: dict[str, Any], request_id: str) -> None:
    """In the log an error is one entry, also where it has many lines."""
    if JSON_FORMAT:
        at = datetime.now(UTC)
        shown = {"timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "log_level": "ERROR", **error, "requestId": request_id}
        print(json.dumps(shown))
        return
    trace = "\r".join(line.rstrip("\n").replace("\n", "\r") for line in error["stackTrace"])
    print(f"[ERROR] {error['errorType']}: {error['errorMessage']}\rTraceback (most recent call last):\r{trace}")


def call(handler: Handler, asked: dict[str, Any]) -> dict[str, Any]:
    request_id = asked["request_id"]
    try:
        result = handler(json.loads(asked["event"]), Context(request_id, asked["arn"], asked["deadline"]))
    except Exception as error:
        shown = raised(error, request_id)
        say_error(shown, request_id)
        return {"error": shown}
    try:
        text = json.dumps(result, default=_number, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        shown = failure("Runtime.MarshalError", f"Unable to marshal response: {error}", request_id)
        say_error(shown, request_id)
        return {"error": shown}
    if len(text.encode()) > MAX_RESPONSE:
        message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE} bytes)."
        return {"error": {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}}
    return {"result": text}


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1])).makefile("rw", encoding="utf-8", newline="\n")
    if place := os.environ.pop("SANDBOX_WALL", None):
        import boto3  # noqa: F401  (before the clock is another, as Lambda's images have it)

        import wall

        wall.install(place)
        del sys.modules["wall"]
    # Beside this file are modules of the sandbox that no function should find.
    ours = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [
        os.environ["LAMBDA_TASK_ROOT"], *(place for place in sys.path if os.path.abspath(place) != ours)
    ]  # fmt: skip
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    formatter = set_up_logging()
    handler, failed = load(os.environ["_HANDLER"])
    answer(channel, {"failed": failed} if failed else {"ready": True})
    for line in channel:
        asked = json.loads(line)
        formatter.request_id = asked["request_id"]
        if failed:
            say_error(failed, asked["request_id"])
            result: dict[str, Any] = {"error": {**failed, "requestId": asked["request_id"]}}
        else:
            result = call(handler, asked)
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(1, f"{MARK}{asked['request_id']}\n".encode())
        answer(channel, {**result, "memory": used_memory()})


def used_memory() -> int:
    """The most that this process has used, in MB. What getrusage says is inherited from whoever started it."""
    with open("/proc/self/status", encoding="ascii") as status:
        (kilobytes,) = (line.split()[1] for line in status if line.startswith("VmHWM:"))
    return int(kilobytes) // 1024


def answer(channel: Any, message: dict[str, Any]) -> None:
    channel.write(json.dumps(message) + "\n")
    channel.flush()


if __name__ == "__main__":
    main()
