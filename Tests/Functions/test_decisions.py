# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.decisions import Action, Facts, Mode, Reader, Settings, candidate, decide, describe

SETTINGS = Settings(Mode.AUTOMATIC, after=20, max_lag=1, other_zone=True, cooldown=900, max_per_day=3)

B = Reader("b", "available", tier=0, zone="z2", lag=0.02, answers=True)
C = Reader("c", "available", tier=1, zone="z3", lag=0.01, answers=True)

# A writer that has failed for long enough, and nobody has acted.
DUE = Facts(
    now=1000,
    since=970,
    failed_writer="a",
    failed_zone="z1",
    cluster_status="available",
    writer="a",
    readers=(B, C),
    writes=False,
    served_by=None,
    probe_fails=True,
    drained=True,
)


def test_a_failed_writer_is_left_for_the_best_reader() -> None:
    verdict = decide(DUE, SETTINGS)
    assert (verdict.action, verdict.target) == (Action.FAIL_OVER, "b")


def test_its_sessions_are_ended_first() -> None:
    assert decide(replace(DUE, drained=False), SETTINGS).action is Action.DRAIN


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"called": True, "outcome": "yes"}, "was started"),
        ({"called": True, "outcome": "refused"}, "RDS refused"),
        ({"called": True, "outcome": "target refused"}, "RDS refused"),
        ({"called": True}, "is not known"),
        ({"cluster_status": None}, "RDS does not answer"),
        ({"cluster_status": "failing-over"}, "failing-over"),
        ({"cluster_status": "something new"}, "something new"),
        ({"writer": "b"}, 'RDS made "b"'),
        ({"writer": None}, "who the writer is"),
        ({"failed_writer": None}, "who the writer is"),
        ({"probe_fails": False}, "the probe writes"),
        ({"writes": None, "probe_fails": None}, "neither"),
        ({"probe_fails": None, "probe_was_asked": False}, "not answered yet"),
        ({"drill_until": 1001.0}, "drill"),
        ({"since": 981.0}, "less than 20 s"),
        ({"writes": True}, "the probe does not reach it"),
        ({"writes": True, "served_by": "b"}, "still calls"),
        ({"writes": True, "probe_fails": False, "cluster_status": "failing-over"}, "failing-over"),
    ],
)
def test_it_is_watched_when_others_act_or_nobody_knows_or_it_is_too_early(
    change: dict[str, object], reason: str
) -> None:
    verdict = decide(replace(DUE, **change), SETTINGS)  # type: ignore[arg-type]
    assert verdict.action is Action.OBSERVE
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"frozen_until": 1001.0}, "frozen"),
        ({"exhausted": "53300"}, "no room for more (53300)"),
        ({"exhausted": "53300", "probe_fails": None}, "no room for more (53300)"),
        ({"exhausted": "53100", "writes": None}, "no room for more (53100)"),
        ({"last_failover": 101.0}, "less than 900 s"),
        ({"started_today": 3}, "3 failovers"),
        ({"readers": ()}, "no reader"),
        ({"readers": (replace(B, status="rebooting"),)}, "no reader"),
    ],
)
def test_what_forbids_a_failover_that_is_due_is_said(change: dict[str, object], reason: str) -> None:
    verdict = decide(replace(DUE, **change), SETTINGS)  # type: ignore[arg-type]
    assert verdict.action is Action.REFUSE
    assert reason in verdict.reason


@pytest.mark.parametrize(
    "change",
    [
        {"frozen_until": 1000.0},
        {"drill_until": 1000.0},
        {"last_failover": 100.0},
        {"since": 980.0},
        {"started_today": 2},
    ],
)
def test_what_is_over_holds_back_no_longer(change: dict[str, object]) -> None:
    assert decide(replace(DUE, **change), SETTINGS).action is Action.FAIL_OVER  # type: ignore[arg-type]


def test_advice_names_the_target_and_does_nothing() -> None:
    verdict = decide(replace(DUE, drained=False), replace(SETTINGS, mode=Mode.ADVISE))
    assert (verdict.action, verdict.target) == (Action.REFUSE, "b")
    assert "advise" in verdict.reason


@pytest.mark.parametrize(("writes", "probe"), [(False, True), (None, True), (False, None)])
def test_one_witness_is_enough_when_the_other_is_silent(writes: bool | None, probe: bool | None) -> None:
    assert decide(replace(DUE, writes=writes, probe_fails=probe), SETTINGS).action is Action.FAIL_OVER


@pytest.mark.parametrize(
    "change",
    [
        {"writer": "b", "served_by": "b"},
        {"writer": "b", "served_by": None},
        {"writer": "b", "served_by": "b", "probe_fails": True},
        {"writer": "a", "served_by": "a", "probe_fails": False},
        {"writer": "a", "served_by": "a", "probe_fails": None},
        {"cluster_status": None, "writer": None, "served_by": "b"},
    ],
)
def test_it_is_over_when_somebody_writes(change: dict[str, object]) -> None:
    assert decide(replace(DUE, writes=True, **change), SETTINGS).action is Action.DONE  # type: ignore[arg-type]


# MARK: Candidates


def chosen(*readers: Reader, settings: Settings = SETTINGS, **change: object) -> str | None:
    found = candidate(replace(DUE, readers=readers, **change), settings)  # type: ignore[arg-type]
    return found.id if found else None


def test_the_lowest_tier_goes_first_then_the_least_lag() -> None:
    assert chosen(C, B) == "b"
    assert chosen(replace(C, tier=0), B) == "c"


def test_another_zone_goes_before_a_lower_tier_unless_the_spec_says_otherwise() -> None:
    near = replace(B, zone="z1")
    assert chosen(near, C) == "c"
    assert chosen(near) == "b", "the same zone is better than none"
    assert chosen(near, C, settings=replace(SETTINGS, other_zone=False)) == "b"


def test_who_lags_does_not_answer_is_not_available_or_was_refused_is_no_candidate() -> None:
    assert chosen(replace(B, lag=1.01), C) == "c"
    assert chosen(replace(B, lag=1.0), C) == "b"
    assert chosen(replace(B, answers=False), replace(C, answers=None)) == "c"
    assert chosen(replace(B, answers=False)) is None
    assert chosen(replace(B, status="rebooting"), C) == "c"
    assert chosen(B, C, refused=("b",)) == "c"


def test_a_reader_of_which_nothing_is_known_is_better_than_none() -> None:
    assert chosen(replace(B, lag=None, answers=None)) == "b"
    assert chosen(replace(B, lag=None, answers=None), C) == "c"
    assert chosen(replace(B, lag=None), replace(C, tier=0)) == "c", "one that is known to be near is better"


def test_readers_are_told_of_in_words() -> None:
    told = describe((B, replace(C, lag=None)))
    assert told == "b: available, tier 0, z2, lag 20 ms; c: available, tier 1, z3, lag unknown"


def test_when_none_qualifies_aurora_chooses() -> None:
    verdict = decide(replace(DUE, readers=(replace(B, lag=5.0), replace(C, lag=5.0))), SETTINGS)
    assert (verdict.action, verdict.target) == (Action.FAIL_OVER, None)
    assert "whom Aurora chooses" in verdict.reason


# MARK: All of it


def test_it_is_over_in_these_cases_and_in_no_other() -> None:
    """All that can be seen of a writer, and whom."""
    for writes, probe, status, failed, writer, served in product(
        (True, False, None), (True, False, None), ("available", "modifying", None), ("a", None), *[("a", "b", None)] * 2
    ):
        facts = replace(
            DUE, writes=writes, probe_fails=probe, cluster_status=status, failed_writer=failed, writer=writer,
            served_by=served,
        )
        is_one = not (writer and served) or writer == served
        is_another = {writer, served} - {None, "a"} == {"b"} and failed == "a" and is_one
        is_well = status in ("available", None) and probe is not True and is_one
        is_over = writes is True and (is_another or is_well)
        is_over_by_the_probe = writes is None and probe is False and status == "available"
        assert (decide(facts, SETTINGS).action is Action.DONE) == (is_over or is_over_by_the_probe), facts


def test_it_is_acted_on_in_these_cases_and_in_no_other() -> None:
    """All that can hold a failover back, for each way in which two witnesses may say that the writer fails."""
    yes_no = (True, False)
    for (writes, probe), asked, called, drill, early, full, frozen, cooling, spent, alone, advise, drained in product(
        ((False, True), (None, True), (False, None)), yes_no, (None, "yes", "refused", ""), *[yes_no] * 9
    ):
        facts = replace(
            DUE,
            writes=writes,
            probe_fails=probe,
            probe_was_asked=asked,
            called=called is not None,
            outcome=called or None,
            drill_until=1001.0 if drill else None,
            since=981.0 if early else 980.0,
            exhausted="53300" if full else None,
            frozen_until=1001.0 if frozen else None,
            last_failover=101.0 if cooling else 100.0,
            started_today=3 if spent else 2,
            readers=(replace(B, status="rebooting"),) if alone else (B, C),
            drained=drained,
        )
        is_watched = called is not None or drill or early or not (asked or probe)
        is_refused = full or frozen or cooling or spent or alone or advise
        expected = (
            Action.OBSERVE if is_watched
            else Action.REFUSE if is_refused
            else Action.FAIL_OVER if drained
            else Action.DRAIN
        )
        settings = replace(SETTINGS, mode=Mode.ADVISE if advise else Mode.AUTOMATIC)
        assert decide(facts, settings).action is expected, facts


FACTS = st.builds(
    Facts,
    now=st.just(1000.0),
    since=st.sampled_from([900.0, 979.0, 980.0, 981.0, 1000.0]),
    failed_writer=st.sampled_from([None, "a", "b"]),
    failed_zone=st.sampled_from([None, "z1"]),
    cluster_status=st.sampled_from([None, "available", "failing-over", "modifying"]),
    writer=st.sampled_from([None, "a", "b"]),
    readers=st.lists(
        st.sampled_from([B, C, replace(B, lag=9.0), replace(C, status="rebooting")]), max_size=3
    ).map(tuple),
    writes=st.sampled_from([None, True, False]),
    served_by=st.sampled_from([None, "a", "b"]),
    probe_fails=st.sampled_from([None, True, False]),
    probe_was_asked=st.booleans(),
    drained=st.booleans(),
    called=st.booleans(),
    refused=st.sampled_from([(), ("b",)]),
    last_failover=st.sampled_from([None, 0.0, 101.0]),
    started_today=st.integers(0, 4),
    frozen_until=st.sampled_from([None, 999.0, 1001.0]),
    drill_until=st.sampled_from([None, 999.0, 1001.0]),
)


@given(FACTS, st.sampled_from(list(Mode)))
def test_whoever_acts_has_every_reason_to(facts: Facts, mode: Mode) -> None:
    verdict = decide(facts, replace(SETTINGS, mode=mode))
    assert verdict.reason
    if verdict.action in (Action.DRAIN, Action.FAIL_OVER):
        assert mode is Mode.AUTOMATIC
        assert facts.writes is not True and facts.probe_fails is not False
        assert facts.writes is False or facts.probe_fails
        assert facts.probe_fails or facts.probe_was_asked
        assert not facts.called
        assert facts.cluster_status == "available"
        assert facts.writer == facts.failed_writer is not None
        assert facts.now - facts.since >= SETTINGS.after
        assert facts.started_today < SETTINGS.max_per_day
        assert verdict.target != facts.failed_writer or verdict.target is None or facts.failed_writer == "b"


def test_the_truth_of_two_witnesses_is_told_for_all_their_words() -> None:
    acts = {
        (writes, probe)
        for writes, probe in product((True, False, None), (True, False, None))
        if decide(replace(DUE, writes=writes, probe_fails=probe), SETTINGS).action is Action.FAIL_OVER
    }
    assert acts == {(False, True), (None, True), (False, None)}
