# SPDX-License-Identifier: Apache-2.0
"""A stack in small for the functions: DynamoDB, RDS and the Data API as far as they are used, on a clock of its own."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from types import CodeType
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError

from service_models import check_request
from shared.tables import Item, Table


CLUSTER_ARN = "arn:aws:rds:us-east-1:111122223333:cluster:payments"

SECRET_ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!cluster-1-AbCdEf"


def _instance_arn(name: str) -> str:
    return f"arn:aws:rds:us-east-1:111122223333:db:{name}"


def error(code: str, message: str = "", status: int = 400) -> ClientError:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Operation")  # type: ignore[arg-type]


class _Missing:
    """An attribute that is not there: no comparison with it holds."""

    def _never(self, other: object) -> bool:
        return False

    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = _never
    __hash__ = None  # type: ignore[assignment]


MISSING = _Missing()


class FakeTable(Table):
    """A table in memory, with the expressions that are used here; `test_memory` holds it against moto's."""

    def __init__(self) -> None:
        super().__init__(client=None, name="table")
        object.__setattr__(self, "items", {})
        object.__setattr__(self, "on_call", lambda: None)

    items: dict[str, Item]
    on_call: Callable[[], None]

    def read(self, key: str) -> Item | None:
        self.on_call()
        return deepcopy(self.items.get(key))

    def put(self, item: Item, condition: str = "", **values: Any) -> bool:
        self.on_call()
        if not self._holds(self.items.get(item["id"], {}), condition, values):
            return False
        self.items[item["id"]] = _rounded(item)
        return True

    def update(self, key: str, expression: str, condition: str = "", **values: Any) -> Item | None:
        self.on_call()
        item = deepcopy(self.items.get(key, {}))
        if not self._holds(item, condition, values):
            return None
        before = deepcopy(item)
        item["id"] = key
        for verb, rest in re.findall(r"(SET|ADD|REMOVE) (.*?)(?= SET | ADD | REMOVE |$)", expression):
            for part in re.split(r", (?=#)", rest):
                self._change(verb, part, before, item, values)
        self.items[key] = _rounded(item)
        return deepcopy(self.items[key])

    def delete(self, key: str, condition: str = "", **values: Any) -> bool:
        self.on_call()
        if not self._holds(self.items.get(key, {}), condition, values):
            return False
        self.items.pop(key, None)
        return True

    @staticmethod
    def _holds(item: Item, condition: str, values: dict[str, Any]) -> bool:
        return not condition or bool(_evaluate(condition, item, _rounded(values)))

    @staticmethod
    def _change(verb: str, part: str, before: Item, item: Item, values: dict[str, Any]) -> None:
        if verb == "REMOVE":
            item.pop(part.strip("# "), None)
            return
        if verb == "ADD":
            name, value = re.fullmatch(r"#(\w+) :(\w+)", part.strip()).groups()  # type: ignore[union-attr]
            item[name] = before.get(name, 0) + values[value]
            return
        path, value = part.split(" = ", 1)
        *parents, name = path.strip().replace("#", "").split(".")
        for parent in parents:
            item = item[parent]
        item[name] = _evaluate(value, before, values)


def _evaluate(expression: str, item: Item, values: dict[str, Any]) -> Any:
    def get(path: str) -> Any:
        found: Any = item
        for name in path.replace("#", "").split("."):
            found = found.get(name, MISSING) if isinstance(found, dict) else MISSING
        return found

    names = {
        "get": get,
        "values": values,
        "attribute_exists": lambda value: value is not MISSING,
        "attribute_not_exists": lambda value: value is MISSING,
        "contains": lambda held, value: held is not MISSING and value in held,
        "list_append": lambda one, other: [*one, *other],
        "if_not_exists": lambda value, other: other if value is MISSING else value,
    }
    return eval(_compiled(expression), {"__builtins__": {}}, names)  # noqa: S307: a test's own expressions


@cache
def _compiled(expression: str) -> CodeType:
    text = re.sub(r"#\w+(\.#\w+)*", lambda match: f"get('{match[0]}')", expression)
    text = re.sub(r":(\w+)", r"values['\1']", text).replace(" = ", " == ")
    text = re.sub(r"\b(AND|OR|NOT)\b", lambda match: match[0].lower(), text)
    return compile(text, expression, "eval")


def _rounded(value: Any) -> Any:
    """As numbers come back from the table."""
    match value:
        case bool():
            return value
        case int() | float():
            return round(float(value), 3)
        case dict():
            return {name: _rounded(part) for name, part in value.items()}
        case list() | tuple():
            return [_rounded(part) for part in value]
        case _:
            return value


@dataclass
class World:
    """A cluster of three, with what happens to it at which time."""

    time: float = 1_000_000.0
    writer: str = "a"
    status: str = "available"
    # Whether whoever is the writer takes writes.
    works: bool = True
    # How long one who does not keeps a caller waiting, in seconds.
    hangs: float = 0.0
    # How long a failover takes that was called, None when it comes to nothing.
    promotion: float | None = 20.0
    statuses: dict[str, str] = field(default_factory=lambda: dict.fromkeys("abc", "available"))
    zones: dict[str, str] = field(default_factory=lambda: {"a": "z1", "b": "z2", "c": "z3"})
    tiers: dict[str, int] = field(default_factory=lambda: {"a": 0, "b": 0, "c": 1})
    tags: dict[str, dict[str, str]] = field(
        default_factory=lambda: {name: {"harecon:stack": "payments"} for name in "abc"}
    )
    # When, who was called for, and whether the writer worked then.
    calls: list[tuple[float, str | None, bool]] = field(default_factory=list)
    refuse: list[Exception] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    drained: list[str] = field(default_factory=list)
    # How many messages from now on are not taken.
    unsent: int = 0
    # Members that are not the spec's: the role may not look at them.
    foreign: set[str] = field(default_factory=set)
    # From when until when nobody could write; the last may have no end.
    failures: list[tuple[float, float | None]] = field(default_factory=list)
    rds_answers: bool = True
    # Until when the writer lives and has no room for anybody else.
    full_until: float = 0.0
    data_api: Exception | None = None
    _agenda: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _count: int = 0

    # MARK: Time

    def now(self) -> float:
        return self.time

    def at(self, seconds: float, what: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._agenda, (self.time + seconds, self._count, what))

    def sleep(self, seconds: float) -> None:
        """What is due happens in order; what happens may take its own time."""
        end = self.time + seconds
        while self._agenda and self._agenda[0][0] <= end:
            moment, _, what = heapq.heappop(self._agenda)
            self.time = max(self.time, moment)
            what()
        self.time = max(self.time, end)

    # MARK: What happens to it

    def crash(self) -> None:
        if self.works:
            self.works = False
            self.failures.append((self.time, None))

    def recover(self) -> None:
        if self.status == "available" and not self.works:
            self.works = True
            self.failures[-1] = (self.failures[-1][0], self.time)

    def fail_over(self, target: str | None = None, seconds: float | None = 20.0) -> None:
        """Aurora's own, or one that was called."""
        if self.status != "available" or seconds is None:
            return
        self.crash()
        self.status = "failing-over"
        to = target or next(name for name in "bca" if name != self.writer)

        def done() -> None:
            self.writer, self.status = to, "available"
            self.recover()

        self.at(seconds, done)

    # MARK: RDS

    class exceptions:  # noqa: N801: as boto3's clients have it
        class DBInstanceNotFoundFault(Exception):  # noqa: N818
            pass

    def describe_db_clusters(self, DBClusterIdentifier: str) -> dict[str, Any]:  # noqa: N803
        check_request("rds", "DescribeDBClusters", {"DBClusterIdentifier": DBClusterIdentifier})
        if not self.rds_answers:
            raise error("InternalFailure", status=500)
        members = [
            {"DBInstanceIdentifier": name, "IsClusterWriter": name == self.writer, "PromotionTier": self.tiers[name]}
            for name in self.statuses
        ]
        return {"DBClusters": [{"Status": self.status, "DBClusterMembers": members}]}

    def describe_db_instances(self, DBInstanceIdentifier: str) -> dict[str, Any]:  # noqa: N803
        name = DBInstanceIdentifier
        check_request("rds", "DescribeDBInstances", {"DBInstanceIdentifier": name})
        if name in self.foreign:
            raise error("AccessDenied", status=403)
        instance = {
            "DBInstanceArn": _instance_arn(name),
            "DBInstanceStatus": self.statuses[name],
            "AvailabilityZone": self.zones[name],
            "TagList": [{"Key": key, "Value": value} for key, value in self.tags[name].items()],
        }
        return {"DBInstances": [{**instance, "Endpoint": {"Address": f"{name}.example", "Port": 5432}}]}

    def modify_db_instance(
        self, DBInstanceIdentifier: str, PromotionTier: int, ApplyImmediately: bool  # noqa: N803
    ) -> None:
        assert ApplyImmediately
        params = {"DBInstanceIdentifier": DBInstanceIdentifier, "PromotionTier": PromotionTier}
        check_request("rds", "ModifyDBInstance", {**params, "ApplyImmediately": ApplyImmediately})
        self.tiers[DBInstanceIdentifier] = PromotionTier

    def add_tags_to_resource(self, ResourceName: str, Tags: list[dict[str, str]]) -> None:  # noqa: N803
        check_request("rds", "AddTagsToResource", {"ResourceName": ResourceName, "Tags": Tags})
        self._tags_of(ResourceName).update({tag["Key"]: tag["Value"] for tag in Tags})

    def remove_tags_from_resource(self, ResourceName: str, TagKeys: list[str]) -> None:  # noqa: N803
        check_request("rds", "RemoveTagsFromResource", {"ResourceName": ResourceName, "TagKeys": TagKeys})
        for key in TagKeys:
            self._tags_of(ResourceName).pop(key, None)

    def _tags_of(self, arn: str) -> dict[str, str]:
        (name,) = [name for name in self.statuses if _instance_arn(name) == arn]
        return self.tags[name]

    def failover_db_cluster(self, **params: str) -> None:
        check_request("rds", "FailoverDBCluster", params)
        if self.refuse:
            raise self.refuse.pop(0)
        if self.status != "available":
            raise error("InvalidDBClusterStateFault")
        target = params.get("TargetDBInstanceIdentifier")
        self.calls.append((self.time, target, self.works))
        self.fail_over(target, self.promotion)

    # MARK: The Data API

    def execute_statement(self, *, sql: str, **params: Any) -> dict[str, Any]:
        check_request("rds-data", "ExecuteStatement", {"sql": sql, **params})
        if self.data_api:
            raise self.data_api
        if not self.works:
            self.sleep(self.hangs)
            raise error("DatabaseUnavailableException", "the writer instance isn't available", 504)
        if self.time < self.full_until:
            raise error("DatabaseErrorException", "FATAL: sorry, too many clients already; SQLState: 53300")
        if "aurora_db_instance_identifier" in sql:
            return {"columnMetadata": [{"name": "id"}], "records": [[{"stringValue": self.writer}]]}
        return {"columnMetadata": [{"name": "gap"}], "records": [[{"doubleValue": 1.0}]]}

    # MARK: SNS

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> None:  # noqa: N803
        check_request("sns", "Publish", {"TopicArn": TopicArn, "Subject": Subject, "Message": Message})
        if self.unsent:
            self.unsent -= 1
            raise ConnectionClosedError(endpoint_url="https://sns.example")
        assert len(Subject) <= 100 and "\n" not in Subject and Subject.isascii()
        self.sent.append((TopicArn.rsplit("-", 1)[-1], Subject))
