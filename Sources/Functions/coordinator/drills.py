# SPDX-License-Identifier: Apache-2.0
"""Drills: whose experiment it is, that it is running, and whether the stack stood it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from coordinator.events import Event
from coordinator.memory import Memory
from coordinator.telling import Teller, timeline
from shared.audit import Audit
from shared.metrics import DRILL_RUNNING, DRILL_VERDICT
from shared.tables import Item
from shared.telemetry import measure, note

STACK_TAG = "harecon:stack"

FAILOVER_ACTION = "aws:rds:failover-db-cluster"

# Events of experiments come at best effort: a drill whose end nobody told of is over by then.
LONGEST_SECONDS = 1800.0


@dataclass(frozen=True)
class Drills:
    fis: Any
    stack: str
    memory: Memory
    teller: Teller
    audit: Audit
    failover_within: float
    now: Callable[[], float]

    def begin(self, event: Event) -> None:
        """Notes a drill of this stack. One that fails over by itself is not acted on beside it."""
        template = self._template(event)
        if template is None:
            return
        began = min(event.at or self.now(), self.now())
        actions = [action.get("actionId") for action in template.get("actions", {}).values()]
        hold = began + self.failover_within if FAILOVER_ACTION in actions else None
        if not self.memory.begin_drill(event.experiment, began, began + LONGEST_SECONDS, hold):
            note("drill has ended before", experiment=event.experiment)
            return
        measure({DRILL_RUNNING: 1})
        self.audit.record("drill begins", experiment=event.experiment, actions=actions, hold=hold)

    def end(self, event: Event) -> bool | None:
        """Whether the stack stood it; None when it is no drill of this stack, or was judged before."""
        drill = self.memory.end_drill(event.experiment, self.now())
        if drill is None:
            return None
        missed = self._missed(event, drill)
        measure({DRILL_VERDICT: 0 if missed else 1})
        self.audit.record("drill ends", experiment=event.experiment, status=event.status, missed=missed)
        if missed:
            self.teller.warn(f"drill {event.experiment} missed its objectives", "\n".join(missed))
        else:
            self.teller.warn(f"drill {event.experiment} passed", f"the experiment is {event.status}")
        return not missed

    def _missed(self, event: Event, drill: Item) -> list[str]:
        """What was not as it should be. That FIS completed something does not say that clients could write."""
        missed = [] if event.status == "completed" else [f"the experiment is {event.status}"]
        if self.memory.outage(self.now()) is not None:
            missed.append("the writer does not write yet")
        outage = self.memory.last_outage()
        if outage and outage["ended"] >= drill["began"]:
            seconds = outage["ended"] - outage["since"]
            if seconds > self.failover_within:
                missed.append(f"nobody could write for {seconds:.0f} s, more than {self.failover_within:g} s")
            note("drill's failure", seconds=seconds, phases=timeline(outage))
        return missed

    def _template(self, event: Event) -> dict[str, Any] | None:
        """The experiment's template, None when it is not this stack's: the account may run others."""
        try:
            found: dict[str, Any] = self.fis.get_experiment_template(id=event.template)["experimentTemplate"]
        except (BotoCoreError, ClientError) as error:
            note("experiment not known", experiment=event.experiment, error=str(error))
            return None
        return found if found.get("tags", {}).get(STACK_TAG) == self.stack else None
