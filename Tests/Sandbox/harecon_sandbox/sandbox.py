# SPDX-License-Identifier: Apache-2.0
"""The walk of a request through the sandbox, from the route to the answer."""

from __future__ import annotations

import copy
import sys
import time
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harecon_sandbox import answers, contract, models, pager, protocols, refusals, signature
from harecon_sandbox.accounts import DEFAULT_ACCOUNT, Account, Accounts, Call, Violation
from harecon_sandbox.control import Control
from harecon_sandbox.engine import Engine
from harecon_sandbox.eventual import Delay
from harecon_sandbox.faults import AFTER_EFFECT, Fault
from harecon_sandbox.http11 import Request, Response
from harecon_sandbox.kit import AWSError, Clock, Later, Params, Result
from harecon_sandbox.protocols import Unreadable
from harecon_sandbox.routing import Route, Unroutable, route, scope_of
from harecon_sandbox.server import Cut, Outcome, Peer, Truncated
from harecon_sandbox.signature import Key, SignatureRefused, standing_key
from harecon_sandbox.turn import Turn

if TYPE_CHECKING:
    from harecon_sandbox.runtime import Runtime

SIGNATURE_KINDS = {
    "ExpiredToken": "expired",
    "IncompleteSignature": "incomplete",
    "PayloadMismatch": "payload",
    "SignatureDoesNotMatch": "signature",
    "Skewed": "skew",
    "UnrecognizedClient": "client",
}
DEFAULT_SKEW_SECONDS = 900.0


@dataclass(frozen=True)
class Defaults:
    """What every account starts with."""

    page: int | None = None
    scale: float = 1.0


@dataclass
class Visit:
    """One request on its walk."""

    request: Request
    peer: Peer
    route: Route
    account: Account
    key: Key | None
    call: Call
    params: Params | None
    unreadable: str | None

    @property
    def request_id(self) -> str:
        return self.call.request_id


class Sandbox:
    """Answers what comes over HTTP: AWS requests and the control interface."""

    def __init__(
        self, defaults: Defaults | None = None, engine: Engine | None = None, *, runtime: bool = False
    ) -> None:
        """With `runtime` functions run and events are delivered; `self.runtime` must then be begun and ended."""
        self._defaults = defaults or Defaults()
        self.engine = engine or Engine()
        self.accounts = Accounts(self._new_account)
        self._keys: dict[str, Key] = {}
        self.runtime: Runtime | None = None
        if runtime:
            from harecon_sandbox.runtime import bring_to_life

            self.runtime = bring_to_life(self.engine, self.accounts, self._learn_key)
        self._control = Control(self.engine, self.accounts, self._forget_keys)
        self._turn = Turn()

    def _new_account(self, number: str) -> Account:
        settings = {"page": self._defaults.page} if self._defaults.page else {}
        account = Account(number, clock=Clock(self._defaults.scale), settings=settings)
        if self.runtime is not None:
            self.runtime.adopt(account)
        return account

    def _learn_key(self, key: Key) -> None:
        self._keys[key.access_key] = key

    def _forget_keys(self, account: str) -> None:
        self._keys = {name: key for name, key in self._keys.items() if key.account != account}

    def handle(self, request: Request, peer: Peer) -> tuple[Outcome, float | None]:
        """The answer, and the server's time for its Date header."""
        if self.runtime is not None and (answered := self.runtime.answer_url(request)) is not None:
            return answered, None
        if request.path.startswith("/_sandbox/"):
            return self._control.answer(request), None
        try:
            found = route(request)
        except Unroutable as error:
            return self._refuse_unroutable(request, error), None
        with self._turn:
            visit = self._admit(request, peer, found)
            account = visit.account
            outcome = self._walk(visit)
            visit.call.ended = time.time()
            if self.runtime is not None and not found.read:
                self.runtime.agenda.wake(account)
            if isinstance(outcome, Response):
                visit.call.status = outcome.status
                if account.recorder is not None:
                    account.recorder.write(request, outcome)
            return outcome, time.time() + account.skew

    def _refuse_unroutable(self, request: Request, error: Unroutable) -> Response:
        scope = scope_of(request)
        key = self.key(scope.access_key) if scope else None
        account = self.accounts[key.account if key else DEFAULT_ACCOUNT]
        service = scope.service if scope else ""
        _violate(account, "route", service, "", [error.message], None, request)
        aws_error = AWSError(error.code, error.message, error.status)
        return answers.refuse("", error.protocol, aws_error, str(uuid.uuid4()))

    def key(self, access_key: str) -> Key | None:
        """Who signs with it."""
        return self._keys.get(access_key) or standing_key(access_key)

    def _admit(self, request: Request, peer: Peer, found: Route) -> Visit:
        """Finds the account and opens the journal."""
        key = self.key(found.scope.access_key) if found.scope else None
        params: Params | None = None
        unreadable: str | None = None
        try:
            params = protocols.parse(found, request)
        except Unreadable as error:
            unreadable = str(error)
        account = self.accounts[key.account if key else _account_of(params)]
        call = account.journal.open(
            service=found.service,
            operation=found.operation,
            params=params,
            connection=request.connection,
            request_id=str(uuid.uuid4()),
            region=found.region,
            access_key=found.scope.access_key if found.scope else "",
            principal=key.principal if key else "",
        )
        return Visit(request, peer, found, account, key, call, params, unreadable)

    def _walk(self, visit: Visit) -> Outcome:
        account, found = visit.account, visit.route
        latency = account.setting("latency_ms") / 1000
        if latency > 0:
            self._hang(visit, latency)
        struck = account.faults.strike(found.service, found.operation)
        if struck and struck[0] == "notfound" and not self._can_miss(visit):
            struck = None
        try:
            if struck is not None:
                visit.call.fault = struck[0]
                early = self._early_fault(visit, *struck)
                if early is not None:
                    return early
            self._check(visit)
            response = self._effect(visit)
        except AWSError as error:
            response = self._refuse(visit, error)
        except Exception as error:
            response = self._refuse(visit, self._crashed(visit, error))
        if isinstance(response, Response) and struck is not None and struck[0] in AFTER_EFFECT:
            return Truncated(response) if struck[0] == "truncated" else Cut.RESET
        return response

    @staticmethod
    def _can_miss(visit: Visit) -> bool:
        params = visit.params or {}
        return refusals.can_miss(
            visit.route.service, visit.route.operation, params
        ) and not visit.account.unseen.is_established(params)

    def _refuse(self, visit: Visit, error: AWSError) -> Response:
        visit.call.code = error.code
        return answers.refuse(visit.route.service, visit.route.protocol, error, visit.request_id)

    def _early_fault(self, visit: Visit, kind: str, fault: Fault) -> Outcome | None:
        """What a fault does before the effect; None when the call goes on."""
        found = visit.route
        match kind:
            case "reset":
                return Cut.RESET
            case "close":
                return Cut.CLOSE
            case "hang":
                self._hang(visit, fault.seconds)
                return Cut.CLOSE
            case "latency":
                self._hang(visit, fault.seconds or 1.0)
                return None
            case "lost" | "truncated":
                return None
            case "notfound":
                error = refusals.not_found(found.service, found.operation, _first_name(visit.params))
            case "skew":
                # From now on the server's clock differs, so that only a client that corrects its own gets through.
                visit.account.skew = fault.seconds or DEFAULT_SKEW_SECONDS
                error = AWSError("RequestTimeTooSkewed", refusals.MESSAGES["skew"], 403)
            case _:
                error = refusals.refusal(kind, found.service, found.protocol)
        raise AWSError(fault.code or error.code, fault.message or error.message, error.status)

    def _check(self, visit: Visit) -> None:
        """Signature first, as AWS does, then the contract."""
        found, account = visit.route, visit.account
        if found.scope is not None:
            try:
                signature.verify(visit.request, found.scope, visit.key, account.skew)
                if account.settings.get("global_scope"):
                    signature.check_region(found.scope, models.global_regions(found.service))
            except SignatureRefused as error:
                kind = SIGNATURE_KINDS[error.code]
                if not (kind == "skew" and account.skew) and kind != "expired":
                    self._note(visit, "signature", [error.message])
                raise refusals.refusal(kind, found.service, found.protocol, error.message) from None
        if visit.unreadable is not None or visit.params is None:
            findings = [visit.unreadable or "unreadable"]
        else:
            findings = contract.check(found, visit.request, visit.params)
        if findings:
            self._note(visit, "contract", findings)
            if account.settings.get("contract", "strict") == "strict" or visit.params is None:
                raise AWSError("ContractViolation", "; ".join(findings), 400)

    def _effect(self, visit: Visit) -> Outcome:
        account, found, call = visit.account, visit.route, visit.call
        assert visit.params is not None
        if not self._may_go_on(visit, after=False):
            return Cut.CLOSE
        # Hooks may change what they get; the journal shows what came.
        params = copy.deepcopy(visit.params)
        try:
            with self.engine.lock:
                if account.closed:
                    return Cut.CLOSE
                account.clock.forget_expected()
                self._gate(visit, params)
                result = self._run(visit, params)
        except Later as later:
            with self._turn.passed_on():
                result = later.wait()
            if account.closed:
                return Cut.CLOSE
        self._learn_keys(visit, params, result)
        call.effect = True
        response = answers.answer(found, result, visit.request_id)
        if not self._may_go_on(visit, after=True):
            return Cut.CLOSE
        return response

    def _hang(self, visit: Visit, seconds: float | None) -> None:
        with self._turn.passed_on():
            visit.account.holds.hang(visit.peer, seconds)

    def _may_go_on(self, visit: Visit, after: bool) -> bool:
        """Waits where the call is to be held; whether its client is still there then."""
        holds, found = visit.account.holds, visit.route
        hold = holds.claim(found.operation, found.read, after)
        if hold is None:
            return True
        with self._turn.passed_on():
            return holds.keep(hold, visit.call.n, {"service": found.service, "operation": found.operation}, visit.peer)

    def _gate(self, visit: Visit, params: Params) -> None:
        """Refuses a reference to what is not seen yet."""
        found, account = visit.route, visit.account
        if not found.read and not (account.setting("eventual_writes") or account.setting("eventual_elsewhere")):
            return
        unseen = account.unseen.missing(found.service, params, account.clock)
        if unseen is not None:
            account.clock.settle()
            raise refusals.not_seen(found.service, found.operation, unseen)

    def _run(self, visit: Visit, params: Params) -> Result:
        account, found = visit.account, visit.route
        access_key = visit.key.access_key if visit.key else ""
        context = self.engine.context(
            account, found.service, found.operation, found.region, visit.request_id, access_key
        )
        try:
            given = pager.shrink(found.service, found.operation, params, account.settings)
            result = self.engine.run(context, given)
            result = account.unseen.filter(found.service, found.operation, result, account.clock)
            result = pager.cut(found.service, found.operation, params, result, account.tokens, account.settings)
        finally:
            if found.read:
                account.clock.settle()
        delay = Delay(account.setting("eventual"), account.setting("eventual_elsewhere"))
        account.unseen.created(found.service, found.operation, params, result, account.clock.now(), delay)
        return result

    def _crashed(self, visit: Visit, error: Exception) -> AWSError:
        """A fault of the sandbox itself: never silent, so that it is mended and not retried away."""
        trace = traceback.format_exception(error)
        sys.stderr.write("".join(trace))
        self._note(visit, "crash", ["".join(trace[-3:])])
        return AWSError("InternalFailure", f"the sandbox failed: {type(error).__name__}: {error}", 500)

    def _learn_keys(self, visit: Visit, params: Params, result: Result) -> None:
        """Keys that STS and IAM hand out sign the requests that follow."""
        issued: Mapping[str, Any] | None = None
        if visit.route.service == "sts":
            issued = result.get("Credentials")
        elif (visit.route.service, visit.route.operation) == ("iam", "CreateAccessKey"):
            issued = result.get("AccessKey")
        if not issued:
            return
        expires = issued.get("Expiration")
        self._learn_key(
            Key(
                access_key=issued["AccessKeyId"],
                secret=issued["SecretAccessKey"],
                account=_account_of(params, visit.account.number),
                token=issued.get("SessionToken"),
                expires=expires.timestamp() if isinstance(expires, datetime) else None,
                principal=(result.get("AssumedRoleUser") or {}).get("Arn", ""),
            )
        )

    def _note(self, visit: Visit, kind: str, findings: list[str]) -> None:
        found = visit.route
        _violate(visit.account, kind, found.service, found.operation, findings, visit.call.n, visit.request)


def _violate(
    account: Account, kind: str, service: str, operation: str, findings: list[str], n: int | None, request: Request
) -> None:
    shown = f"{request.method} {request.target}\n{request.body[:2000].decode('latin-1')}"
    account.violations.append(Violation(kind, service, operation, findings, n, shown))


def _account_of(params: Params | None, otherwise: str = DEFAULT_ACCOUNT) -> str:
    """The account of the role that a request without a known key wants to assume."""
    parts = str((params or {}).get("RoleArn", "")).split(":")
    return parts[4] if len(parts) > 5 and len(parts[4]) == 12 else otherwise


def _first_name(params: Params | None) -> str:
    return next((value for value in (params or {}).values() if isinstance(value, str)), "")
