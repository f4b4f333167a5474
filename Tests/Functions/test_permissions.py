# SPDX-License-Identifier: Apache-2.0
"""What a function calls is what its role allows: by the functions' sources and the policies of the blueprint's snapshot."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "Sources" / "Functions"
SNAPSHOT = ROOT / "Tests" / "BlueprintTests" / "Snapshots" / "payments.txt"
SERVICES = (
    "backup", "cloudwatch", "dynamodb", "fis", "lambda", "logs", "rds", "rds-data", "s3", "secretsmanager", "sns", "sqs",
)  # fmt: skip
FUNCTIONS = sorted(path.parent.name for path in SOURCES.glob("*/handler.py"))

# Methods of ours have the names of these.
UNUSED = {"dynamodb:ExecuteStatement", "dynamodb:Query"}

# Where an action is not named as its operation is.
EXCEPTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}

# What a function imports for something else than the call that is in it.
UNCALLED = {"probe": {"rds-data:ExecuteStatement"}}

# What AWS asks of the role besides, without a call of the function's own.
BESIDES = {
    # The Data API reads the secret as the caller. Lambda takes messages, and puts what failed aside, as the function.
    "*": {
        "logs:CreateLogStream", "logs:PutLogEvents", "rds-data:BatchExecuteStatement", "rds-data:BeginTransaction",
        "rds-data:CommitTransaction", "rds-data:ExecuteStatement", "rds-data:RollbackTransaction",
        "secretsmanager:GetSecretValue", "sqs:SendMessage",
    },
    # Tables are shared, and so is what may be done with them.
    "tables": {"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
    "network": {
        "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
    },
    "replay_worker": {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
    # RDS tags the instance, and makes the restored cluster's secret, as the caller.
    "backup_verifier": {
        "kms:DescribeKey", "rds:AddTagsToResource", "secretsmanager:CreateSecret", "secretsmanager:TagResource",
    },
}  # fmt: skip


@cache
def operations() -> dict[str, str]:
    """The name of a boto3 method → the action that it needs."""
    session = botocore.session.get_session()
    found: dict[str, str] = {}
    for service in SERVICES:
        for operation in session.get_service_model(service).operation_names:
            action = f"{service}:{operation}"
            if action not in UNUSED:
                found.setdefault(xform_name(operation), EXCEPTIONS.get(action, action))
    return found


def modules(name: str, seen: set[str]) -> set[str]:
    """The function's module and all of ours that it imports, by their dotted names."""
    if name in seen:
        return seen
    seen.add(name)
    for node in ast.walk(ast.parse(path(name).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and path(node.module).exists():
            modules(node.module, seen)
    return seen


def path(module: str) -> Path:
    return SOURCES / (module.replace(".", "/") + ".py")


def called(function: str) -> set[str]:
    """The actions that its calls need; those that it lists page by page are named by a text."""
    found: set[str] = set()
    for module in modules(f"{function}.handler", set()):
        for node in ast.walk(ast.parse(path(module).read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            method = node.func.attr
            if method == "get_paginator" and isinstance(node.args[0], ast.Constant):
                method = str(node.args[0].value)
            if method in operations():
                found.add(operations()[method])
    return found


def allowed(function: str) -> set[str]:
    role = re.escape(f"iam/role.function-{function.replace('_', '-')} ")
    work = rf'^{role}.*?^  inlinePolicies: \{{work: "(.*?)"\}}$'
    found = re.search(work, SNAPSHOT.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"the snapshot has no role of {function}"
    actions: set[str] = set()
    for statement in json.loads(found[1])["Statement"]:
        if statement["Effect"] == "Allow":
            action = statement["Action"]
            actions |= {action} if isinstance(action, str) else set(action)
    return actions


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_a_function_calls_its_role_allows(function: str) -> None:
    assert called(function) - UNCALLED.get(function, set()) - allowed(function) == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_a_role_allows_its_function_calls(function: str) -> None:
    besides = BESIDES["*"] | BESIDES["tables"] | BESIDES["network"] | BESIDES.get(function, set())
    assert allowed(function) - called(function) - besides == set()
