# SPDX-License-Identifier: Apache-2.0
"""Sees a failure through: looks, decides, acts, and looks again, until the writer writes or the time is used up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from coordinator.memory import Memory, probe_fails
from coordinator.starting import Started, start
from coordinator.telling import Teller, measure_failover, story, timeline
from shared.audit import Audit
from shared.cluster import Cluster, look
from shared.decisions import Action, Facts, Reader, Settings, Verdict, decide, describe
from shared.tables import Item, Lease
from shared.telemetry import note
from shared.witness import Sight, Witness

PAUSE_SECONDS = 2.0

# The probe's word is asked for anew before it is too old to count (`memory.FRESH_SECONDS`).
ASK_EVERY_SECONDS = 10.0

# A start of the function, and a round with all of its attempts: who says nothing for so long is silent.
ANSWER_SECONDS = 10.0

# Of the function's time, for the last round and its messages. Whoever is told next goes on.
RESERVE_SECONDS = 25.0


@dataclass
class Watch:
    """One failure, by who holds the lease."""

    memory: Memory
    lease: Lease
    witness: Witness
    rds: Any
    cluster: str
    settings: Settings
    failover_within: float
    teller: Teller
    audit: Audit
    # Wakes the drainer for this writer.
    drain: Callable[[str], None]
    # Has the probe look and tell what it sees, be it good or bad.
    ask_probe: Callable[[], None]
    now: Callable[[], float]
    sleep: Callable[[float], None]
    name: str
    _lags: dict[str, float | None] = field(default_factory=dict, init=False)
    _last: Verdict | None = field(default=None, init=False)
    _decisions: int = field(default=0, init=False)
    # When this call asked the probe for the first time and for the last.
    _first_asked: float | None = field(default=None, init=False)
    _asked: float = field(default=0.0, init=False)

    def look(self) -> Sight:
        return self.witness.look()

    def describe(self) -> Cluster | None:
        """None when RDS does not answer: then nothing is done."""
        try:
            return look(self.rds, self.cluster)
        except (BotoCoreError, ClientError) as error:
            note("RDS does not answer", error=str(error))
            return None

    def run(self, outage: Item, time_left: Callable[[], float]) -> Verdict:
        """The last verdict. `time_left` is in seconds, until the function is ended."""
        since = outage["since"]
        while True:
            current = self.memory.outage(self.now())
            if current is None or current["since"] != since:
                return Verdict(Action.DONE, "another call saw the end of it")
            self._ask_probe(current)
            facts = self.facts(current, self.look(), self.describe())
            verdict = decide(facts, self.settings)
            self._record(facts, verdict)
            if verdict.action is Action.DONE:
                self._end(current, facts, verdict)
                return verdict
            self._act(current, facts, verdict)
            if verdict.action is Action.DRAIN:
                continue
            if time_left() < RESERVE_SECONDS:
                note("time is used up", since=since, verdict=verdict.action, reason=verdict.reason)
                return verdict
            self.audit.flush()
            self.sleep(PAUSE_SECONDS)
            if not self.lease.renew():
                note("lease is lost", since=since)
                return verdict

    def _ask_probe(self, outage: Item) -> None:
        """Unless it says by itself, every round, that the writer fails."""
        now = self.now()
        if probe_fails(outage, now) or now - self._asked < ASK_EVERY_SECONDS:
            return
        self._first_asked, self._asked = self._first_asked or now, now
        try:
            self.ask_probe()
        except (BotoCoreError, ClientError) as error:
            note("probe could not be asked", error=str(error))

    def facts(self, outage: Item, sight: Sight, cluster: Cluster | None) -> Facts:
        now, failed = self.now(), outage.get("writer")
        readers = self._readers(cluster, failed, outage["since"], outage.get("answers", {})) if cluster else ()
        fails = probe_fails(outage, now)
        last, freeze, drill = self.memory.last_failover(), self.memory.frozen_until(), self.memory.hold()
        return Facts(
            now=now,
            since=outage["since"],
            failed_writer=failed,
            failed_zone=outage.get("zone"),
            cluster_status=cluster.status if cluster else None,
            writer=cluster.writer.id if cluster and cluster.writer else None,
            readers=readers,
            writes=sight.writes,
            served_by=sight.served_by,
            probe_fails=fails,
            probe_was_asked=self._first_asked is not None and now - self._first_asked >= ANSWER_SECONDS,
            drained="drained" in outage,
            exhausted=sight.exhausted or (outage.get("exhausted") if fails else None),
            called="called" in outage,
            outcome=outage.get("outcome"),
            refused=tuple(outage.get("refused", ())),
            # Also one about this very failure: it may have been forgotten in between, and what was called with it.
            last_failover=last["at"] if last else None,
            started_today=self.memory.started(now),
            frozen_until=freeze,
            drill_until=drill,
        )

    def _readers(
        self, cluster: Cluster, failed: str | None, since: float, answers: dict[str, bool]
    ) -> tuple[Reader, ...]:
        readers = [member for member in cluster.members if member.id != failed]
        for member in readers:
            if member.id not in self._lags:
                self._lags[member.id] = self.memory.lag(member.id, since)
        return tuple(
            Reader(m.id, m.status, m.tier, m.zone, self._lags[m.id], answers.get(m.id)) for m in readers
        )

    def _record(self, facts: Facts, verdict: Verdict) -> None:
        inputs = asdict(facts)
        told = {"verdict": verdict.action, "reason": verdict.reason, "target": verdict.target, "inputs": inputs}
        if verdict == self._last:
            note("decision", **told)
        else:
            self.audit.record("decision", **told)
            self._decisions += 1
            name = f"{self.name}-{self._decisions}"
            self.memory.decided(facts.now, name, inputs, verdict.action.value, verdict.reason)
        self._last = verdict

    # MARK: What follows from a verdict

    def _act(self, outage: Item, facts: Facts, verdict: Verdict) -> None:
        since, now = outage["since"], facts.now
        self.memory.saw(now, since)
        if facts.writer and facts.failed_writer and facts.writer != facts.failed_writer:
            self.memory.reached(since, "promoted", now)
        match verdict.action:
            case Action.DRAIN:
                self.memory.reached(since, "decided", now)
                self.memory.drain(since, now)
                self._drain(facts)
            case Action.FAIL_OVER:
                self._fail_over(facts, verdict)
                outage = self.memory.outage(self.now()) or outage
            case _:
                pass
        # Between the drain and the failover nobody waits for a topic.
        if verdict.action is not Action.DRAIN:
            self._page(outage, facts, verdict)

    def _page(self, outage: Item, facts: Facts, verdict: Verdict) -> None:
        """Each page once for this failure, and marked as told when it is: told twice is better than never.

        What cannot be sent is sent by the next round. One that fails ends the round's: a topic that hangs costs the
        watch the time of one.
        """
        for word, subject in self._pages(outage, facts, verdict):
            if word in outage["told"]:
                continue
            if not self.teller.page(subject, f"{verdict.reason}\n{story(outage)}\nreaders: {describe(facts.readers)}"):
                return
            self.memory.told(outage["since"], word)

    def _pages(self, outage: Item, facts: Facts, verdict: Verdict) -> Iterator[tuple[str, str]]:
        """What is to be told by now: a word that stands for it, and the subject."""
        match outage.get("outcome"):
            case Started.YES | Started.ANOTHER | Started.IN_DOUBT:
                to = outage.get("target") or "whom Aurora chooses"
                yield "called", f"fails over from {facts.failed_writer} to {to}"
            case Started.REFUSED | Started.TARGET_REFUSED:
                yield "called", "RDS refuses the failover"
            case _:
                pass
        if verdict.action is Action.REFUSE:
            yield verdict.reason, f"the writer fails and nothing is done: {verdict.reason}"
        if facts.now - facts.since > self.failover_within:
            yield "overdue", f"not over after {self.failover_within:g} s: {verdict.reason}"

    def _drain(self, facts: Facts) -> None:
        try:
            if facts.failed_writer:
                self.drain(facts.failed_writer)
        except (BotoCoreError, ClientError) as error:
            note("drainer could not be woken", error=str(error))

    def _fail_over(self, facts: Facts, verdict: Verdict) -> None:
        since, target, writer = facts.since, verdict.target, facts.failed_writer
        if writer is None or not self.lease.renew():
            return
        spent = self.now()
        if not self.memory.spend(spent, self.settings.max_per_day):
            return
        if not self.memory.claim(since, self.now(), target):
            return
        outcome = start(self.rds, self.cluster, writer, target)
        self.audit.record("failover called", writer=writer, target=target, outcome=outcome)
        match outcome:
            case Started.TARGET_REFUSED if target:
                self.memory.unclaim(since, [target])
                self.memory.refund(spent)
            case Started.OVERTAKEN | Started.NOT_TAKEN:
                self.memory.unclaim(since, [])
                self.memory.refund(spent)
            case Started.REFUSED | Started.TARGET_REFUSED:
                self.memory.answered(since, outcome)
            case Started.YES | Started.ANOTHER | Started.IN_DOUBT:
                self.memory.reached(since, "called", self.now())
                self.memory.note_failover(self.now(), target, "harecon", apart=0)
                self.memory.answered(since, outcome)

    def _end(self, outage: Item, facts: Facts, verdict: Verdict) -> None:
        writer = facts.served_by or facts.writer
        is_moved = writer is not None and writer != facts.failed_writer
        if is_moved:
            self.memory.reached(outage["since"], "promoted", facts.now)
        self.memory.reached(outage["since"], "writable", facts.now)
        final = self.memory.outage(facts.now) or outage
        seconds = facts.now - outage["since"]
        if is_moved:
            # Before it is closed: whoever dies in between does it again, and nothing is done twice.
            by = "harecon" if facts.called and not facts.is_refused else "Aurora"
            self.memory.note_writer(
                str(writer), next((r.zone for r in facts.readers if r.id == writer), None), facts.now
            )
            self.memory.note_failover(facts.now, writer, by, apart=self.failover_within)
            told = f"{verdict.reason}; {by} failed it over\n{story(final)}"
            message = {"to": "page", "subject": f"{writer} writes after {seconds:.0f} s", "text": told}
        else:
            told = f"{verdict.reason}\n{story(final)}"
            message = {"to": "warn", "subject": f"the writer writes again after {seconds:.0f} s", "text": told}
        if not self.memory.close(final, facts.now, message):
            return
        self.audit.record(
            "failure is over",
            reason=verdict.reason,
            writer=writer,
            before=facts.failed_writer,
            called=facts.called,
            seconds=round(seconds, 3),
            phases=timeline(final),
        )
        if is_moved:
            measure_failover(final)
        self.pay(self.memory.last_outage())

    def pay(self, last: Item | None) -> None:
        """Sends what is owed of the last failure: one that could not be sent is sent by the next call, whatever it is
        for. To keep the failure open for its message would make one of it and the next."""
        if not last or "owed" not in last:
            return
        send = self.teller.page if last["owed"]["to"] == "page" else self.teller.warn
        if send(last["owed"]["subject"], last["owed"]["text"]):
            self.memory.paid(last["since"])
