# SPDX-License-Identifier: Apache-2.0
"""What people and metrics are told of a failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.metrics import FAILOVER_SECONDS, FAILOVERS
from shared.tables import Item
from shared.telemetry import measure, note

# In the order in which a failover goes through them.
PHASES = ("detected", "decided", "called", "promoted", "writable")

# SNS takes no longer subject.
LONGEST_SUBJECT = 100


@dataclass(frozen=True)
class Teller:
    """Publishes to the stack's topics. What cannot be published is in the log; each says whether it was sent."""

    sns: Any
    stack: str
    critical: str
    warning: str

    def page(self, subject: str, text: str) -> bool:
        """For who is on call."""
        return self._publish(self.critical, subject, text)

    def warn(self, subject: str, text: str) -> bool:
        """For office hours."""
        return self._publish(self.warning, subject, text)

    def _publish(self, topic: str, subject: str, text: str) -> bool:
        subject = f"{self.stack}: {subject}"[:LONGEST_SUBJECT]
        note("told", topic=topic.rsplit(":", 1)[-1], subject=subject, text=text)
        try:
            self.sns.publish(TopicArn=topic, Subject=subject, Message=text)
        except (BotoCoreError, ClientError) as error:
            note("message not sent", subject=subject, error=str(error))
            return False
        return True


def timeline(outage: Item) -> dict[str, float]:
    """Seconds from the failure to each phase that was reached."""
    phases: Mapping[str, float] = outage.get("phases", {})
    return {phase: round(phases[phase] - outage["since"], 3) for phase in PHASES if phase in phases}


def story(outage: Item) -> str:
    """The failure in a few lines."""
    began = datetime.fromtimestamp(outage["since"], UTC).isoformat(timespec="seconds")
    lines = [f"failing since {began}"] + [f"{phase} after {at:.1f} s" for phase, at in timeline(outage).items()]
    return "\n".join(lines)


def measure_failover(outage: Item) -> None:
    """Metrics of a failover that is over."""
    note("failed over", writer=outage.get("writer"), target=outage.get("target"), phases=timeline(outage))
    measure({FAILOVERS: 1})
    for phase, seconds in timeline(outage).items():
        measure({FAILOVER_SECONDS: seconds}, of=phase)
