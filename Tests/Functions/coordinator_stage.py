# SPDX-License-Identifier: Apache-2.0
"""The coordinator on a world in small, called as Lambda calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from sys import exception
from typing import Any

from audit_double import GROUP, FakeLogs
from coordinator.drills import Drills
from coordinator.events import Event, Kind
from coordinator.handler import LEASE_SECONDS, Coordinator
from coordinator.memory import Memory
from coordinator.telling import Teller
from coordinator.watch import Watch
from service_models import check_request
from shared.audit import Audit
from shared.data_api import Database
from shared.decisions import Mode, Settings
from shared.tables import Lease
from shared.witness import Witness
from world import CLUSTER_ARN, SECRET_ARN, FakeTable, World, error

SETTINGS = Settings(Mode.AUTOMATIC, after=20, max_lag=1, other_zone=True, cooldown=900, max_per_day=3)
WITHIN = 120.0

HINT = Event(Kind.HINT, "RDS-EVENT-0073: Started cross AZ failover")


@dataclass
class Fis:
    """Templates by their ids."""

    templates: dict[str, dict[str, Any]]

    def get_experiment_template(self, id: str) -> dict[str, Any]:
        check_request("fis", "GetExperimentTemplate", {"id": id})
        # The role sees the templates of its stack alone.
        if id == "denied":
            raise error("AccessDeniedException", status=403)
        if id not in self.templates:
            raise error("ResourceNotFoundException", status=404)
        return {"experimentTemplate": self.templates[id]}


class Killed(Exception):
    """What Lambda does to a call: nothing of it runs any more."""


@dataclass
class MortalLease(Lease):
    """A lease whose killed holder does not give it back."""

    is_dead: Callable[[], bool] = lambda: False

    def release(self) -> None:
        if not self.is_dead():
            super().release()


class Stage:
    """The coordinator on a world, called as Lambda calls it: each call with a name and a time limit of its own."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.world = World()
        self.decisions, self.leases = FakeTable(), FakeTable()
        self.settings = settings
        drill = {"tags": {"harecon:stack": "payments"}, "actions": {"one": {"actionId": "aws:rds:failover-db-cluster"}}}
        zone = {**drill, "actions": {"one": {"actionId": "aws:network:disrupt-connectivity"}}}
        self.fis = Fis({"failover": drill, "zone": zone, "foreign": {**drill, "tags": {"harecon:stack": "other"}}})
        self.logs = FakeLogs()
        self.calls = 0
        # What the probe does when it is asked.
        self.asked: Callable[[], None] = lambda: None
        self.memory = Memory(self.decisions)
        self.memory.note_writer("a", "z1", self.world.now())

    def handle(self, event: Event, limit: float = 300.0, name: str | None = None) -> str:
        self.calls += 1
        name = name or f"call-{self.calls}"
        world = self.world
        teller = Teller(world, "payments", "arn:topic-critical", "arn:topic-warning")
        audit = Audit(self.logs, GROUP, "coordinator", world.now)
        watch = Watch(
            memory=self.memory,
            lease=MortalLease(
                self.leases, "failover", name, LEASE_SECONDS, world.now, is_dead=lambda: isinstance(exception(), Killed)
            ),
            witness=Witness(Database(world, CLUSTER_ARN, SECRET_ARN, "payments"), "coordinator"),
            rds=world,
            cluster="payments",
            settings=self.settings,
            failover_within=WITHIN,
            teller=teller,
            audit=audit,
            drain=world.drained.append,
            ask_probe=lambda: self.asked(),
            now=world.now,
            sleep=world.sleep,
            name=name,
        )
        drills = Drills(self.fis, "payments", self.memory, teller, audit, WITHIN, world.now)
        end = world.now() + limit
        return Coordinator(watch, drills, world.now).handle(event, lambda: end - world.now())

    def down(self, since: float | None = None) -> Event:
        now = self.world.now()
        answers = (("a", False), ("b", True), ("c", True))
        full = "53300" if self.world.works and now < self.world.full_until else None
        return Event(Kind.DOWN, "probe: down", now, now if since is None else since, answers, full)

    def up(self, since: float) -> Event:
        return Event(Kind.UP, "probe: up", self.world.now(), since)

    def probe(self, rounds: int = 60, every: float = 10.0) -> None:
        """The probe's rounds from now on, as the world is then."""
        failing: list[float] = []

        def once() -> None:
            now = self.world.now()
            if not self.world.works:
                failing.append(now)
                self.handle(self.down(failing[0]))
            elif failing:
                since = failing[0]
                failing.clear()
                self.handle(self.up(since))

        for number in range(rounds):
            self.world.at(number * every, once)

    def run_out(self, seconds: float = 600) -> None:
        """The writer fails, and nothing else happens than that the probe tells of it."""
        self.world.crash()
        self.probe(int(seconds / 10))
        self.world.sleep(seconds)

    def subjects(self, topic: str) -> list[str]:
        return [subject for to, subject in self.world.sent if to == topic]


def metrics(text: str) -> dict[str, list[float]]:
    """The metrics in the log, by name and dimension."""
    found: dict[str, list[float]] = {}
    for line in map(json.loads, text.splitlines()):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in directive["Metrics"]:
                labels = [line[name] for dimensions in directive["Dimensions"] for name in dimensions]
                found.setdefault("/".join([metric["Name"], *labels]), []).append(line[metric["Name"]])
    return found
