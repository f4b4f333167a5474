# SPDX-License-Identifier: Apache-2.0
"""CloudWatch Logs as far as the audit log needs it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from service_models import check_request
from shared.audit import Audit

GROUP = "/harecon/payments/audit"


@dataclass
class FakeLogs:
    """One group, and what was written to its streams."""

    groups: set[str] = field(default_factory=lambda: {GROUP})
    streams: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # Met by the next calls, whichever they are.
    faults: list[Exception] = field(default_factory=list)
    # What the next answers say of lines that were not taken.
    rejections: list[dict[str, int]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    class exceptions:  # noqa: N801: as boto3's clients have it
        class ResourceNotFoundException(ClientError):
            pass

        class ResourceAlreadyExistsException(ClientError):
            pass

    def create_log_stream(self, **params: Any) -> None:
        self._meet("CreateLogStream", params)
        if params["logStreamName"] in self.streams:
            raise self._refusal("ResourceAlreadyExistsException")
        self.streams[params["logStreamName"]] = []

    def put_log_events(self, **params: Any) -> dict[str, Any]:
        self._meet("PutLogEvents", params)
        if params["logStreamName"] not in self.streams:
            raise self._refusal("ResourceNotFoundException")
        times = [event["timestamp"] for event in params["logEvents"]]
        assert times and times == sorted(times), "CloudWatch refuses lines that are out of order"
        self.streams[params["logStreamName"]] += params["logEvents"]
        return {"rejectedLogEventsInfo": self.rejections.pop(0)} if self.rejections else {}

    def _meet(self, operation: str, params: dict[str, Any]) -> None:
        check_request("logs", operation, params)
        self.calls.append(operation)
        if self.faults:
            raise self.faults.pop(0)
        if params["logGroupName"] not in self.groups:
            raise self._refusal("ResourceNotFoundException")

    def _refusal(self, code: str) -> ClientError:
        kind: type[ClientError] = getattr(self.exceptions, code)
        return kind({"Error": {"Code": code, "Message": ""}}, "Operation")

    def audit(self, function: str) -> Audit:
        return Audit(self, GROUP, function)

    def lines(self, function: str) -> list[dict[str, Any]]:
        """What was written, read, without when."""
        written = [
            json.loads(event["message"])
            for stream, events in sorted(self.streams.items())
            if stream.startswith(f"{function}/")
            for event in events
        ]
        assert all(line.pop("at") and line.pop("function") == function for line in written)
        return written
