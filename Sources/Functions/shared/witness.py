# SPDX-License-Identifier: Apache-2.0
"""Whether the writer writes, as a write through the Data API tells it."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from shared.data_api import Database, sqlstate
from shared.decisions import is_exhausted
from shared.heartbeat import write

IDENTITY = "select aurora_db_instance_identifier() as id"

# What the Data API says when it is the database that does not answer. Not among them is what says something of the
# caller or of the service: no right, a secret that cannot be read, too many calls, an error of its own.
DOWN = {
    "DatabaseUnavailableException",
    "DatabaseNotFoundException",
    "DatabaseResumingException",
    "StatementTimeoutException",
    "InvalidResourceStateException",
}

# PostgreSQL's: read only, shutting down, crash, cannot connect now, idle sessions ended, connection failures.
DOWN_STATES = ("25006", "57P01", "57P02", "57P03", "57P05", "08", "58")

UNDEFINED_FUNCTION = "42883"


@dataclass(frozen=True)
class Sight:
    """What was seen: True, False, or None when it says nothing of the writer."""

    writes: bool | None
    served_by: str | None = None
    reason: str = ""
    # The SQLSTATE of a writer that lives and has no room.
    exhausted: str | None = None


@dataclass(frozen=True)
class Witness:
    """Looks by writing. The Data API runs on the writer only, whichever that is."""

    database: Database
    source: str

    def look(self) -> Sight:
        """One write, and who took it. It is not repeated: what it wrote twice would do no harm, but time is short."""
        try:
            write(self.database, self.source)
        except (BotoCoreError, ClientError) as error:
            return judge(error)
        try:
            return Sight(True, self._identity())
        except (BotoCoreError, ClientError) as error:
            # The writer changed between the two: who took the write is not known.
            return Sight(None, reason=f"who writes is not known: {error}")

    def _identity(self) -> str | None:
        """The member's name; None where the engine is none of Aurora's, and only RDS knows."""
        try:
            return str(self.database.query(IDENTITY)[0]["id"])
        except ClientError as error:
            if sqlstate(error) != UNDEFINED_FUNCTION:
                raise
            return None


def judge(error: BotoCoreError | ClientError) -> Sight:
    """What a failed write says of the writer.

    No answer in time says nothing by itself: the writer may hang, or the service, or what is between.
    """
    reason = f"{type(error).__name__}: {error}"
    if not isinstance(error, ClientError):
        return Sight(None, reason=reason)
    code, state = error.response["Error"].get("Code", ""), sqlstate(error) or ""
    if is_exhausted(state):
        return Sight(False, reason=reason, exhausted=state)
    is_down = code in DOWN or (code == "DatabaseErrorException" and state.startswith(DOWN_STATES))
    return Sight(False if is_down else None, reason=reason)
