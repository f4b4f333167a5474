# SPDX-License-Identifier: Apache-2.0
"""The runbook names all that may wake somebody and nothing else, and its commands are such as AWS takes."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from coordinator.memory import Memory
from moto_table import moto_table
from service_models import check_request, model
from shared.tables import Table

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
STACK = (ROOT / "Tests" / "BlueprintTests" / "Snapshots" / "payments.txt").read_text()
FUNCTIONS = ROOT / "Sources" / "Functions"

# Of commands, in a page: fenced or indented.
BLOCK = r"^```sh\n(.*?)^```$|^((?:    aws [^\n]*\n)+)"

# What the command line has for itself, and the services do not know.
OF_THE_CLI = {"query", "output", "cli-binary-format"}


# MARK: Messages


def first_column(heading: str) -> list[str]:
    """What stands between backticks in the first column of the section's table."""
    [section] = re.findall(rf"^##+ {heading}$(.*?)(?=^##|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def pattern(text: ast.expr) -> str:
    """Of a message in the source: whatever is put into it may be anything."""
    match text:
        case ast.Constant(value=str(said)):
            return re.escape(said)
        case ast.JoinedStr(values=parts):
            return "".join(pattern(part) if isinstance(part, ast.Constant) else ".+" for part in parts)
    raise AssertionError(f"not a text: {ast.unparse(text)}")


def nodes(path: str) -> Iterator[ast.AST]:
    return ast.walk(ast.parse((FUNCTIONS / path).read_text()))


def reasons(action: str) -> list[str]:
    """Of every verdict of this action in the table."""
    return [
        pattern(node.args[1])
        for node in nodes("shared/decisions.py")
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Verdict"
        if ast.unparse(node.args[0]) == f"Action.{action}"
    ]


def subjects() -> list[str]:
    """Of every message to a topic."""
    found: list[ast.expr] = []
    for path in ("coordinator/watch.py", "coordinator/handler.py", "coordinator/drills.py"):
        for node in nodes(path):
            match node:
                case ast.Yield(value=ast.Tuple(elts=[_, subject])):
                    found.append(subject)
                case ast.Call(func=ast.Attribute(attr="page" | "warn"), args=[ast.Constant() | ast.JoinedStr(), *_]):
                    found.append(node.args[0])
                case ast.Dict():
                    named = zip(node.keys, node.values, strict=True)
                    found += [value for key, value in named if isinstance(key, ast.Constant) and key.value == "subject"]
    return [pattern(subject) for subject in found]


@pytest.mark.parametrize(
    ("heading", "patterns"),
    [
        ("The coordinator's messages", subjects()),
        ("Nothing is done", reasons("REFUSE")),
        ("Not over yet", reasons("OBSERVE")),
    ],
)
def test_every_message_has_its_line_and_every_line_its_message(heading: str, patterns: list[str]) -> None:
    lines = first_column(heading)
    assert len(patterns) > 5
    assert [one for one in patterns if not any(re.fullmatch(one, line) for line in lines)] == []
    assert [line for line in lines if not any(re.fullmatch(one, line) for one in patterns)] == []


@pytest.mark.parametrize(
    ("heading", "topic"), [("Alarms that wake somebody", "critical"), ("Alarms for office hours", "warning")]
)
def test_every_alarm_that_tells_somebody_has_its_line(heading: str, topic: str) -> None:
    alarms = [
        block.split()[0].split(".", 1)[1]
        for block in STACK.split("\n\n")
        if block.startswith(("cloudwatch/alarm.", "cloudwatch/composite-alarm."))
        and f"alarmActions: [<sns/topic.{topic}.arn>]" in block
    ]
    assert len(alarms) > 5
    if topic == "warning":
        # Made where the spec has `alerts.reconciledWithin`, which this one has not.
        alarms.append("reconcile-overdue")
    assert sorted(first_column(heading)) == sorted(alarms)


# MARK: Commands


def blocks() -> list[tuple[str, str]]:
    """The pages' blocks of commands for AWS."""
    return [
        (path.name, block)
        for path in sorted((ROOT / "docs").glob("*.md"))
        for fenced, indented in re.findall(BLOCK, path.read_text(), re.MULTILINE | re.DOTALL)
        if "aws " in (block := fenced or indented)
    ]


def calls(block: str, folder: Path) -> list[list[str]]:
    """The arguments of each call of `aws`, as the shell makes them."""
    log = folder / "calls"
    log.write_text("")
    script = 'aws() { jsonize "$@" >> "$CALLS"; echo answer; }\njsonize() { "$PYTHON" -c "$JSONIZE" "$@"; }\n' + block
    environment = {
        **os.environ,
        "CALLS": str(log),
        "PYTHON": sys.executable,
        "JSONIZE": "import json, sys; print(json.dumps(sys.argv[1:]))",
    }
    subprocess.run(["bash", "-euc", script], env=environment, cwd=folder, check=True, capture_output=True)
    return [json.loads(line) for line in log.read_text().splitlines()]


def request(words: list[str]) -> tuple[str, str, dict[str, Any]]:
    """A service, an operation, and the parameters as botocore takes them."""
    service, command, *rest = words
    operations = {xform_name(name, "-"): name for name in model(service).operation_names}
    shape = model(service).operation_model(operations[command]).input_shape
    members = {xform_name(name, "-"): (name, member) for name, member in shape.members.items()}
    params: dict[str, Any] = {}
    while rest:
        option = rest.pop(0)
        if not option.startswith("--"):
            assert (service, command, rest) == ("lambda", "invoke", []), f"{option} belongs to no option"
            continue
        values = []
        while rest and not rest[0].startswith("--") and not (values and command == "invoke"):
            values.append(rest.pop(0))
        if option[2:] in OF_THE_CLI:
            continue
        name, member = members[option[2:]]
        match member.type_name:
            case "integer" | "long":
                params[name] = int(values[0])
            case "list":
                params[name] = values
            case "structure" | "map":
                params[name] = json.loads(values[0])
            case _:
                [params[name]] = values
    return service, operations[command], params


@pytest.mark.parametrize(("page", "block"), blocks())
def test_commands_are_such_as_aws_takes_and_name_what_a_stack_has(page: str, block: str, tmp_path: Path) -> None:
    made = calls(block, tmp_path)
    assert made
    for words in made:
        check_request(*request(words))
        for name in re.findall(r"(?<![\w-])(?:/\w+/)*payments\b[\w./-]*", " ".join(words)):
            assert f"[{name}]" in STACK, f"{page}: a stack has no {name}"


def test_a_freeze_is_one_to_those_who_are_to_keep_it(tmp_path: Path) -> None:
    puts, removes = (
        request(words)[2]
        for word in ("put-item", "delete-item")
        for page, block in blocks()
        if page == "runbook.md" and word in block
        for words in calls(block, tmp_path)
    )
    with moto_table("payments-decisions") as client:
        memory = Memory(Table(client, "payments-decisions"))
        client.put_item(**puts)
        until = memory.frozen_until()
        assert until is not None and until - time.time() == pytest.approx(4 * 3600, abs=60)
        client.delete_item(**removes)
        assert memory.frozen_until() is None
