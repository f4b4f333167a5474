# SPDX-License-Identifier: Apache-2.0
"""RDS as far as it fails over: the sandbox's `FailoverDBCluster` promotes a server that runs, and tells of it.

Aurora also acts by itself. So may this, after a time that the lab chooses, and whoever calls meanwhile is refused.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from harecon_sandbox.kit import Context, Timeline
from harecon_sandbox.sandbox import Sandbox
from harecon_sandbox.services.rds.databases import DATABASES
from harecon_sandbox.services.rds.lifecycle import current
from harecon_sandbox.services.rds.state import Cluster as Described
from harecon_sandbox.services.rds.state import State

from harecon_lab.cluster import Cluster, Failover, Refused
from harecon_lab.data_api import DataApi
from harecon_lab.installed import wait_for

OWN = "own-failover"


@dataclass(frozen=True)
class Done:
    """One failover. `by` is who asked for it, `began` and `promoted` are seconds by the clock on the wall."""

    by: str
    began: float
    promoted: float
    failover: Failover


@dataclass
class Service:
    """Runs the databases of one cluster that the sandbox describes.

    `delay` seconds pass before it promotes, as they may on AWS.
    """

    sandbox: Sandbox
    account: str
    region: str
    identifier: str
    cluster: Cluster
    delay: float = 0.0
    data_api: DataApi | None = None
    done: list[Done] = field(default_factory=list, init=False)
    # What went wrong here, which is never the stack's fault.
    failures: list[str] = field(default_factory=list, init=False)
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)
    _threads: list[threading.Thread] = field(default_factory=list, init=False)

    def attach(self) -> None:
        """From now on the cluster's roles and endpoints are those of the servers."""
        with self.sandbox.engine.lock:
            _, described = self._described()
            described.writer = self.cluster.writer.name
            DATABASES[described.arn] = self

    def detach(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        with self.sandbox.engine.lock:
            _, described = self._described()
            DATABASES.pop(described.arn, None)

    @property
    def arn(self) -> str:
        with self.sandbox.engine.lock:
            return self._described()[1].arn

    def await_available(self, seconds: float = 120.0) -> None:
        """Until no failover is under way, and who lost its role is back."""

        def is_available() -> bool:
            with self.sandbox.engine.lock:
                return self._described()[1].timeline.status() == "available"

        wait_for(is_available, "the cluster to be available", seconds)

    def await_own(self) -> None:
        """Until none of the failovers that the service was to begin by itself is still to come."""
        for thread in self._threads:
            if thread.name == OWN:
                thread.join()

    # MARK: Databases

    def address(self, member: str) -> tuple[str, int] | None:
        node = self.cluster.nodes.get(member)
        return ("127.0.0.1", node.port) if node else None

    def fail_over(self, target: str | None) -> None:
        """Called by the sandbox, whose engine is locked, when the cluster is no longer `available`."""
        self._begin(target, "the caller")

    def act_alone(self, after: float) -> None:
        """Fails over by itself so many seconds from now, unless somebody was first."""

        before = len(self.done)

        def act() -> None:
            if self._stopped.wait(after):
                return
            with self.sandbox.engine.lock:
                ctx = self._context()
                _, described = self._described()
                # Available is also who was failed over meanwhile, and is whole again.
                if described.timeline.status() != "available" or len(self.done) > before:
                    return
                described.timeline = Timeline(ctx.clock, [("failing-over", None)])
                self._begin(None, "the service")

        self._spawn(act, OWN)

    def _begin(self, target: str | None, by: str) -> None:
        began = time.time()
        _, described = self._described()
        chosen = target or self._best(described)
        self._spawn(lambda: self._run(chosen, by, began), "failover")

    def _best(self, described: Described) -> str:
        """As Aurora chooses: the lowest tier."""
        state, _ = self._described()
        readers = [m for m in state.members(described) if m.name != described.writer]
        return min(readers, key=lambda m: (m.fields["PromotionTier"], m.name)).name

    def _run(self, target: str, by: str, began: float) -> None:
        try:
            zones = self._zones()
            reach = "same" if zones[target] == zones[self.cluster.writer.name] else "cross"
            self._tell(f"Started {reach} AZ failover to DB instance: {target}")
            if self._stopped.wait(self.delay):
                return
            try:
                failover = self.cluster.fail_over(target)
            except Refused as error:
                self.failures.append(str(error))
                self._tell("Cluster failover failed, check the health of your cluster instances and try again")
                return
            self.done.append(Done(by, began, time.time(), failover))
            with self.sandbox.engine.lock:
                self._described()[1].writer = failover.after
            # Whoever still waits for the old writer would wait for a time-out of its own.
            self.cluster.nodes[failover.before].crash()
            if self.data_api:
                self.data_api.leave(failover.before)
            self._tell(f"Completed failover to DB instance: {failover.after}")
            self.cluster.rejoin(failover.before)
        except Exception:
            self.failures.append(traceback.format_exc())
        finally:
            with self.sandbox.engine.lock:
                _, described = self._described()
                described.timeline = Timeline(self._context().clock, [("available", None)])

    # MARK: Events

    def _tell(self, message: str) -> None:
        """The sandbox's runtime, if it runs, knows by the words which event it is."""
        with self.sandbox.engine.lock:
            state, described = self._described()
            state.record(described, message, "failover", self._context().clock.now())
        if self.sandbox.runtime:
            self.sandbox.runtime.agenda.wake(self.sandbox.accounts[self.account])

    # MARK: The sandbox

    def _context(self) -> Context:
        return self.sandbox.engine.context(self.sandbox.accounts[self.account], "rds", "", self.region)

    def _described(self) -> tuple[State, Described]:
        state = current(self._context())
        return state, state.clusters[self.identifier]

    def _zones(self) -> dict[str, str]:
        with self.sandbox.engine.lock:
            state, described = self._described()
            return {member.name: member.zone for member in state.members(described)}

    def _spawn(self, run: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
