# SPDX-License-Identifier: Apache-2.0
"""The judge sees what it is there to see, on books that were made up."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from harecon_lab.bank import ACCOUNTS, INITIAL, Books, Transfer, transfers
from harecon_lab.journal import Journal, Record
from harecon_lab.report import predicted
from harecon_lab.scenario import How
from harecon_lab.verdict import judge

FIRST, SECOND = Transfer("r-0-0", 1, 2, 10), Transfer("r-0-1", 2, 3, 5)


def page(*applied: Transfer) -> Books:
    balances = {account: INITIAL for account in range(ACCOUNTS)}
    for transfer in applied:
        balances[transfer.source] -= transfer.amount
        balances[transfer.target] += transfer.amount
    return Books(balances, Counter(transfer.name for transfer in applied), {})


@pytest.fixture
def record(tmp_path: Path) -> Record:
    journal = Journal(tmp_path / "journal")
    journal.begin(FIRST)
    journal.acknowledged(FIRST)
    journal.begin(SECOND)
    journal.failed(SECOND, "ClientError")
    return Record.read(tmp_path / "journal")


def test_what_was_acknowledged_and_is_everywhere_once_is_clean(record: Record) -> None:
    verdict = judge(record, [page(FIRST)] * 3)
    assert verdict.is_clean
    assert (verdict.begun, verdict.acknowledged, verdict.refused, verdict.surprising) == (2, 1, 1, 0)


def test_what_one_node_lacks_is_lost(record: Record) -> None:
    verdict = judge(record, [page(FIRST), page(FIRST), page()])
    assert (verdict.lost, verdict.wrong_accounts, verdict.is_clean) == (1, 2, False)


def test_what_was_applied_twice_is_seen_though_the_sum_is_right(record: Record) -> None:
    twice = page(FIRST, FIRST)
    assert sum(twice.balances.values()) == ACCOUNTS * INITIAL
    verdict = judge(record, [twice] * 3)
    assert (verdict.duplicated, verdict.wrong_accounts, verdict.is_clean) == (1, 6, False)


def test_what_was_told_as_failed_may_have_been_applied(record: Record) -> None:
    verdict = judge(record, [page(FIRST, SECOND)] * 3)
    assert (verdict.refused, verdict.surprising, verdict.is_clean) == (0, 1, True)


def test_what_a_buffer_accepted_is_owed(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.begin(FIRST)
    journal.accepted(FIRST)
    assert judge(Record.read(tmp_path / "journal"), [page()] * 3).lost == 1


def test_half_a_last_line_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    journal = Journal(file)
    journal.begin(FIRST)
    with file.open("ab") as stream:
        stream.write(b'{"acknowledged":"r-')
    assert Record.read(file).acknowledged == {}
    Journal(file).acknowledged(FIRST)
    assert list(Record.read(file).acknowledged) == [FIRST.name], "who comes after it begins a line"


def test_the_longest_silence_after_a_kill_is_found() -> None:
    record = Record(acknowledged={"a": 1.0, "b": 5.0, "c": 6.0, "d": 8.5, "e": 9.0})
    assert record.silence(5.5) == (6.0, 8.5)
    assert record.silence(20.0)[1] == float("inf")


def test_the_same_seed_makes_the_same_transfers() -> None:
    one, other = transfers("r", 0, 7), transfers("r", 0, 7)
    assert [next(one) for _ in range(5)] == [next(other) for _ in range(5)]
    assert next(transfers("r", 0, 8)).amount != next(transfers("r", 1, 7)).amount


@pytest.mark.parametrize(("how", "least", "most"), [(How.CRASH, 1.0, 11.0), (How.HANG, 4.0, 14.0)])
def test_detection_is_predicted_by_the_probes_settings(how: How, least: float, most: float) -> None:
    guess = predicted(how)
    assert (guess.least, guess.quantile(0.5), guess.most) == (least, (least + most) / 2, most)
