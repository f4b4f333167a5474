# SPDX-License-Identifier: Apache-2.0
"""Answers Route 53's question whether the database does its work: a fixed text when it does, 503 when it does not.

Its work is to write: beside the spec's checks each round writes a heartbeat, so that neither a reader passes nor a
writer whose storage hangs.

The function stands behind a public URL, because Route 53 cannot sign its requests. Only who knows the path is answered,
and nothing that is answered says more than yes or no. Many checkers ask every few seconds; what the database said is
kept for a moment, so that they cost it next to nothing. An answer comes within the deadline even when the database's
does not: a checker gives up after two seconds.

    PRIVATE_PATH     /4b8c...: what must be asked for
    HEALTH_ANSWER    the text that the checkers look for
    HEALTH_DEADLINE  1.5: seconds from a request to its answer
    HEALTH_CHECKS    [{"name": "writable", "sql": "select not pg_is_in_recovery()", "expect": "true"}, ...]
    CLUSTER_ARN, SECRET_ARN, DATABASE
"""

from __future__ import annotations

import hmac
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.check import Check
from shared.clients import client
from shared.data_api import Database
from shared.heartbeat import write

KEPT_SECONDS = 2.0

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)

Response = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What the function is configured with."""

    path: str
    answer: str
    checks: tuple[Check, ...]
    # Seconds.
    deadline: float

    @staticmethod
    def read(environment: Mapping[str, str]) -> Settings:
        """Raises KeyError and ValueError for an environment without a path, an answer and at least one check."""
        checks = Check.read(environment["HEALTH_CHECKS"])
        if not checks:
            raise ValueError("HEALTH_CHECKS is empty: without a statement nothing is known of the database")
        return Settings(
            path=environment["PRIVATE_PATH"],
            answer=environment["HEALTH_ANSWER"],
            checks=checks,
            deadline=float(environment["HEALTH_DEADLINE"]),
        )


@dataclass
class Health:
    """Puts the checks to the database, at most once in a while."""

    checks: tuple[Check, ...]
    database: Database
    deadline: float
    now: Callable[[], float] = time.monotonic
    # Two, so that a question which hangs does not keep the next one from being asked.
    _workers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, "health"))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _question: Future[bool] | None = None
    _asked: float = 0.0

    def is_good(self) -> bool:
        """Whether all checks pass; what is not known by the deadline counts as no.

        An answer is as old as its question: Lambda stops the process between two requests, for seconds or hours, and
        what was asked before that says nothing of now.
        """
        with self._lock:
            moment = self.now()
            if self._question is None or moment - self._asked >= KEPT_SECONDS:
                self._question = self._workers.submit(self._ask, moment + self.deadline)
                self._asked = moment
            question = self._question
        try:
            return question.result(timeout=self.deadline)
        except TimeoutError:
            log.error("no answer within %s s", self.deadline)
            return False

    def _ask(self, end: float) -> bool:
        """By `end`, after which nobody waits: what is put after that keeps only the next question from being asked."""
        try:
            self._check_time(end)
            write(self.database, "health")
            return all(self._passes(check, end) for check in self.checks)
        except (BotoCoreError, ClientError, ValueError) as error:
            log.error("the database cannot be asked: %s", error)
            return False

    def _check_time(self, end: float) -> None:
        if self.now() >= end:
            raise ValueError("the time is over before all was asked")

    def _passes(self, check: Check, end: float) -> bool:
        self._check_time(end)
        failure = check.failure(self.database.query(check.sql))
        if failure:
            log.error("%s", failure)
        return failure is None


def respond(event: Mapping[str, Any], settings: Settings, health: Health) -> Response:
    """The HTTP answer to a request in the form in which a function URL hands it over."""
    asked = str(event.get("rawPath", ""))
    # In constant time: how long a refusal takes must not tell how much of the path was right.
    if not hmac.compare_digest(asked.encode(), settings.path.encode()):
        return _plain(404, "")
    return _plain(200, settings.answer) if health.is_good() else _plain(503, "")


def _plain(status: int, body: str) -> Response:
    headers = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}


@cache
def _configured() -> tuple[Settings, Health]:
    settings = Settings.read(os.environ)
    database = Database(
        # Together no longer than the deadline.
        client=client("rds-data", connect=settings.deadline / 3, read=settings.deadline * 2 / 3),
        cluster=os.environ["CLUSTER_ARN"],
        secret=os.environ["SECRET_ARN"],
        name=os.environ["DATABASE"],
    )
    return settings, Health(settings.checks, database, settings.deadline)


def handle(event: Mapping[str, Any], context: object) -> Response:
    """Lambda's entry."""
    settings, health = _configured()
    return respond(event, settings, health)
