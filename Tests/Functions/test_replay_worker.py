# SPDX-License-Identifier: Apache-2.0
"""Waiting transactions, applied in a real database."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from data_api_double import lost, refused
from replay_bench import LONG, Bench, bench, body, record, unavailable  # noqa: F401
from replay_worker import handler
from replay_worker.handler import DeadLetters, Pruning, hasten
from replay_worker.transaction import Malformed, Transaction
from shared.ledger import Ledger


def test_transactions_are_applied_in_their_order(bench: Bench) -> None:
    assert bench.run(record("1", body("x", 60)), record("2", body("y", 40, "b", "a"))) == []
    assert bench.balances() == {"a": 80, "b": 120}
    assert bench.entries() == {"x": 1, "y": 1}
    assert bench.counts == {"Replayed": 2}
    assert bench.sqs.sent == []


def test_what_comes_twice_is_applied_once_and_confirmed_by_a_write(bench: Bench) -> None:
    assert bench.run(record("1", body("x")), record("2", body("x"))) == []
    assert bench.run(record("1", body("x"))) == []
    assert bench.balances() == {"a": 90, "b": 110}
    assert bench.entries() == {"x": 3}
    assert bench.counts == {}


def test_a_commit_whose_answer_was_lost_is_settled_by_the_ledger(bench: Bench) -> None:
    bench.run(record("0", body("first")))
    bench.api.faults = [("commit answer", lost())]
    assert bench.run(record("1", body("x"))) == ["1"]
    assert bench.balances() == {"a": 80, "b": 120}, "it was committed"
    assert bench.run(record("1", body("x"))) == []
    assert bench.balances() == {"a": 80, "b": 120}
    assert bench.entries()["x"] == 2


@pytest.mark.parametrize("moment", ["begin", "execute", "commit"])
@pytest.mark.parametrize("fault", [unavailable, lost, lambda: refused("TransactionNotFoundException")])
def test_what_was_not_applied_comes_again_and_is_applied(bench: Bench, moment: str, fault: Any) -> None:
    bench.run(record("0", body("first", 0)))
    bench.api.faults = [(moment, fault())]
    assert bench.run(record("1", body("x"))) == ["1"]
    bench.api.drop_connections()
    assert bench.run(record("1", body("x"))) == []
    assert bench.balances() == {"a": 90, "b": 110}
    assert bench.sqs.sent == []


def test_without_a_writer_nothing_is_parked_and_nothing_more_is_tried(bench: Bench) -> None:
    bench.api.faults = [("begin", unavailable())]
    records = [record("1", body("x"), "g"), record("2", body("y"), "h"), record("3", body("z"), "i")]
    assert bench.run(*records) == ["1", "2", "3"]
    assert bench.api.calls == ["begin"]
    assert bench.sqs.sent == []


@pytest.mark.parametrize(
    "met",
    [
        refused("DatabaseErrorException", "ERROR: index row size 3000 exceeds maximum; SQLState: 54000"),
        refused("DatabaseErrorException", "ERROR: PREPARE TRANSACTION cannot run here; SQLState: 25001"),
        # Too slow for its own time, or a writer that hangs: the next one's begin tells.
        ReadTimeoutError(endpoint_url="https://rds-data"),
        # What nobody foresaw.
        RecursionError("maximum recursion depth exceeded"),
    ],
)
def test_what_one_statement_met_holds_up_its_group_alone(bench: Bench, met: Exception) -> None:
    bench.run(record("0", body("first", 0)))
    # Met by the first statement of the first message, whose row in the ledger was taken.
    bench.api.faults = [("execute", met)]
    bench.api.spared = 1
    records = [record("1", body("x", 1), "g"), record("2", body("y", 2), "h"), record("3", body("z", 4), "g")]
    assert bench.run(*records) == ["1", "3"]
    assert bench.balances() == {"a": 98, "b": 102}
    assert bench.sqs.sent == []
    assert bench.counts == {"Replayed": 1, "ReplayDeferred": 2}


def test_a_writer_that_goes_in_the_middle_of_a_statement_costs_one_more_begin(bench: Bench) -> None:
    bench.run(record("0", body("first", 0)))
    bench.api.faults = [("execute", unavailable()), ("begin", unavailable())]
    bench.api.spared = 1
    records = [record("1", body("x"), "g"), record("2", body("y"), "h"), record("3", body("z"), "i")]
    assert bench.run(*records) == ["1", "2", "3"]
    assert bench.api.calls[-4:].count("begin") == 1 and bench.sqs.sent == []


def test_an_id_with_characters_that_the_database_lacks_is_parked(bench: Bench) -> None:
    bench.run(record("0", body("first", 0)))
    bench.api.faults = [("execute", refused("DatabaseErrorException", "ERROR: no such character; SQLState: 22021"))]
    assert bench.run(record("1", body("x")), record("2", body("y"), "h")) == []
    assert bench.sqs.cause() == "DatabaseErrorException 22021"
    assert bench.entries() == {"first": 1, "y": 1}


def test_who_may_not_make_the_ledger_parks_nothing(bench: Bench) -> None:
    denied = refused("DatabaseErrorException", "ERROR: permission denied for schema public; SQLState: 42501")
    bench.api.faults = [("execute", denied)]
    # The first statement finds that there is no ledger.
    bench.api.spared = 1
    assert bench.run(record("1", body("x")), record("2", body("y"), "h")) == ["1", "2"]
    assert bench.sqs.sent == [] and bench.counts == {"ReplayDeferred": 2}


@pytest.mark.parametrize(
    "event", [{}, {"Records": None}, {"Records": [None]}, {"Records": [{"body": "x"}]}, {"Records": {}}, []]
)
def test_an_event_that_sqs_does_not_deliver_is_counted_and_fails(
    event: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Failed, so that Lambda keeps it in the queue of what functions could not do."""
    with pytest.raises(handler.UnknownEvent):
        handler.handle(event, None)
    out = capsys.readouterr().out
    assert "event not understood" in out and '"UnknownEvents": 1' in out


@pytest.mark.parametrize(
    ("call", "refusal"),
    [
        ("begin", refused("BadRequestException", "HttpEndpoint is not enabled for resource")),
        ("execute", refused("DatabaseErrorException", "ERROR: permission denied for table x; SQLState: 42501")),
    ],
)
def test_what_befalls_every_transaction_parks_none(bench: Bench, call: str, refusal: Exception) -> None:
    bench.run(record("0", body("first", 0)))
    bench.api.faults = [(call, refusal)]
    assert bench.run(record("1", body("x")), record("2", body("y"), "h")) == ["1", "2"]
    assert bench.sqs.sent == []
    assert bench.entries() == {"first": 1}


@pytest.mark.parametrize("sql", ["commit", "; /* a /* b */ c */ rollback", "--\rprepare transaction 'x'"])
def test_a_statement_that_would_end_the_transaction_is_parked(bench: Bench, sql: str) -> None:
    text = json.dumps({"id": "x", "statements": [{"sql": sql}]})
    assert bench.run(record("1", text), record("2", body("y"), "h")) == []
    assert bench.sqs.cause() == "malformed"
    assert bench.entries() == {"y": 1}


@pytest.mark.parametrize("state", ["23505", "42710", "42P07"])
def test_a_ledger_that_another_one_makes_in_the_same_moment_is_made(bench: Bench, state: str) -> None:
    bench.writer.make_ledger()
    bench.api.faults = [("execute", refused("DatabaseErrorException", f"ERROR: it exists; SQLState: {state}"))]
    bench.writer.make_ledger()
    assert bench.api.faults == []


def test_what_is_behind_a_message_of_its_group_does_not_overtake_it(bench: Bench) -> None:
    bench.run(record("0", body("first", 0)))
    bench.api.faults = [("execute", refused("DatabaseErrorException", "ERROR: deadlock detected; SQLState: 40P01"))]
    records = [record("1", body("x", 1), "g"), record("2", body("y", 2), "h"), record("3", body("z", 4), "g")]
    assert bench.run(*records) == ["1", "3"]
    assert bench.balances() == {"a": 98, "b": 102}


def test_what_the_database_refuses_is_parked_and_the_next_goes_on(bench: Bench) -> None:
    assert bench.run(record("1", body("x", 500)), record("2", body("y"))) == []
    assert bench.balances() == {"a": 90, "b": 110}
    assert bench.entries() == {"y": 1}, "a refused one may be put right and sent again under its id"
    (sent,) = bench.sqs.sent
    assert bench.sqs.cause() == "DatabaseErrorException 23514"
    assert sent["MessageBody"] == body("x", 500)
    assert (sent["QueueUrl"], sent["MessageGroupId"]) == ("https://sqs/dead.fifo", "g")
    assert bench.counts == {"Replayed": 1, "ReplayParked": 1}


def test_an_id_that_was_used_for_something_else_is_parked_and_counted(bench: Bench) -> None:
    assert bench.run(record("1", body("x", 10)), record("2", body("x", 20))) == []
    assert bench.balances() == {"a": 90, "b": 110}
    assert bench.sqs.cause() == "mismatch"
    assert bench.entries() == {"x": 1}
    assert bench.counts == {"Replayed": 1, "ReplayParked": 1, "LedgerMismatches": 1}


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "5", '{"id": "x"}', '{"id": "", "statements": [{"sql": "select 1"}]}',
        '{"id": "x", "statements": []}', '{"id": 5, "statements": [{"sql": "select 1"}]}',
        '{"id": "x", "statements": [{"sql": " "}]}', '{"id": "x", "statements": ["select 1"]}',
        '{"id": "x", "statements": [{"sql": "select 1", "parameters": {"a": 1}}]}',
        '{"id": "x", "statements": [{"sql": "select 1", "parameters": ["a"]}]}',
        '{"id": "x", "statements": [{"sql": "select :b", "parameters": [{"name": "b", "value": {"blobValue": "*"}}]}]}',
        json.dumps({"id": "x" * 256, "statements": [{"sql": "select 1"}]}),
        "[" * 100_000, "1" * 5000, '{"id": "\\ud800", "statements": [{"sql": "select 1"}]}',
        '{"id": "x", "statements": [{"sql": "select \'\\ud800\'"}]}',
        '{"id": "x", "statements": [{"sql": "select :a", "parameters": [{"name": "a", "value": {"doubleValue": NaN}}]}]}',
    ],
)
def test_what_is_no_transaction_is_parked(bench: Bench, text: str) -> None:
    with pytest.raises(Malformed):
        Transaction.read(text)
    assert bench.run(record("1", text), record("2", body("y"))) == []
    assert bench.sqs.cause() == "malformed"
    assert bench.counts == {"Replayed": 1, "ReplayParked": 1}


def test_a_character_that_json_escapes_in_two_halves_is_one() -> None:
    text = '{"id": "\\ud83d\\ude00", "statements": [{"sql": "select 1"}]}'
    assert Transaction.read(text).id == "\U0001f600"


def test_what_cannot_be_parked_comes_again_and_holds_its_group(bench: Bench) -> None:
    bench.sqs.fails = refused("KmsThrottled", operation="SendMessage")
    assert bench.run(record("1", "{"), record("2", body("y"))) == ["1", "2"]
    assert bench.balances() == {"a": 100, "b": 100}


def test_what_is_refused_with_characters_that_sqs_lacks_is_parked(bench: Bench) -> None:
    bench.run(record("0", body("first", 0)))
    bench.api.faults = [
        ("execute", refused("DatabaseErrorException", "ERROR: Key (id)=(\ufffe\uffff\x1f) exists; SQLState: 23505"))
    ]
    bench.api.spared = 1
    assert bench.run(record("1", body("x")), record("2", body("y"))) == []
    (sent,) = bench.sqs.sent
    assert "(id)=(???) exists" in sent["MessageAttributes"]["reason"]["StringValue"]


@pytest.mark.parametrize(
    ("room", "told"),
    [(0, []), (15, []), (16, ["messageId"]), (36, ["messageId", "cause"]), (500, ["messageId", "cause", "reason"])],
)
def test_what_has_no_room_for_the_reason_is_parked_without(bench: Bench, room: int, told: list[str]) -> None:
    text = "{" + " " * (1_048_576 - room - 1)
    assert bench.run(record("1", text), record("2", body("y"))) == []
    (sent,) = bench.sqs.sent
    assert list(sent["MessageAttributes"]) == told and sent["MessageBody"] == text


def test_bytes_travel_in_base_64() -> None:
    parameter = {"name": "b", "value": {"blobValue": "AAH/"}}
    text = json.dumps({"id": "x", "statements": [{"sql": "select :b", "parameters": [parameter]}]})
    (statement,) = Transaction.read(text).statements
    assert statement.parameters == ({"name": "b", "value": {"blobValue": b"\x00\x01\xff"}},)


def test_nothing_is_begun_that_would_not_be_finished_in_time(bench: Bench) -> None:
    bench.time_left = handler.LEAST_TIME_LEFT_MS - 1
    assert bench.run(record("1", body("x")), record("2", body("y"), "h")) == ["1", "2"]
    assert bench.api.calls == []


@pytest.mark.parametrize(("left", "calls"), [(33_000, 2), (47_000, 3)])
def test_a_transaction_that_is_too_long_for_what_is_left_is_rolled_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, left: int, calls: int
) -> None:
    """Before its second statement, and before its commit: killed there, the function would leave it open."""
    bench.run(record("0", body("first", 0)))
    execute = bench.api.execute_statement

    def slow(**request: Any) -> dict[str, Any]:
        bench.time_left -= 14_000
        return execute(**request)

    monkeypatch.setattr(bench.api, "execute_statement", slow)
    bench.api.calls, bench.time_left = [], left
    assert bench.run(record("1", body("x")), record("2", body("y"), "h")) == ["1", "2"]
    assert bench.api.calls == ["begin", *["execute"] * calls, "rollback"]
    assert bench.entries() == {"first": 1} and bench.sqs.sent == []


def test_a_rollback_may_not_hang_for_as_long_as_a_statement(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"SETTINGS": '{"ledger": "replay_test_ledger", "keep": 1}', "CLUSTER_ARN": "c", "SECRET_ARN": "s"}
    for key, value in {**given, "DATABASE": "d", "DEAD_QUEUE": "q", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(key, value)
    writer, dead, _ = handler._configured.__wrapped__()
    call, undo, park = (each.meta.config for each in (writer.client, writer.undoing, dead.client))
    # What is begun last and hangs, its rollback, and one call that has the rest come again.
    longest = sum(each.connect_timeout + each.read_timeout for each in (call, undo, park))
    assert longest <= handler.LEAST_TIME_LEFT_MS / 1000
    bench.run(record("0", body("first", 0)))
    bench.api.calls = []
    undone: list[str] = []
    undoing = SimpleNamespace(rollback_transaction=lambda **request: undone.append(request["transactionId"]))
    bench.writer = replace(bench.writer, undoing=undoing)
    bench.api.faults = [("execute", lost())]
    assert bench.run(record("1", body("x"))) == ["1"]
    assert len(undone) == 1 and "rollback" not in bench.api.calls
    bench.api.drop_connections()


def test_a_transaction_that_cannot_be_rolled_back_is_still_told_of(bench: Bench) -> None:
    bench.run(record("0", body("first", 0)))
    bench.api.faults = [
        ("execute", refused("DatabaseErrorException", "ERROR: ...; SQLState: 40001")), ("rollback", unavailable()),
    ]
    assert bench.run(record("1", body("x"))) == ["1"]
    bench.api.drop_connections()


def test_the_ledger_forgets_what_is_old_and_only_that(bench: Bench) -> None:
    bench.run(record("1", body("old")), record("2", body("new")))
    bench.database.execute(
        "update replay_test_ledger set applied_at = now() - interval '31 days' where id = 'old'", timeout=LONG
    )
    moment = 0.0
    pruning = Pruning(bench.writer, keep=30 * 86_400.0, now=lambda: moment)
    pruning.run()
    assert bench.entries() == {"new": 1}
    calls = len(bench.api.calls)
    moment = handler.PRUNE_EVERY_SECONDS - 1
    pruning.run()
    assert len(bench.api.calls) == calls
    moment += 1
    bench.api.faults = [("execute", unavailable())]
    pruning.run()
    assert len(bench.api.calls) == calls + 1


def test_what_has_to_come_again_comes_soon_at_first_and_then_less_often(bench: Bench) -> None:
    hasten(bench.sqs, [record(str(count), "", deliveries=count) for count in range(1, 13)])
    assert [seconds for _, _, seconds in bench.sqs.hastened] == [2, 5, 10, 15, 15, 15, 15, 15, 15, 15, 30, 60]
    assert bench.sqs.hastened[0] == ("https://sqs/replay.fifo", "receipt-1", 2)


def test_what_cannot_be_hastened_comes_all_the_same(bench: Bench) -> None:
    bench.sqs.fails = refused("InvalidParameterValue", operation="ChangeMessageVisibilityBatch")
    hasten(bench.sqs, [record("1", "")])


def test_a_ledger_is_named_as_a_table() -> None:
    with pytest.raises(ValueError, match="no name of a table"):
        Ledger("x; drop table y")


def test_values_of_a_transaction_are_not_logged(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.run(record("1", body("x", 123456)))
    logged = capsys.readouterr().out
    assert "parked" in logged
    assert "123456" not in logged


def test_the_entry_answers_sqs_and_counts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 60_000

    monkeypatch.setenv("METRICS_NAMESPACE", "harecon/payments")
    pruning = Pruning(bench.writer, keep=86_400.0)
    monkeypatch.setattr(handler, "_configured", lambda: (bench.writer, DeadLetters(bench.sqs, "dead.fifo"), pruning))
    assert handler.handle({"Records": [record("1", body("x"))]}, Context()) == {"batchItemFailures": []}
    bench.api.faults = [("begin", unavailable())]
    answer = handler.handle({"Records": [record("2", body("y"))]}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert bench.sqs.hastened == [("https://sqs/replay.fifo", "receipt-2", 2)]
    metrics = [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "_aws" in line]
    counts = [(line["Replayed"], line["ReplayParked"], line["LedgerMismatches"]) for line in metrics]
    assert counts == [(1, 0, 0), (0, 0, 0)]


def test_the_entry_prunes_when_nothing_waits_and_there_is_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return left

    def pruned(*records: dict[str, Any]) -> bool:
        pruning = Pruning(bench.writer, keep=86_400.0)
        dead = DeadLetters(bench.sqs, "dead.fifo")
        monkeypatch.setattr(handler, "_configured", lambda: (bench.writer, dead, pruning))
        handler.handle({"Records": list(records)}, Context())
        return pruning._last is not None

    left = 60_000
    assert pruned(record("1", body("x")))
    bench.api.faults = [("begin", unavailable())]
    assert not pruned(record("2", body("y")))
    left = handler.LEAST_TIME_LEFT_MS
    assert not pruned()
