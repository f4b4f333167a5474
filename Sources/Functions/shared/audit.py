# SPDX-License-Identifier: Apache-2.0
"""The stack's audit log: what its functions decided and did, a line of JSON each, kept for as long as the spec says.

The same is in each function's own log among everything else; here it stands together, for who asks afterwards.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.clients import client
from shared.metrics import AUDIT_FAILURES
from shared.telemetry import measure, note


@dataclass
class Audit:
    """Lines wait for `flush`, so that nothing that has to be done soon waits for a log.

    Each function writes to streams of its own, one for each day, which it makes; it makes no group. What cannot be
    written stops nobody, and an alarm counts it.
    """

    logs: Any
    group: str
    # As the stack calls it: its role may write to streams that begin with it.
    function: str
    now: Callable[[], float] = time.time
    _lines: list[dict[str, Any]] = field(default_factory=list, init=False)

    @staticmethod
    def of(environment: Mapping[str, str], function: str) -> Audit:
        return Audit(client("logs"), environment["AUDIT_GROUP"], function)

    def record(self, what: str, **facts: Any) -> None:
        """One line, here and in the function's own log. Never give it a password."""
        note(what, **facts)
        moment = self.now()
        at = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "function": self.function, "what": what, **facts}
        self._lines.append({"timestamp": int(moment * 1000), "message": json.dumps(line, default=str)})

    def flush(self) -> None:
        """Writes what waits, and raises nothing that AWS may answer."""
        # CloudWatch takes lines in the order of their times alone, which a clock that was set right may have broken.
        lines, self._lines = sorted(self._lines, key=lambda line: line["timestamp"]), []
        if not lines:
            return
        try:
            lost = self._put(lines)
        except (BotoCoreError, ClientError) as error:
            note("not audited", lines=len(lines), error=str(error))
            lost = len(lines)
        if lost:
            measure({AUDIT_FAILURES: lost})

    def _put(self, lines: list[dict[str, Any]]) -> int:
        """How many of them CloudWatch did not take."""
        day = datetime.fromtimestamp(lines[0]["timestamp"] / 1000, UTC).date().isoformat()
        place = {"logGroupName": self.group, "logStreamName": f"{self.function}/{day}"}
        try:
            answer = self.logs.put_log_events(**place, logEvents=lines)
        except self.logs.exceptions.ResourceNotFoundException:
            self._make_stream(place)
            answer = self.logs.put_log_events(**place, logEvents=lines)
        return _rejected(answer.get("rejectedLogEventsInfo", {}), len(lines))

    def _make_stream(self, place: dict[str, str]) -> None:
        try:
            self.logs.create_log_stream(**place)
        except self.logs.exceptions.ResourceAlreadyExistsException:
            # Another call of the function was faster.
            pass


def _rejected(answer: Mapping[str, int], count: int) -> int:
    """Of lines in the order of their times: those before an index are too old, those from another one on too new."""
    old = max(answer.get("tooOldLogEventEndIndex", 0), answer.get("expiredLogEventEndIndex", 0))
    return old + count - answer.get("tooNewLogEventStartIndex", count)
