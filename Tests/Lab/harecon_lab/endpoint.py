# SPDX-License-Identifier: Apache-2.0
"""An HTTP server for some operations of one AWS service, with the sandbox's strictness: signature, then contract."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from harecon_sandbox import answers, contract, protocols, signature
from harecon_sandbox.http11 import Request, Response
from harecon_sandbox.kit import AWSError, Params, Result
from harecon_sandbox.routing import Route, Unroutable, route
from harecon_sandbox.server import Peer, Server
from harecon_sandbox.signature import Key, standing_key

Operation = Callable[[Params], Result]


class Endpoint:
    """Runs `operations` side by side. `key_of` says which key signs for an access key id.

    `longer` are members that the service takes at any length, whatever its model says.
    """

    def __init__(
        self, service: str, operations: Mapping[str, Operation], largest: int,
        key_of: Callable[[str], Key | None] = standing_key, longer: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self._service = service
        self._operations = operations
        self._largest = largest
        self._key_of = key_of
        self._longer = longer
        # What came and broke the contract: tests assert that there is nothing.
        self.violations: list[str] = []
        self._server = Server(self._handle)

    @property
    def url(self) -> str:
        return self._server.endpoint

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def _handle(self, request: Request, peer: Peer) -> tuple[Response, float | None]:
        request_id = str(uuid.uuid4())
        try:
            found = route(request)
        except Unroutable as error:
            self.violations.append(error.message)
            refusal = AWSError(error.code, error.message, error.status)
            return answers.refuse("", error.protocol, refusal, request_id), None
        try:
            params = self._admit(found, request)
            return answers.answer(found, self._operations[found.operation](params), request_id), None
        except AWSError as error:
            return answers.refuse(found.service, found.protocol, error, request_id), None

    def _admit(self, found: Route, request: Request) -> Params:
        if len(request.body) > self._largest:
            raise AWSError("RequestEntityTooLargeException", f"the request has over {self._largest} bytes", 413)
        if found.scope is None:
            raise AWSError("MissingAuthenticationTokenException", "the request is not signed", 403)
        try:
            signature.verify(request, found.scope, self._key_of(found.scope.access_key))
        except signature.SignatureRefused as error:
            self.violations.append(f"{found.operation}: {error.message}")
            raise AWSError("InvalidSignatureException", error.message, 403) from None
        if found.service != self._service or found.operation not in self._operations:
            raise self._violation(found, [f"{found.service}.{found.operation} is not served here"])
        try:
            params = protocols.parse(found, request)
        except protocols.Unreadable as error:
            raise self._violation(found, [str(error)]) from None
        if findings := [each for each in contract.check(found, request, params) if not self._is_allowed(each)]:
            raise self._violation(found, findings)
        return params

    def _is_allowed(self, finding: str) -> bool:
        member, _, what = finding.partition(": ")
        return member in self._longer and "is over the maximum" in what

    def _violation(self, found: Route, findings: list[str]) -> AWSError:
        self.violations += [f"{found.operation}: {finding}" for finding in findings]
        return AWSError("ContractViolation", "; ".join(findings), 400)
