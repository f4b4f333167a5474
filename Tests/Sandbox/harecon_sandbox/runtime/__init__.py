# SPDX-License-Identifier: Apache-2.0
"""The sandbox come alive: functions run, events find their rules, schedules fire, alarms act.

Opt-in (`Sandbox(runtime=True)`, `--run`): without it the sandbox keeps what it is told and does nothing by itself.
"""

from __future__ import annotations

from collections.abc import Callable

from harecon_sandbox.accounts import Accounts
from harecon_sandbox.engine import Engine
from harecon_sandbox.signature import Key

from . import announcements, bus, functions, queues, schedules  # noqa: F401  (register operations and listeners)
from .agenda import Source
from .life import Runtime

SOURCES: list[Source] = [
    announcements.databases,
    announcements.experiments,
    announcements.restores,
    announcements.alarms,
    schedules.fire_schedules,
    schedules.fire_rules,
    queues.poll,
]


def bring_to_life(engine: Engine, accounts: Accounts, learn: Callable[[Key], None]) -> Runtime:
    runtime = Runtime(engine, accounts, learn, SOURCES)
    engine.runtime = runtime
    return runtime
