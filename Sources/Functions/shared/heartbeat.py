# SPDX-License-Identifier: Apache-2.0
"""The row that is written to see whether the writer writes.

`select 1` answers on a reader, and on a writer whose storage hangs. Each who looks has a row of its own, so that none
waits for the lock of another. The newest row also says how old the data of a restored backup is.
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from shared.data_api import Database, sqlstate

TABLE = "harecon_heartbeat"

CREATE = f"create table if not exists {TABLE} (source text primary key, at timestamptz not null)"

# What PostgreSQL calls the error of a table that does not exist.
UNDEFINED_TABLE = "42P01"


def beat(source: str) -> str:
    """Writes the source's row; answers `gap`, the seconds since it was last written, null at the first time.

    - Parameter source: letters and hyphens: it becomes a part of the statement.
    """
    if not source.replace("-", "").isalpha():
        raise ValueError(f'"{source}" is no source of heartbeats: letters and hyphens')
    return (
        f"with before as (select at from {TABLE} where source = '{source}') "
        f"insert into {TABLE} (source, at) values ('{source}', clock_timestamp()) "
        "on conflict (source) do update set at = excluded.at "
        "returning extract(epoch from at - (select at from before))::float8 as gap"
    )


def write(database: Database, source: str) -> None:
    """Writes the source's row through the Data API, and makes the table where there is none.

    Raises what botocore raises.
    """
    try:
        database.query(beat(source))
    except ClientError as error:
        if sqlstate(error) != UNDEFINED_TABLE:
            raise
        database.query(CREATE)
        database.query(beat(source))
