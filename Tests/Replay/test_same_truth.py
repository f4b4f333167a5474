# SPDX-License-Identifier: Apache-2.0
"""The functions are packed from their own folders and the client is installed by pip: what both know is held equal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from harecon_replay import boundaries, outcome
from harecon_replay.ledger import Ledger
from harecon_replay.transaction import Malformed, Transaction, body_hash, read, statement
from replay_worker import boundaries as workers_boundaries
from replay_worker.transaction import Malformed as WorkersMalformed
from replay_worker.transaction import Transaction as WorkersTransaction
from shared import ledger as worker
from shared import refusals

# Every class of PostgreSQL 15's appendix A, and the codes that are singled out.
STATES = [
    *(f"{group}000" for group in (
        "00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 44 53 54 55"
        " 57 58 72 F0 HV P0 XX"
    ).split()),
    "23505", "25006", "28P01", "40001", "40002", "40003", "40P01", "42P01", "53300", "55P03", "57014", "57P01",
]  # fmt: skip
CODES = [
    "AccessDeniedException", "BadRequestException", "DatabaseErrorException", "DatabaseNotFoundException",
    "DatabaseResumingException", "DatabaseUnavailableException", "ForbiddenException", "InternalServerErrorException",
    "InvalidSecretException", "SecretsErrorException", "SerializationException", "ServiceUnavailableError",
    "StatementTimeoutException",
    "ThrottlingException", "TransactionNotFoundException", "UnsupportedResultException", "ValidationException",
]  # fmt: skip


def test_the_ledger_has_one_definition() -> None:
    ours, theirs = Ledger("some_ledger"), worker.Ledger("some_ledger")
    assert ours.making == theirs.making
    assert ours.pruning == theirs.pruning
    assert ours.entering == theirs.entering + ", pg_current_xact_id()::text as xid"
    assert body_hash("é") == worker.body_hash("é")


@pytest.mark.parametrize("name", ["", "Ledger", "a-b", "a" * 64, "1a"])
def test_a_name_that_one_refuses_the_other_refuses(name: str) -> None:
    with pytest.raises(ValueError):
        worker.Ledger(name)
    with pytest.raises(ValueError):
        Ledger(name)


@pytest.mark.parametrize("state", STATES)
def test_a_sqlstate_means_the_same(state: str) -> None:
    answer = {"Error": {"Code": "DatabaseErrorException", "Message": f"ERROR: x; SQLState: {state}"}}
    theirs = refusals.meaning(ClientError(answer, "ExecuteStatement"))
    assert outcome.meaning(outcome.TargetError(sqlstate=state)).value == theirs.value


@pytest.mark.parametrize("code", CODES)
def test_a_code_means_the_same(code: str) -> None:
    theirs = refusals.meaning(ClientError({"Error": {"Code": code, "Message": ""}}, "ExecuteStatement"))
    assert outcome.meaning(outcome.TargetError(code=code)).value == theirs.value


def test_the_worker_reads_what_the_client_writes() -> None:
    given = Transaction("é", "k", (statement("select :a, :b", a=b"\0\xff", b=None), statement("select 1")))
    body = given.body()
    theirs = WorkersTransaction.read(body)
    assert (theirs.id, theirs.body) == ("é", body_hash(body))
    ours = read("k", body)
    assert [(one.sql, list(one.parameters)) for one in theirs.statements] == [
        (one.sql, list(one.parameters)) for one in ours.statements
    ]
    assert theirs.statements[0].parameters[0]["value"] == {"blobValue": b"\0\xff"}


@pytest.mark.parametrize(
    "body",
    ["", "[]", '{"id":1,"statements":[{"sql":"x"}]}', '{"id":"","statements":[{"sql":"x"}]}', '{"id":"a"}',
     '{"id":"a","statements":[]}', '{"id":"a","statements":[{"sql":" "}]}', '{"id":"a","statements":[1]}',
     '{"id":"a","statements":[{"sql":"x","parameters":{}}]}'],
)  # fmt: skip
def test_what_one_calls_malformed_the_other_does(body: str) -> None:
    with pytest.raises(WorkersMalformed):
        WorkersTransaction.read(body)
    with pytest.raises(Malformed):
        read("k", body)


def test_what_no_transaction_may_hold_is_written_once() -> None:
    assert Path(str(workers_boundaries.__file__)).resolve() == Path(str(boundaries.__file__)).resolve()


@pytest.mark.parametrize(
    ("sql", "ends"),
    [
        ("commit", True), ("COMMIT", True), (";;commit", True), (" \f;\v rollback to x", True),
        ("/* /* */ commit */ select 1", False), ("/* /* */ */ end", True), ("/* commit", False), ("--x\rabort", True),
        ("--x\nbegin", True), ("-- commit", False), ("start transaction", True), ("startled", False), ("end_", False),
        ("end$", False), ("endé", False), ("prepare transaction 'x'", True), ("prepare/**/transaction 'x'", True),
        ("prepare transactions as select 1", False), ("prepare x as select 1", False), ("select 1; commit", False),
    ],
)  # fmt: skip
def test_neither_takes_a_statement_that_ends_the_transaction(sql: str, ends: bool) -> None:
    body = json.dumps({"id": "x", "statements": [{"sql": sql}]})
    if not ends:
        assert read("k", body) and WorkersTransaction.read(body)
        return
    with pytest.raises(Malformed, match="begins or ends"):
        read("k", body)
    with pytest.raises(WorkersMalformed, match="begins or ends"):
        WorkersTransaction.read(body)


@pytest.mark.parametrize("depth", [20, 200, 900, 100_000])
def test_neither_takes_what_nests_too_deep(depth: int) -> None:
    value = '{"arrayValue":' * depth + "{}" + "}" * depth
    body = '{"id":"x","statements":[{"sql":"select 1","parameters":[{"name":"a","value":' + value + "}]}]}"
    with pytest.raises(Malformed):
        read("k", body)
    with pytest.raises(WorkersMalformed):
        WorkersTransaction.read(body)


def test_a_value_of_the_data_api_is_not_too_deep() -> None:
    body = Transaction("x", "k", (statement("select :a", a=b"1"),)).body()
    assert read("k", body) and WorkersTransaction.read(body)
