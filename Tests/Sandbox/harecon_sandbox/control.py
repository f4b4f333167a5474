# SPDX-License-Identifier: Apache-2.0
"""The control interface: plain HTTP and JSON under /_sandbox/, for tests and for people."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import NoneType
from typing import Any

from harecon_sandbox import models
from harecon_sandbox.accounts import DEFAULT_ACCOUNT, Account, Accounts, plain
from harecon_sandbox.engine import GLOBAL_REGION, Engine
from harecon_sandbox.faults import BadFault
from harecon_sandbox.http11 import Request, Response
from harecon_sandbox.kit import AWSError
from harecon_sandbox.recording import Recorder

NUMBERS = ("page", "eventual", "eventual_writes", "eventual_elsewhere", "latency_ms")
CLOCK_WORDS = {"advance": float, "scale": float, "freeze": bool, "auto": bool}


class Refused(Exception):
    """A control call that makes no sense."""


class Control:
    """Answers control calls. Each concerns one account, which `?account=` names."""

    def __init__(self, engine: Engine, accounts: Accounts, forget_keys: Callable[[str], None]) -> None:
        self._engine = engine
        self._accounts = accounts
        self._forget_keys = forget_keys
        self._calls: dict[tuple[str, str], Callable[[Account, Request, Any], Any]] = {
            ("GET", "health"): lambda account, request, body: {"ok": True},
            ("POST", "reset"): self._reset,
            ("GET", "settings"): lambda account, request, body: account.settings | {"skew_s": account.skew},
            ("POST", "settings"): self._settings,
            ("GET", "clock"): lambda account, request, body: account.clock.describe(),
            ("POST", "clock"): self._clock,
            ("POST", "faults"): self._faults,
            ("GET", "journal"): self._journal,
            ("GET", "violations"): lambda account, request, body: {
                "violations": [asdict(violation) for violation in account.violations]
            },
            ("POST", "edit"): self._edit,
            ("GET", "inventory"): lambda account, request, body: {"resources": self._engine.inventory(account)},
            ("POST", "hold"): self._hold,
            ("GET", "held"): lambda account, request, body: {
                "held": account.holds.held(float(request.argument("wait") or 0))
            },
            ("POST", "release"): lambda account, request, body: {"released": account.holds.release()},
            ("POST", "record"): self._record,
        }
        if engine.runtime is not None:
            self._calls |= {
                ("GET", "runs"): self._runs,
                ("GET", "settled"): self._settled,
                ("GET", "deliveries"): lambda account, request, body: {
                    "deliveries": engine.runtime.deliveries(account.number)
                },
            }

    def answer(self, request: Request) -> Response:
        name = request.path.removeprefix("/_sandbox/")
        call = self._calls.get((request.method, name))
        if call is None:
            known = ", ".join(f"{method} {path}" for method, path in self._calls)
            return Response.of_json({"error": f"no control call {request.method} {name}; known are {known}"}, 404)
        number = request.argument("account") or DEFAULT_ACCOUNT
        try:
            if len(number) != 12 or not number.isdigit():
                raise Refused(f"{number!r} is no account, which has twelve digits")
            body = json.loads(request.body) if request.body else {}
            account = self._accounts[number]
            answer = Response.of_json(plain(call(account, request, body)))
            if self._engine.runtime is not None and request.method == "POST":
                self._engine.runtime.forget(account) if account.closed else self._engine.runtime.agenda.wake(account)
            return answer
        except AWSError as error:
            return Response.of_json({"error": error.message, "code": error.code}, 409)
        except (Refused, BadFault, OSError, json.JSONDecodeError) as error:
            return Response.of_json({"error": str(error)}, 400)
        except Exception as error:
            # An edit runs the emulator and plug-ins, which may fail in any way; whoever asked should see how.
            trace = traceback.format_exc()
            sys.stderr.write(trace)
            return Response.of_json({"error": f"{type(error).__name__}: {error}", "trace": trace}, 500)

    def _reset(self, account: Account, request: Request, body: Any) -> Any:
        if account.recorder is not None:
            account.recorder.close()
        self._forget_keys(account.number)
        self._engine.reset(self._accounts, account.number)
        return {}

    def _settings(self, account: Account, request: Request, body: Any) -> Any:
        """Merges; null takes a setting away. Plug-ins have settings of their own, so unknown names are kept."""
        for name, value in body.items():
            if name in NUMBERS and type(value) not in (int, float, NoneType):
                raise Refused(f"{name} is a number, not {value!r}")
            if name == "skew_s":
                account.skew = float(value or 0)
            elif value is None:
                account.settings.pop(name, None)
            else:
                account.settings[name] = value
        return account.settings | {"skew_s": account.skew}

    def _clock(self, account: Account, request: Request, body: Any) -> Any:
        unknown = body.keys() - CLOCK_WORDS.keys()
        if unknown or not body:
            raise Refused(f"a clock can {', '.join(CLOCK_WORDS)}")
        for word, value in body.items():
            try:
                getattr(account.clock, word)(CLOCK_WORDS[word](value))
            except (TypeError, ValueError) as error:
                raise Refused(f"clock {word} {value!r}: {error}") from None
        return account.clock.describe()

    def _faults(self, account: Account, request: Request, body: Any) -> Any:
        if not isinstance(body, list):
            raise Refused("faults are a list")
        account.faults.replace(body)
        return {"faults": len(body)}

    def _journal(self, account: Account, request: Request, body: Any) -> Any:
        since, wait = int(request.argument("since") or 0), float(request.argument("wait") or 0)
        return {"calls": account.journal.since(since, wait)}

    def _edit(self, account: Account, request: Request, body: Any) -> Any:
        """A change behind the client's back: the operation without journal, faults and checks."""
        service, operation = body.get("service"), body.get("operation")
        if service not in models.service_names():
            raise Refused(f"no service {service!r}")
        if operation not in models.service_model(service).operation_names:
            raise Refused(f"{service} has no operation {operation!r}")
        region = body.get("region") or account.journal.region(service) or GLOBAL_REGION
        context = self._engine.context(account, service, operation, region)
        return {"result": self._engine.run(context, body.get("params", {}))}

    def _hold(self, account: Account, request: Request, body: Any) -> Any:
        n = body.get("n", 1)
        if type(n) is not int or n < 1:
            raise Refused(f"n counts calls from 1, not {n!r}")
        account.holds.add(n, bool(body.get("any")), bool(body.get("after")), frozenset(body.get("but", ())))
        return {}

    def _runs(self, account: Account, request: Request, body: Any) -> Any:
        since, wait = int(request.argument("since") or 0), float(request.argument("wait") or 0)
        return {"runs": self._engine.runtime.runs(account.number).since(since, wait)}

    def _settled(self, account: Account, request: Request, body: Any) -> Any:
        return {"settled": self._engine.runtime.settled(account.number, float(request.argument("wait") or 0))}

    def _record(self, account: Account, request: Request, body: Any) -> Any:
        """Starts a recording to `file`, or ends it when there is none."""
        if account.recorder is not None:
            account.recorder.close()
        account.recorder = Recorder(Path(body["file"])) if body.get("file") else None
        return {"recording": body.get("file")}
