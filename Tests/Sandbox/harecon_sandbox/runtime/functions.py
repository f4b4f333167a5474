# SPDX-License-Identifier: Apache-2.0
"""Lambda's Invoke: functions run their code in a process of their own, with their role's rights."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Later, Params, Result, operation
from harecon_sandbox.services import iam
from harecon_sandbox.services.lambda_.state import Function, conflict, require, require_unqualified
from harecon_sandbox.signature import Key

from . import output
from .environments import Environment, Launch, Outcome
from .life import Run, Runtime, runtime_of

LARGEST = 6 * 1024 * 1024
#: AWS has raised this to a megabyte; the stricter reading.
LARGEST_EVENT = 256 * 1024
ACCOUNT_CONCURRENCY = 1000
SESSION_SECONDS = 12 * 3600
#: Of the parent's own environment only this much is given on, for its interpreter to work.
INHERITED = ("PATH", "LANG", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


@operation("lambda", "Invoke")
def invoke(ctx: Context, params: Params) -> Result:
    """Setting `function_environment`, {"*" or a function's name: {name: value or null}}, changes what functions get."""
    runtime = runtime_of(ctx)
    if runtime is None:
        return ctx.emulate("lambda", "Invoke", params)
    require_unqualified(params)
    function = require(ctx, params["FunctionName"])
    kind, payload = params.get("InvocationType", "RequestResponse"), read_payload(params)
    require_invocable(function)
    if kind == "DryRun":
        return {"StatusCode": 204}
    largest = LARGEST_EVENT if kind == "Event" else LARGEST
    if len(payload) > largest:
        message = f"{len(payload)} byte payload is too large for the {kind} invocation type (limit {largest} bytes)"
        raise AWSError("RequestTooLargeException", message, 413)
    caller = f"call {ctx.request_id}"
    if kind == "Event":
        from .events_queue import enqueue

        enqueue(runtime, ctx, function, payload, caller)
        return {"StatusCode": 202}
    job = admit(runtime, ctx, function, payload, caller)

    def wait() -> Result:
        outcome = job.run()
        answer: Result = {"StatusCode": 200, "Payload": outcome.payload, "ExecutedVersion": "$LATEST"}
        if outcome.error:
            answer["FunctionError"] = outcome.error
        if params.get("LogType") == "Tail":
            answer["LogResult"] = base64.b64encode("\n".join(job.record.log).encode()[-4096:]).decode()
        return answer

    raise Later(wait)


def read_payload(params: Params) -> bytes:
    """What the function is given: JSON, and an empty object where the call has nothing."""
    given = params.get("Payload") or b""
    if hasattr(given, "read"):
        given = given.read()
    payload = given.encode() if isinstance(given, str) else bytes(given)
    if not payload:
        return b"{}"
    try:
        json.loads(payload)
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise AWSError("InvalidRequestContentException", message, 400) from None
    return payload


def require_invocable(function: Function) -> None:
    state = function.state.status()
    if state != "Active":
        raise conflict(
            "The operation cannot be performed at this time. "
            f"The function is currently in the following state: {state}"
        )


@dataclass
class Counts:
    """How many calls of each function are under way."""

    running: dict[str, int]

    def of(self, name: str) -> int:
        return self.running.get(name, 0)


def _counts(ctx: Context) -> Counts:
    return ctx.keep("runtime/concurrency", lambda: Counts({}))


def require_room(ctx: Context, function: Function) -> None:
    """Reserved concurrency is a right and a limit; the rest share what is not reserved."""
    from harecon_sandbox.services.lambda_.state import functions_of

    counts = _counts(ctx)
    if function.reserved is not None:
        is_full = counts.of(function.name) >= function.reserved
        reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
    else:
        functions = functions_of(ctx)
        limit = int(ctx.settings.get("lambda_concurrency", ACCOUNT_CONCURRENCY))
        shared = limit - sum(f.reserved or 0 for f in functions.values())
        used = sum(n for name, n in counts.running.items() if name not in functions or functions[name].reserved is None)
        is_full, reason = used >= shared, "ConcurrentInvocationLimitExceeded"
    if is_full:
        output.count(ctx, function, "Throttles", 1)
        raise AWSError("TooManyRequestsException", "Rate Exceeded.", 429, Reason=reason)


@dataclass
class Job:
    """A call that was let in. `run` is to be called once, with nothing locked."""

    runtime: Runtime
    ctx: Context
    function: Function
    payload: bytes
    record: Run
    launch: Launch

    def run(self, then: Callable[[Outcome], None] | None = None) -> Outcome:
        """Runs it; `then` is told how it ended, with the engine locked, before anybody else can see that it did."""
        owner = f"{self.ctx.account}/{self.ctx.region}/{self.function.name}"
        environment: Environment | None = None
        try:
            environment = self.runtime.pool.take(owner, self.launch, self._write)
            self._write(environment, [output.start(self.function, self.record.request_id)])
            seconds = float(self.function.shape["Timeout"])
            outcome = environment.invoke(self.payload, self.record.request_id, self.function.arn, seconds)
            self._write(environment, output.end(self.function, self.record.request_id, outcome))
        except OSError as error:
            # The machine has no room for another process, or its folder is gone because the sandbox ends.
            message = f"RequestId: {self.record.request_id} Error: {error}"
            payload = json.dumps({"errorType": "Runtime.Unknown", "errorMessage": message}).encode()
            outcome = Outcome(payload, "Unhandled")
        finally:
            with self.runtime.engine.lock:
                counts = _counts(self.ctx)
                counts.running[self.function.name] = counts.of(self.function.name) - 1
        if environment is not None:
            self.runtime.pool.give_back(owner, environment)
        with self.runtime.engine.lock:
            account = self.runtime.account(self.ctx)
            if account.store is self.ctx.store:
                output.measure(self.ctx, self.function, outcome)
                if then is not None:
                    self.runtime.agenda.guard(account, lambda: then(outcome))
        word = "timeout" if outcome.timed_out else "error" if outcome.error else "ok"
        answer = outcome.payload.decode("utf-8", "replace")
        self.runtime.runs(self.ctx.account).close(
            self.record, ended=self.ctx.clock.now(), outcome=word, answer=answer
        )
        return outcome

    def _write(self, environment: Environment, lines: list[str]) -> None:
        self.record.log += lines
        with self.runtime.engine.lock:
            if self.runtime.account(self.ctx).store is self.ctx.store:
                output.write(self.ctx, self.function, environment.launch.variables["AWS_LAMBDA_LOG_STREAM_NAME"], lines)


def admit(runtime: Runtime, ctx: Context, function: Function, payload: bytes, source: str, attempt: int = 1,
          request_id: str = "") -> Job:  # fmt: skip
    """Lets a call in, or says why not: throttled, not ready, or a role that Lambda may not assume."""
    require_invocable(function)
    require_room(ctx, function)
    if not iam.assumable(ctx, function.shape["Role"], "lambda.amazonaws.com"):
        message = "The role defined for the function cannot be assumed by Lambda."
        raise AWSError("AccessDeniedException", message, 403)
    key = _credentials(runtime, ctx, function)
    launch = _launch(runtime, ctx, function, key)
    counts = _counts(ctx)
    counts.running[function.name] = counts.of(function.name) + 1
    record = runtime.runs(ctx.account).open(
        function=function.name, request_id=request_id or str(uuid.uuid4()), source=source, attempt=attempt,
        event=payload.decode("utf-8", "replace"), access_key=key.access_key, principal=key.principal,
        started=ctx.clock.now(),
    )  # fmt: skip
    return Job(runtime, ctx, function, payload, record, launch)


def begin(job: Job, then: Callable[[Outcome], None]) -> None:
    """Runs the job in a thread of its own."""
    threading.Thread(target=job.run, args=(then,), name=f"run-{job.function.name}", daemon=True).start()


# What a process is made from ---------------------------------------------------------------------------------------


def _launch(runtime: Runtime, ctx: Context, function: Function, key: Key) -> Launch:
    shape = function.shape
    overrides = ctx.settings.get("function_environment") or {}
    changes = {**(overrides.get("*") or {}), **(overrides.get(function.name) or {})}
    logging = shape["LoggingConfig"]
    code = runtime.pool.unpack(function.code, shape["CodeSha256"])
    stream = output.stream_name(ctx)
    variables = {name: os.environ[name] for name in INHERITED if name in os.environ}
    variables |= {
        "TZ": ":UTC", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
        "AWS_ACCESS_KEY_ID": key.access_key, "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_SESSION_TOKEN": key.token or "", "AWS_REGION": ctx.region, "AWS_DEFAULT_REGION": ctx.region,
        "AWS_ENDPOINT_URL": runtime.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{shape['Runtime']}", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": function.name, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(shape["MemorySize"]),
        "AWS_LAMBDA_LOG_GROUP_NAME": logging["LogGroup"], "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_LAMBDA_LOG_FORMAT": logging["LogFormat"], "AWS_LAMBDA_LOG_LEVEL": logging.get("ApplicationLogLevel", ""),
        "LAMBDA_TASK_ROOT": str(code), "LAMBDA_RUNTIME_DIR": os.path.dirname(sys.executable),
        "_HANDLER": shape["Handler"], "SANDBOX_WALL": str(runtime.wall_of(ctx.account)),
        **(shape.get("Environment", {}).get("Variables") or {}),
    }  # fmt: skip
    for name, value in changes.items():
        if value is None:
            variables.pop(name, None)
        else:
            variables[name] = str(value)
    same = json.dumps([function.revision, shape, changes, key.access_key], sort_keys=True, default=str)
    return Launch(hashlib.sha256(same.encode()).hexdigest(), function.name, code, variables)


def _credentials(runtime: Runtime, ctx: Context, function: Function) -> Key:
    """A session of the function's role, named as the function is; good for hours, then another."""
    role = function.shape["Role"]
    sessions: dict[str, Key] = ctx.keep("runtime/sessions", dict)
    known = sessions.get(f"{role} {function.name}")
    if known is not None and (known.expires or 0) > time.time() + 900:
        return known
    asked = {"RoleArn": role, "RoleSessionName": function.name, "DurationSeconds": SESSION_SECONDS}
    made: dict[str, Any] = ctx.emulate("sts", "AssumeRole", asked)
    issued = made["Credentials"]
    key = Key(
        issued["AccessKeyId"], issued["SecretAccessKey"], ctx.account, issued["SessionToken"],
        time.time() + SESSION_SECONDS, made["AssumedRoleUser"]["Arn"],
    )  # fmt: skip
    runtime.learn(key)
    sessions[f"{role} {function.name}"] = key
    return key
