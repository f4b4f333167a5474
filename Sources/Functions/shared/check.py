# SPDX-License-Identifier: Apache-2.0
"""What a spec wants to be true of a database that does its work."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.data_api import Value, as_text

# Of an answer in a message or a log: enough to see what is wrong, and no page of data.
LONGEST_ANSWER = 80


@dataclass(frozen=True)
class Check:
    """A statement, and what the first column of its first row must be."""

    name: str
    sql: str
    expect: str

    @staticmethod
    def read(text: str) -> tuple[Check, ...]:
        """The checks in a variable of the environment: a list of objects in JSON."""
        return tuple(Check(item["name"], item["sql"], item["expect"]) for item in json.loads(text))

    def failure(self, rows: Sequence[Mapping[str, Value]]) -> str | None:
        """Why these rows are not what the statement has to answer; None when they are."""
        if not rows or not rows[0]:
            return f'"{self.name}" answered nothing, not "{self.expect}"'
        answer = as_text(next(iter(rows[0].values())))
        if answer == self.expect:
            return None
        return f'"{self.name}" answered "{answer[:LONGEST_ANSWER]}", not "{self.expect}"'
