# SPDX-License-Identifier: Apache-2.0
"""What the alarms and the dashboard of a stack watch is what somebody measures, and the other way round.

An alarm on a metric that nobody measures is silent for ever, and so is one whose dimensions are not those measured.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import shared.metrics
from coordinator.telling import PHASES
from shared.metrics import Metric

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ROOT / "Sources" / "Functions"
SNAPSHOT = ROOT / "Tests" / "BlueprintTests" / "Snapshots" / "payments.txt"
ALARMS = ROOT / "Sources" / "Blueprint" / "Watching" / "StackAlarms.swift"
PULSE = ROOT / "Sources" / "CLI" / "Session+Pulse.swift"
NAMESPACE = '"harecon/payments"'

# A metric and, for one that is measured of several things, which of them.
Watched = tuple[str, str, str]

DECLARED = {name: value for name, value in vars(shared.metrics).items() if isinstance(value, Metric)}


@cache
def resources(kind: str) -> dict[str, str]:
    """The snapshot's resources of a kind: their attributes by their names."""
    found = re.findall(rf"^{re.escape(kind)}\.(\S+).*\n((?:  .*\n)*)", SNAPSHOT.read_text(), re.MULTILINE)
    return dict(found)


def in_alarms() -> set[Watched]:
    """Also what the composite alarms and the drills' stop conditions rest on: they watch alarms."""
    found: set[Watched] = set()
    for text in resources("cloudwatch/alarm").values():
        alone = rf'^  namespace: {NAMESPACE}\n  metric: "(\w+)"\n  dimensions: \{{(?:(\w+): "([^"]*)")?\}}'
        found |= set(re.findall(alone, text, re.MULTILINE))
        for query in re.findall(rf"\{{[^{{}}]*(?:\{{[^{{}}]*\}}[^{{}}]*)?namespace: {NAMESPACE}[^{{}}]*\}}", text):
            (metric,) = re.findall(r'metric: "(\w+)"', query)
            found |= {(metric, *pair) for pair in re.findall(r'dimensions: \{(\w+): "([^"]*)"\}', query) or [("", "")]}
    return found


def in_dashboard() -> set[Watched]:
    (text,) = resources("cloudwatch/dashboard").values()
    return set(re.findall(rf'\[{NAMESPACE}, "(\w+)", (?:"(\w+)", "([^"]*)", )?\{{', text))


def by_functions() -> set[Watched]:
    """Everything that the functions of the snapshot's stack can measure."""
    members = set(re.findall(r"^rds/instance\.\S+ +\[(\S+)\]$", SNAPSHOT.read_text(), re.MULTILINE))
    values = {"": {""}, "Member": members, "Phase": set(PHASES), "How": {"idle", "busy"}}
    return {
        (metric.name, metric.dimension, value) for metric in DECLARED.values() for value in values[metric.dimension]
    }


def by_others() -> set[Watched]:
    """By CloudWatch Logs' filters, and by `harecon reconcile`."""
    filters = set(re.findall(r'^  metric: "(\w+)"$', "".join(resources("logs/metric-filter").values()), re.MULTILINE))
    pulse = set(re.findall(r'MetricDatum\(metricName: "(\w+)"', PULSE.read_text()))
    assert filters and pulse
    return {(name, "", "") for name in filters | pulse}


def test_what_is_watched_is_measured() -> None:
    watched = in_alarms() | in_dashboard()
    assert len(in_alarms()) > 5 and len(in_dashboard()) > 20
    assert watched - by_functions() - by_others() == set()


def test_what_is_measured_is_watched() -> None:
    # Recorded for a spec that asks for its alarm, and the snapshot's does not.
    assert 'own("ReconcilePass"' in ALARMS.read_text()
    assert by_functions() | by_others() - {("ReconcilePass", "", "")} <= in_alarms() | in_dashboard()


def test_every_alarm_that_names_the_namespace_was_read() -> None:
    text = "".join(resources("cloudwatch/alarm").values())
    mentioned = set(re.findall(rf'metric: "(\w+)", namespace: {NAMESPACE}', text))
    mentioned |= set(re.findall(rf'namespace: {NAMESPACE}\n  metric: "(\w+)"', text))
    assert {metric for metric, _, _ in in_alarms()} == mentioned
    (body,) = resources("cloudwatch/dashboard").values()
    assert {metric for metric, _, _ in in_dashboard()} == set(re.findall(rf'\[{NAMESPACE}, "(\w+)"', body))


def used(path: Path) -> set[str]:
    """The names that a module works with, beside those that it only imports or declares."""
    names = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)]
    return {node.id for node in names if isinstance(node.ctx, ast.Load)}


def test_every_metric_is_measured_by_some_function() -> None:
    names = set().union(*(used(path) for path in FUNCTIONS.glob("*/*.py")))
    assert set(DECLARED) - names == set()


def test_a_metric_has_one_name() -> None:
    names = [metric.name for metric in DECLARED.values()]
    assert len(names) == len(set(names)) > 15


def test_what_is_measured_of_several_things_says_of_which() -> None:
    """By the calls in the sources: of each metric with a dimension, and of no other."""
    seen: set[str] = set()
    for path in FUNCTIONS.glob("*/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "measure":
                continue
            says = any(word.arg == "of" for word in node.keywords)
            keys = node.args[0].keys if isinstance(node.args[0], ast.Dict) else []
            for key in (key.id for key in keys if isinstance(key, ast.Name)):
                seen.add(key)
                assert bool(DECLARED[key].dimension) == says, key
    assert len(seen) > 8
