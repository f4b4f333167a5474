# SPDX-License-Identifier: Apache-2.0
"""The Data API's stand-in, asked as boto3 asks the service."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harecon_lab.cluster import USER, Cluster
from harecon_lab.data_api import DataApi, Limits, UnknownSecret
from harecon_lab.installed import wait_for
from harecon_lab.sessions import Place

ACCOUNT = "111122223333"
CLUSTER = f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:payments"
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:master"


def client(endpoint: str, secret: str = f"sandbox-secret-{ACCOUNT}", **config: Any) -> Any:
    return boto3.client(
        "rds-data", region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id=f"AKIA{ACCOUNT}",
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=30, **config),
    )  # fmt: skip


def started(cluster: Cluster, limits: Limits = Limits()) -> DataApi:
    def writer() -> Place:
        return Place(cluster.writer.name, cluster.writer.port, cluster.setup.certificate)

    def credentials(arn: str) -> tuple[str, str]:
        if arn != SECRET:
            raise UnknownSecret(f"there is no secret {arn}")
        return USER, cluster.password

    api = DataApi(CLUSTER, writer, credentials, limits=limits)
    api.start()
    return api


@dataclass(frozen=True)
class Caller:
    api: DataApi
    cluster: Cluster
    client: Any

    def __call__(self, sql: str, *parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
        given: dict[str, Any] = {"parameters": list(parameters)} if parameters else {}
        answer: dict[str, Any] = self.client.execute_statement(**self.target(), sql=sql, **given, **more)
        return answer

    def target(self) -> dict[str, str]:
        return {"resourceArn": CLUSTER, "secretArn": SECRET, "database": "postgres"}

    def begin(self) -> str:
        return str(self.client.begin_transaction(**self.target())["transactionId"])

    def commit(self, transaction: str) -> Any:
        return self.client.commit_transaction(resourceArn=CLUSTER, secretArn=SECRET, transactionId=transaction)

    def roll_back(self, transaction: str) -> Any:
        return self.client.rollback_transaction(resourceArn=CLUSTER, secretArn=SECRET, transactionId=transaction)


@pytest.fixture(scope="module")
def module_api(shared_cluster: Cluster) -> Iterator[DataApi]:
    shared_cluster.heal()
    api = started(shared_cluster)
    yield api
    api.stop()


@pytest.fixture
def call(cluster: Cluster, module_api: DataApi) -> Iterator[Caller]:
    caller = Caller(module_api, cluster, client(module_api.endpoint))
    caller("create table if not exists item (id uuid, n integer, primary key (n))")
    caller("truncate item")
    yield caller
    assert module_api.violations == []
    assert module_api.transactions.count() == 0


def named(name: str, hint: str = "", **value: Any) -> dict[str, Any]:
    return {"name": name, "value": value, **({"typeHint": hint} if hint else {})}


def refused(run: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        run()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


def count(call: Caller) -> int:
    return int(call("select count(*) from item")["records"][0][0]["longValue"])


def test_each_type_comes_back_in_its_own_member(call: Caller) -> None:
    answer = call(
        "select 1::int2, 2::int8, 1.5::float8, true, 'ab'::text, '\\x00ff'::bytea, null::text, 1.10::numeric,"
        " '2026-01-02'::date, array[1,2], array['a b','c,d'], '{}'::int[]"
    )
    assert answer["records"] == [[
        {"longValue": 1}, {"longValue": 2}, {"doubleValue": 1.5}, {"booleanValue": True}, {"stringValue": "ab"},
        {"blobValue": b"\x00\xff"}, {"isNull": True}, {"stringValue": "1.10"}, {"stringValue": "2026-01-02"},
        {"arrayValue": {"longValues": [1, 2]}}, {"arrayValue": {"stringValues": ["a b", "c,d"]}},
        {"arrayValue": {"longValues": []}},
    ]]  # fmt: skip
    assert "columnMetadata" not in answer


def test_columns_are_told_when_they_are_asked_for(call: Caller) -> None:
    columns = call("select 1 as one, 'x'::text as two", includeResultMetadata=True)["columnMetadata"]
    assert [(column["label"], column["typeName"]) for column in columns] == [("one", "int4"), ("two", "text")]


def test_parameters_have_types_of_their_own(call: Caller) -> None:
    key = str(uuid.uuid4())
    code, status, message = refused(
        lambda: call("insert into item values (:id, :n)", named("id", stringValue=key), named("n", longValue=1))
    )
    assert (code, status) == ("DatabaseErrorException", 400)
    assert message.startswith('ERROR: column "id" is of type uuid but expression is of type text')
    assert message.endswith("; SQLState: 42804")
    done = call("insert into item values (:id, :n)", named("id", "UUID", stringValue=key), named("n", longValue=1))
    assert done["numberOfRecordsUpdated"] == 1


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ([], "no value for the parameter 'n'"),
        ([named("n", longValue=1), named("m", longValue=1)], "no parameter 'm'"),
        ([named("n", longValue=1), named("n", longValue=1)], "given twice"),
        ([named("n", "DATE", stringValue="2026-1-2")], "is no DATE"),
        ([named("n", "DECIMAL", longValue=1)], "is for a stringValue"),
        ([named("n", arrayValue={"longValues": [1]})], "is not taken as a parameter"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(call: Caller, parameters: list[Any], words: str) -> None:
    code, status, message = refused(lambda: call("select :n", *parameters))
    assert (code, status) == ("ValidationException", 400)
    assert words in message


def test_a_colon_that_names_nothing_is_left_alone(call: Caller) -> None:
    sql = "select ':a', '12'::int + :n, $$:b$$, \"c:d\" from (select 1 as \"c:d\") as x -- :e"
    record = call(sql, named("n", longValue=1))["records"][0]
    assert record == [{"stringValue": ":a"}, {"longValue": 13}, {"stringValue": ":b"}, {"longValue": 1}]


def test_two_statements_in_one_are_refused(call: Caller) -> None:
    code, _, message = refused(lambda: call("select 1; select 2"))
    assert (code, message[-5:]) == ("DatabaseErrorException", "42601")


def test_too_large_an_answer_is_refused(call: Caller) -> None:
    code, _, message = refused(lambda: call("select repeat('x', 60000) from generate_series(1, 20)"))
    assert (code, "size limit" in message) == ("UnsupportedResultException", True)
    code, _, message = refused(lambda: call("select repeat('x', 70000)"))
    assert (code, "64 KB" in message) == ("UnsupportedResultException", True)


def test_too_large_a_request_is_refused(call: Caller) -> None:
    large = named("n", stringValue="x" * (4 * 1024 * 1024))
    assert refused(lambda: call("select :n", large))[1] == 413


def test_a_transaction_is_seen_when_it_is_committed(call: Caller) -> None:
    kept, left = call.begin(), call.begin()
    call("insert into item (n) values (1)", transactionId=kept)
    call("insert into item (n) values (2)", transactionId=left)
    assert count(call) == 0
    assert call.commit(kept)["transactionStatus"] == "Transaction Committed"
    assert call.roll_back(left)["transactionStatus"] == "Rollback Complete"
    assert count(call) == 1
    # The answer may have been lost, and it was committed all the same: nothing here says so.
    assert refused(lambda: call.commit(kept))[:2] == ("TransactionNotFoundException", 404)


def test_an_error_ends_its_transaction(call: Caller) -> None:
    transaction = call.begin()
    call("insert into item (n) values (1)", transactionId=transaction)
    code, _, message = refused(lambda: call("insert into item (n) values (1)", transactionId=transaction))
    assert code == "DatabaseErrorException"
    assert message.endswith("; SQLState: 23505")
    assert refused(lambda: call("select 1", transactionId=transaction))[0] == "TransactionNotFoundException"
    assert refused(lambda: call.commit(transaction))[0] == "TransactionNotFoundException"
    assert count(call) == 0


def test_a_batch_is_taken_whole_or_not_at_all(call: Caller) -> None:
    def batch(*numbers: int) -> Any:
        sets = [[named("n", longValue=number)] for number in numbers]
        sql = "insert into item (n) values (:n)"
        return call.client.batch_execute_statement(**call.target(), sql=sql, parameterSets=sets)

    assert len(batch(1, 2, 3)["updateResults"]) == 3
    assert refused(lambda: batch(4, 5, 1))[2].endswith("SQLState: 23505")
    assert count(call) == 3


def test_nothing_is_left_of_a_call_for_the_next(call: Caller) -> None:
    call("set lock_timeout = '7s'")
    seen = {call("show lock_timeout")["records"][0][0]["stringValue"] for _ in range(3)}
    assert seen == {"0"}


def test_a_request_that_breaks_the_contract_is_refused_and_noted(cluster: Cluster, module_api: DataApi) -> None:
    loose = client(module_api.endpoint, parameter_validation=False)
    with pytest.raises(ClientError, match="ContractViolation"):
        loose.execute_statement(resourceArn=CLUSTER, secretArn=SECRET, sql="select 1", formatRecordsAs="XML")
    with pytest.raises(ClientError, match="InvalidSignatureException"):
        client(module_api.endpoint, "another").execute_statement(resourceArn=CLUSTER, secretArn=SECRET, sql="select 1")
    assert len(module_api.violations) == 2
    module_api.violations.clear()


def test_unknown_clusters_secrets_and_databases_are_told_apart(call: Caller) -> None:
    def ask(**other: str) -> Any:
        return lambda: call.client.execute_statement(**{**call.target(), **other}, sql="select 1")

    assert refused(ask(resourceArn=CLUSTER + "x"))[:2] == ("DatabaseNotFoundException", 404)
    assert refused(ask(secretArn=SECRET + "x"))[0] == "SecretsErrorException"
    assert refused(ask(database="nowhere"))[2].endswith("SQLState: 3D000")


def test_a_lost_answer_is_that_of_a_commit_that_was_carried_out(call: Caller) -> None:
    transaction = call.begin()
    call("insert into item (n) values (1)", transactionId=transaction)
    with call.api.losing_answers() as lost:
        assert refused(lambda: call.commit(transaction))[:2] == ("DatabaseUnavailableException", 504)
    assert (lost, count(call)) == ([transaction], 1)


# MARK: Time, and writers that go


def test_a_statement_has_its_time_and_an_idle_transaction_ends(cluster: Cluster) -> None:
    api = started(cluster, Limits(statement=0.3, idle=0.3))
    try:
        call = Caller(api, cluster, client(api.endpoint))
        assert refused(lambda: call("select pg_sleep(20)"))[:2] == ("StatementTimeoutException", 400)
        transaction = call.begin()
        wait_for(lambda: api.transactions.count() == 0, "the transaction to end")
        assert refused(lambda: call.commit(transaction))[0] == "TransactionNotFoundException"
    finally:
        api.stop()


def test_a_call_to_a_writer_that_dies_ends_with_504(call: Caller) -> None:
    old = call.cluster.writer
    transaction, told = call.begin(), []
    waits = threading.Thread(target=lambda: told.append(refused(lambda: call("select pg_sleep(30)"))))
    waits.start()
    sleeping = "select count(*) from pg_stat_activity where query = 'select pg_sleep(30)'"
    wait_for(lambda: old.column(sleeping) == [1], "the statement to run")
    old.crash()
    waits.join(20)
    assert [answer[:2] for answer in told] == [("DatabaseUnavailableException", 504)]
    assert refused(lambda: call("select 1"))[:2] == ("DatabaseUnavailableException", 504)
    call.cluster.fail_over()
    call.api.leave(old.name)
    gone = ("TransactionNotFoundException", "DatabaseUnavailableException")
    assert refused(lambda: call.commit(transaction))[0] in gone
    identity = call("select aurora_db_instance_identifier()")["records"]
    assert identity == [[{"stringValue": call.cluster.writer.name}]]


def test_who_waits_for_a_hung_writer_is_told_when_it_is_left(call: Caller) -> None:
    old, told = call.cluster.writer, []
    transaction = call.begin()
    old.hang()
    commits = threading.Thread(target=lambda: told.append(refused(lambda: call.commit(transaction))))
    commits.start()
    call.cluster.fail_over()
    wait_for(lambda: call.api.leave(old.name) or not commits.is_alive(), "the call to be cut")
    commits.join(20)
    assert [answer[:2] for answer in told] == [("DatabaseUnavailableException", 504)]
    assert count(call) == 0
