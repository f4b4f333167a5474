# SPDX-License-Identifier: Apache-2.0
"""Every command as a process: what it answers, where it writes it, and the code it ends with."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import HARECON, ROOT, Account, Harecon, until, without_trail

READING = ("Describe", "Get", "List")


def wrote(account: Account, since: int = 0) -> list[str]:
    return [c["operation"] for c in account.calls()[since:] if not c["operation"].startswith(READING)]


def owned(account: Account) -> set[str]:
    return {
        str(r["tags"].get("harecon:id")) for r in account.inventory()
        if r.get("tags", {}).get("harecon:stack") == "payments"
    }


# Commands that call nothing


@pytest.mark.parametrize("arguments", [("version",), ("plan", "-f", "stack.yaml", "-detailed-exitcode")])
def test_an_answer_that_cannot_be_written_is_no_success(harecon: Harecon, arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        finished = subprocess.run(
            [str(HARECON), *arguments], cwd=harecon.folder, env=harecon.environment, stdout=full, stderr=subprocess.PIPE,
            text=True, timeout=120, check=False,
        )
    assert finished.returncode == 1
    assert "cannot be written to standard output: No space left on device" in finished.stderr


def test_a_reader_that_has_read_enough_is_no_failure(harecon: Harecon) -> None:
    process = subprocess.Popen(
        [str(HARECON), "schema"], env=harecon.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        restore_signals=False,  # SIGPIPE is ignored, as under many a supervisor
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=30) == 0


def test_init_writes_a_spec_that_validates_and_workflows_that_fail_when_harecon_does(harecon: Harecon) -> None:
    arguments = ("init", "-name", "orders", "-account", "111122223333", "-region", "us-east-1")
    files = harecon(*arguments, "-o", "json").expect(0).json["files"]
    assert files[0] == "specs/orders.yaml" and len(files) == 4
    harecon("validate", "-f", "specs/orders.yaml").expect(0)
    harecon("fmt", "-check", "-f", "specs/orders.yaml").expect(0)

    for name in files[1:]:
        workflow: dict[str, Any] = yaml.safe_load((harecon.folder / name).read_text())
        assert workflow["defaults"]["run"]["shell"] == "bash", "only then a pipe fails with its first command"
        (job,) = workflow["jobs"].values()
        runs = [step.get("run", "") for step in job["steps"]]
        installs = next(i for i, run in enumerate(runs) if "GITHUB_PATH" in run)
        commands = [i for i, run in enumerate(runs) if run.startswith("harecon ")]
        assert commands and installs < commands[0]
        for i in commands:
            help_text = harecon(*runs[i].split()[1:2], "-help").expect(0).out
            flags = [word for word in runs[i].split(" | ")[0].split() if word.startswith("-") and word != "-f"]
            assert all(f"-{flag}" in help_text for flag in flags), (flags, help_text)

    again = harecon(*arguments).expect(4)
    assert "specs/orders.yaml" in again.err and "nothing was written" in again.err


def test_the_workflow_of_init_does_not_call_a_failed_plan_green(harecon: Harecon, tmp_path: Path) -> None:
    harecon("init", "-name", "orders").expect(0)
    workflow = yaml.safe_load((harecon.folder / ".github/workflows/harecon-plan.yml").read_text())
    command = next(s["run"] for s in workflow["jobs"]["plan"]["steps"] if "| tee" in s.get("run", ""))
    (tmp_path / "bin").mkdir()
    failing = tmp_path / "bin/harecon"
    failing.write_text("#!/bin/sh\nexit 3\n")
    failing.chmod(0o755)
    # How a runner starts `shell: bash`.
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command], cwd=tmp_path, check=False, timeout=30,
        env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")},
    )
    assert ended.returncode == 3


def test_init_without_workflows(harecon: Harecon) -> None:
    assert harecon("init", "-no-ci", "-o", "json").expect(0).json["files"] == ["specs/payments.yaml"]
    assert not (harecon.folder / ".github").exists()


def test_init_refuses_a_name_that_no_stack_can_have(harecon: Harecon) -> None:
    refused = harecon("init", "-name", "Not A Name", "-region", "mars-1").expect(4)
    assert '-name: "Not A Name" is not a stack' in refused.err and '-region: "mars-1" is not a region' in refused.err
    assert ".yaml:" not in refused.err, "nobody looks for a line of a file that was not written"
    assert not (harecon.folder / "specs").exists()


def test_a_plan_that_cannot_be_saved_is_not_made(harecon: Harecon, account: Account) -> None:
    refused = harecon.plan("-out", "missing/saved.plan").expect(1)
    assert '"missing/saved.plan"' in refused.err and "missing" in refused.err
    assert account.calls() == []


def test_who_has_several_specs_is_told_how_to_name_one(harecon: Harecon) -> None:
    for name in ("orders", "ledger"):
        harecon("init", "-no-ci", "-name", name).expect(0)
    told = harecon("validate", HARECON_FILE="").expect(4).err
    assert "-f specs/ledger.yaml, -f specs/orders.yaml" in told


def test_fmt_checks_and_then_writes_the_canonical_form_keeping_comments(harecon: Harecon) -> None:
    harecon.edit_spec("tags: {owner: dbre}", "tags:   { owner:   dbre }   # ours")
    crooked = harecon.spec.read_text()
    assert "not in canonical form" in harecon("fmt", "-check", "-f", str(harecon.spec)).expect(5).out
    assert harecon.spec.read_text() == crooked
    assert harecon("fmt", "-f", str(harecon.spec), "-json").expect(0).json["changed"] is True
    assert "tags: {owner: dbre}" in harecon.spec.read_text() and "# ours" in harecon.spec.read_text()
    harecon("fmt", "-check", "-f", str(harecon.spec)).expect(0)
    harecon("validate", "-f", str(harecon.spec)).expect(0)


def test_schema_is_the_one_in_the_documentation(harecon: Harecon) -> None:
    schema = harecon("schema").expect(0).json
    assert schema == json.loads((ROOT / "docs/spec.schema.json").read_text())
    assert set(schema["required"]) >= {"apiVersion", "kind", "name", "account", "region", "network", "cluster", "dns"}


def test_explain_knows_fields_and_rules_and_corrects_the_spelling(harecon: Harecon) -> None:
    assert "cluster" in harecon("explain").expect(0).out
    assert "tier" in harecon("explain", "cluster.members.tier").expect(0).out
    assert "HA012" in harecon("explain", "HA012").expect(0).out
    assert harecon("explain", "network.cidr", "-o", "json").expect(0).json["schema"] == "harecon.explanation/v1"
    assert 'did you mean "' in harecon("explain", "cluster.membrs").expect(4).err
    assert "-o markdown` the rules" in harecon("explain", "HA999").expect(4).err
    assert harecon("explain", "-o", "markdown").expect(0).out.strip() == (ROOT / "docs/spec.md").read_text().strip()


def test_version_in_both_forms(harecon: Harecon) -> None:
    version = harecon("version", "-o", "json").expect(0).json["version"]
    assert harecon("version").expect(0).out == f"harecon {version}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_know_every_command(harecon: Harecon, shell: str) -> None:
    script = harecon("completions", shell).expect(0).out
    commands = ["init", "validate", "fmt", "explain", "schema", "plan", "apply", "reconcile", "graph", "destroy", "iam"]
    assert all(command in script for command in commands)
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True, timeout=30)


def test_the_graph_in_all_its_forms_says_the_same(harecon: Harecon, account: Account) -> None:
    def graph(form: str) -> str:
        return harecon("graph", "-f", str(harecon.spec), "-o", form).expect(0).out

    resources = json.loads(graph("json"))["resources"]
    needs = {r["address"]: r["needs"] for r in resources}
    assert "rds/cluster.main" in needs["rds/instance.a"]
    assert all(needed in needs for all_needed in needs.values() for needed in all_needed)
    dot, mermaid = graph("dot"), graph("mermaid")
    assert dot.startswith("digraph") and mermaid.startswith(("graph", "flowchart"))
    for name in {address.split(".", 1)[1] for address in needs}:
        assert name in dot and name in mermaid
    assert account.calls() == []


# Plans


def test_a_concise_plan_leaves_out_the_attributes_and_a_target_leaves_out_the_rest(harecon: Harecon) -> None:
    concise = harecon.plan("-concise").expect(0).out
    assert "rds/cluster.main" in concise and "deletionProtection" not in concise
    assert "deletionProtection" in harecon.plan().expect(0).out

    changes = harecon.plan("-target", "ec2/subnet.us-east-1a", "-o", "json").expect(0).json["changes"]
    assert {c["address"] for c in changes} == {"ec2/subnet.us-east-1a", "ec2/vpc.main", "rds/cluster-parameter-group.main"}
    mistyped = harecon.plan("-target", "rds/clutser.main").expect(4).err
    assert '"rds/clutser.main" is not in the spec' in mistyped and 'did you mean "rds/cluster.main"?' in mistyped
    assert "is no address" in harecon.plan("-target", "cluster").expect(4).err


def test_a_target_is_made_with_what_it_needs_and_nothing_else(harecon: Harecon, account: Account) -> None:
    harecon.apply("-target", "ec2/subnet.us-east-1a").expect(0)
    assert owned(account) == {"ec2/subnet.us-east-1a", "ec2/vpc.main", "rds/cluster-parameter-group.main"}
    harecon.plan("-detailed-exitcode", "-target", "ec2/subnet.us-east-1a").expect(0)
    harecon.plan("-detailed-exitcode").expect(2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("plan", "-destroy", "-target", "ec2/vpc.main"), "-target does not go with it"),
        (("plan", "-keep-data"), "-destroy"),
        (("plan", "-destroy", "-keep-data", "-discard-data"), "contradict"),
        (("destroy", "-keep-data", "-discard-data"), "contradict"),
        (("apply", "-confirm", "payments"), "saved plan"),
        (("plan", "specs/payments.yaml"), "name the spec with -f specs/payments.yaml"),
        (("plan", "-tarjet", "ec2/vpc.main"), "--target"),
        (("apply", "-parallelism", "0"), "-parallelism 0"),
        (("destroy", "-parallelism", "-1"), "-parallelism"),
        (("reconcile", "-parallelism", "0"), "-parallelism 0"),
        (("reconcile", "-every", "often"), "-every"),
        (("reconcile", "-every", "0s"), "-every"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused_before_any_call(
    harecon: Harecon, account: Account, arguments: tuple[str, ...], says: str
) -> None:
    refused = harecon(*arguments, "-f", str(harecon.spec)).expect(4)
    assert says in refused.err
    assert account.calls() == []


def test_what_is_wrong_is_told_as_json_too(harecon: Harecon, account: Account) -> None:
    unknown = harecon("plan", "-bogus", "-o", "json").expect(4)
    assert unknown.json["diagnostics"][0]["rule"] == "cli.usage"
    harecon.edit_spec("min: 2", "min: 0")
    invalid = harecon.plan("-o", "json").expect(4)
    errors = [d for d in invalid.json["diagnostics"] if d["severity"] == "error"]
    assert [(d["rule"], d["start"]["line"]) for d in errors] == [("HA010", 20)]
    assert "^" in invalid.err, "people see it underlined"
    assert account.calls() == []


def test_a_stack_is_not_taken_down_without_its_name(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    live = owned(account)
    refused = harecon("destroy", "-auto-approve", "-f", str(harecon.spec)).expect(4)
    assert "add -confirm payments" in refused.err
    assert owned(account) == live


# Taking down


def test_a_saved_plan_that_takes_the_stack_down_needs_its_name(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    planned = harecon.plan("-destroy", "-discard-data", "-out", "down.plan").expect(0)
    assert "-confirm payments" in planned.err
    since = len(account.calls())
    unasked = harecon("apply", "down.plan", "-auto-approve").expect(4)
    assert "-confirm payments" in unasked.err
    assert "orders" in harecon("apply", "down.plan", "-confirm", "orders").expect(4).err
    assert wrote(account, since) == []
    harecon("apply", "down.plan", "-confirm", "payments").expect(0)
    assert owned(account) <= {"kms/key.main", "secretsmanager/secret.app"}
    assert "rds/cluster-snapshot" not in {r["kind"] for r in account.inventory()}


def test_destroy_with_the_wrong_name_or_none_changes_nothing(harecon: Harecon, account: Account) -> None:
    harecon.apply("-target", "ec2/vpc.main").expect(0)
    since = len(account.calls())
    assert "-confirm payments" in harecon("destroy", "-f", str(harecon.spec), "-auto-approve").expect(4).err
    refused = harecon("destroy", "-f", str(harecon.spec), "-confirm", "orders").expect(4)
    assert '"orders"' in refused.err and '"payments"' in refused.err
    assert wrote(account, since) == []


def test_destroy_can_keep_the_data_and_what_it_needs(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    planned = harecon.plan("-destroy", "-keep-data", "-o", "json").expect(0).json
    assert "rds/cluster.main" not in {c["address"] for c in planned["changes"]}
    harecon.destroy("-keep-data").expect(0)
    left = owned(account)
    assert {"rds/cluster.main", "kms/key.main", "route53/hosted-zone.main", "ec2/vpc.main"} <= left
    assert not any(address.startswith(("rds/instance.", "route53/record-set.")) for address in left), left
    harecon.apply().expect(0)
    harecon.must_be_converged()


# Reconcile


def test_reconcile_goes_on_until_a_signal_and_takes_a_changed_spec_up(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    process = harecon.start("reconcile", "-f", str(harecon.spec), "-mode", "repair-safe", "-every", "1s")
    try:
        assert process.stdout is not None
        assert "nothing to do" in process.stdout.readline()
        harecon.edit_spec("owner: dbre", "owner: platform")
        line = next(line for line in process.stdout if "nothing to do" not in line)
        assert "repaired in" in line and "tags" in line
        cluster = account.client("rds").describe_db_clusters()["DBClusters"][0]
        assert {"Key": "owner", "Value": "platform"} in cluster["TagList"]

        since = len(account.calls())
        harecon.edit_spec("name: payments ", "name: orders ")
        line = next(line for line in process.stdout if "nothing to do" not in line)
        assert "changed nothing" in line and '"name"' in line and '"orders"' in line
        assert wrote(account, since) == []
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 4, err
    assert "another stack" in err


def test_a_loop_without_trouble_ends_well_at_a_signal(harecon: Harecon) -> None:
    harecon.apply().expect(0)
    process = harecon.start("reconcile", "-f", str(harecon.spec), "-every", "1h", "-o", "json")
    assert process.stdout is not None
    assert '"schema"' in process.stdout.readline() + process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, out + err


def test_repair_safe_mends_what_nobody_notices_and_holds_the_rest_back(harecon: Harecon, account: Account) -> None:
    harecon.apply().expect(0)
    vpc = account.client("ec2").describe_vpcs(Filters=[{"Name": "tag:harecon:id", "Values": ["ec2/vpc.main"]}])["Vpcs"][0]
    tags = [{"Key": "harecon:stack", "Value": "payments"}, {"Key": "harecon:id", "Value": "ec2/security-group.former"}]
    account.edit("ec2", "CreateSecurityGroup", GroupName="former", Description="former", VpcId=vpc["VpcId"],
                 TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}])
    account.edit("rds", "ModifyDBCluster", DBClusterIdentifier="payments", BackupRetentionPeriod=1, ApplyImmediately=True)
    since = len(account.calls())
    safe = harecon("reconcile", "-f", str(harecon.spec), "-mode", "repair-safe", "-o", "json").expect(2).json
    assert safe["held"] == ["ec2/security-group.former"], "a deletion is for a person to decide"
    assert safe["done"] == ["update rds/cluster.main"]
    assert without_trail(wrote(account, since)) == ["ModifyDBCluster"]


# Signals and failures


def test_a_second_signal_leaves_at_once_and_the_rerun_goes_on(harecon: Harecon, account: Account) -> None:
    account.control("clock", {"auto": False, "scale": 20})
    process = harecon.start("apply", "-f", str(harecon.spec), "-auto-approve")
    until("the cluster to be asked for", lambda: any(c["operation"] == "CreateDBCluster" for c in account.calls()), 120)
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    next(line for line in process.stderr if "once more to leave at once" in line)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 130
    account.control("clock", {"auto": True})
    harecon.apply().expect(0)
    harecon.must_be_converged()


def test_sigterm_finishes_what_is_in_flight(harecon: Harecon, account: Account) -> None:
    account.control("hold", {"n": 3})
    process = harecon.start("apply", "-f", str(harecon.spec), "-auto-approve", "-parallelism", "1")
    until("a call to be held", lambda: account.control("held").get("held"), 60)
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    next(line for line in process.stderr if "what is under way is finished first" in line)
    account.control("release", {})
    out, err = process.communicate(timeout=60)
    assert process.returncode == 6, out + err
    assert "not done:" in out and "create rds/cluster.main" in out and "create rds/instance.a" in out
    assert re.search(r"create \d\d cloudwatch/alarm,", out) and "cloudwatch/alarm.cpu-writer" not in out
    before = len(owned(account))
    assert before >= 1
    harecon.apply().expect(0)


def test_a_failed_step_stops_what_needs_it_and_nothing_else(harecon: Harecon, account: Account) -> None:
    account.control("faults", [{
        "service": "rds", "operation": "CreateDBParameterGroup", "kind": "denied", "times": 100}])
    failed = harecon.apply("-o", "json").expect(9)
    report = failed.json
    (failure,) = report["failed"]
    assert failure["step"].startswith("create rds/parameter-group.")
    message = json.dumps(failure["diagnostics"])
    assert "CreateDBParameterGroup" in message and "request" in message and '"hint"' in message
    assert "create rds/instance.a" in report["notStarted"]
    assert {"create ec2/vpc.main", "create rds/cluster.main"} <= set(report["done"])
    assert not set(report["done"]) & set(report["notStarted"])

    told = harecon.apply().expect(9)
    assert "failed: create rds/parameter-group." in told.out
    assert "not done: " in told.out and "1 failed" in told.out
    account.control("faults", [])
    harecon.apply().expect(0)
    harecon.must_be_converged()


def test_a_region_other_than_that_of_its_zones(harecon: Harecon, account: Account) -> None:
    harecon.edit_spec("region: us-east-1", "region: eu-west-1")
    refused = harecon.plan().expect(4)
    assert "us-east-1a" in refused.err and "eu-west-1" in refused.err
    assert account.calls() == []
