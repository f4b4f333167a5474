# SPDX-License-Identifier: Apache-2.0
"""The users of a pair, in the database."""

from __future__ import annotations

from rotate_user.credentials import Credentials, Pair
from shared.postgres import Connection
from shared.scram import verifier

STATEMENT_SECONDS = 10.0


class Forbidden(Exception):
    """The user may more than an application's user should: its password is not this function's to change."""


def set_password(master: Connection, pair: Pair, current: Credentials, pending: Credentials) -> None:
    """Makes the users of the pair what they have to be, and gives the pending one its password; all or nothing.

    What one of them makes belongs to the base user, as whom the clone acts from its login on: so both may always do the
    same. A user in use that the database does not know yet gets the password that the secret has had so far.
    """
    master.execute("begin", timeout=STATEMENT_SECONDS)
    # Two rotations of one user, of which one was given up on too early, do not meet.
    _run(master, "select pg_advisory_xact_lock(hashtext($1::text))", f"harecon rotation of {pair.base}")
    known = _known(master, pair)
    for user in (pair.base, pair.clone):
        if user not in known:
            _run(master, f"create role {_name(user)} login")
            if user == current.user:
                _give_password(master, current)
    _run(master, f"grant {_name(pair.base)} to {_name(pair.clone)}")
    _run(master, f"alter role {_name(pair.clone)} set role to {_name(pair.base)}")
    _give_password(master, pending)
    if master.execute("commit", timeout=STATEMENT_SECONDS) != "COMMIT":
        raise ConnectionError("the change was rolled back")


def _known(master: Connection, pair: Pair) -> set[str]:
    """Which of the two there are. Raises Forbidden when one of them has rights of an administrator."""
    rows = master.query(
        "select rolname::text as name, rolname = session_user or rolsuper or rolcreaterole or rolcreatedb"
        " or rolreplication or rolbypassrls or exists (select from pg_auth_members"
        " join pg_roles as granted on granted.oid = roleid where member = users.oid"
        " and granted.rolname in ('rds_superuser', 'rds_password', 'rds_replication')) as mighty"
        " from pg_roles as users where rolname in ($1::text, $2::text)",
        pair.base,
        pair.clone,
        timeout=STATEMENT_SECONDS,
    )
    for row in rows:
        if row["mighty"]:
            raise Forbidden(
                f'"{row["name"]}" may administer the database: no rotation of an application user changes it'
            )
    return {str(row["name"]) for row in rows}


def _give_password(master: Connection, credentials: Credentials) -> None:
    """By its verifier: the statement may end in the server's log, the password does not."""
    _run(master, f"alter role {_name(credentials.user)} login password '{verifier(credentials.password)}'")


def _name(user: str) -> str:
    return '"' + user.replace('"', '""') + '"'


def _run(master: Connection, sql: str, *parameters: str) -> None:
    master.execute(sql, *parameters, timeout=STATEMENT_SECONDS)
