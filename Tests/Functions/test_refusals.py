# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)

from shared.refusals import Meaning, meaning, name, sqlstate


def error(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "ExecuteStatement")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("23505", Meaning.REFUSED), ("22P02", Meaning.REFUSED), ("42601", Meaning.REFUSED), ("42P01", Meaning.REFUSED),
        ("P0001", Meaning.REFUSED), ("40002", Meaning.REFUSED), ("0A000", Meaning.REFUSED),
        ("40001", Meaning.AGAIN), ("40P01", Meaning.AGAIN), ("55P03", Meaning.AGAIN), ("57014", Meaning.AGAIN),
        ("25006", Meaning.LATER), ("57P01", Meaning.LATER), ("53300", Meaning.LATER), ("08006", Meaning.LATER),
        ("28P01", Meaning.LATER), ("XX000", Meaning.LATER), ("55000", Meaning.LATER),
    ],
)
def test_a_sqlstate_says_whether_a_repetition_helps(state: str, expected: Meaning) -> None:
    assert meaning(error("DatabaseErrorException", f"ERROR: some text; Position: 15; SQLState: {state}")) is expected


@pytest.mark.parametrize(
    ("met", "expected"),
    [
        (error("BadRequestException"), Meaning.REFUSED),
        (error("UnsupportedResultException"), Meaning.REFUSED),
        (error("ValidationException"), Meaning.REFUSED),
        (ParamValidationError(report="sql"), Meaning.REFUSED),
        (error("StatementTimeoutException"), Meaning.AGAIN),
        (error("TransactionNotFoundException"), Meaning.AGAIN),
        (error("DatabaseUnavailableException"), Meaning.LATER),
        (error("DatabaseResumingException"), Meaning.LATER),
        (error("ServiceUnavailableError"), Meaning.LATER),
        (error("InternalServerErrorException"), Meaning.LATER),
        (error("AccessDeniedException"), Meaning.LATER),
        (error("SecretsErrorException"), Meaning.LATER),
        (error("ThrottlingException"), Meaning.LATER),
        (error("DatabaseErrorException", "no state at all"), Meaning.LATER),
        (ReadTimeoutError(endpoint_url="https://x"), Meaning.LATER),
        (EndpointConnectionError(endpoint_url="https://x"), Meaning.LATER),
    ],
)
def test_an_error_without_a_sqlstate_is_told_by_its_code(met: ClientError | BotoCoreError, expected: Meaning) -> None:
    assert meaning(met) is expected


def test_a_name_for_the_log_has_no_value_in_it() -> None:
    refused = error("DatabaseErrorException", "ERROR: Key (iban)=(DE02) already exists; SQLState: 23505")
    assert name(refused) == "DatabaseErrorException 23505"
    assert sqlstate(refused) == "23505"
    assert name(ReadTimeoutError(endpoint_url="https://x")) == "ReadTimeoutError"
