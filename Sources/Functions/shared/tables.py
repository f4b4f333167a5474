# SPDX-License-Identifier: Apache-2.0
"""What the functions remember and how they keep out of each other's way: items of DynamoDB tables, leases among them.

Expressions are written with `#name` for each attribute, as many of DynamoDB's own words are attributes here, and
`:value`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

Item = dict[str, Any]

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Table:
    """A table whose key is `id`. Numbers go in as int or float and come out as float."""

    client: Any
    name: str

    def read(self, key: str) -> Item | None:
        answer = self.client.get_item(TableName=self.name, Key=_packed({"id": key}), ConsistentRead=True)
        return _plain(answer["Item"]) if "Item" in answer else None

    def put(self, item: Item, condition: str = "", **values: Any) -> bool:
        """Writes the whole item; whether the condition held."""
        params = self._expressions(condition, values)
        return self._tried(lambda: self.client.put_item(TableName=self.name, Item=_packed(item), **params)) is not None

    def update(self, key: str, expression: str, condition: str = "", **values: Any) -> Item | None:
        """The item as it is afterwards, None when the condition did not hold."""
        params = self._expressions(condition, values, expression)
        answer = self._tried(
            lambda: self.client.update_item(
                TableName=self.name,
                Key=_packed({"id": key}),
                UpdateExpression=expression,
                ReturnValues="ALL_NEW",
                **params,
            )
        )
        return None if answer is None else _plain(answer["Attributes"])

    def delete(self, key: str, condition: str = "", **values: Any) -> bool:
        """Whether the condition held. What is not there is deleted already."""
        params = self._expressions(condition, values)
        return (
            self._tried(lambda: self.client.delete_item(TableName=self.name, Key=_packed({"id": key}), **params))
            is not None
        )

    def _tried(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except self.client.exceptions.ConditionalCheckFailedException:
            return None

    @staticmethod
    def _expressions(condition: str, values: dict[str, Any], expression: str = "") -> dict[str, Any]:
        params: dict[str, Any] = {}
        if condition:
            params["ConditionExpression"] = condition
        if names := set(re.findall(r"#(\w+)", f"{condition} {expression}")):
            params["ExpressionAttributeNames"] = {f"#{name}": name for name in sorted(names)}
        if values:
            params["ExpressionAttributeValues"] = {f":{name}": value for name, value in _packed(values).items()}
        return params


@dataclass
class Lease:
    """The right to do something alone, for `seconds` at a time.

    Each taking has a higher `fence`: who was stopped in the middle and wakes up after another has taken over finds by
    it that the right is gone, even when it is its own name that stands in the item again.
    """

    table: Table
    key: str
    holder: str
    seconds: float
    now: Callable[[], float] = time.time
    fence: int = 0

    def take(self) -> bool:
        """Whether the right is ours. One that its holder did not renew in time is anybody's."""
        item = self.table.update(
            self.key,
            "SET #holder = :holder, #until = :until ADD #fence :one",
            "attribute_not_exists(#holder) OR #until < :now OR #holder = :holder",
            holder=self.holder,
            until=self.now() + self.seconds,
            now=self.now(),
            one=1,
        )
        if item is not None:
            self.fence = int(item["fence"])
        return item is not None

    def renew(self) -> bool:
        """Whether the right is still ours, for another while."""
        return self._set_until(self.now() + self.seconds)

    def release(self) -> None:
        """Gives the right back. The item stays for its fence."""
        self._set_until(0)

    def _set_until(self, until: float) -> bool:
        item = self.table.update(
            self.key,
            "SET #until = :until",
            "#holder = :holder AND #fence = :fence",
            until=until,
            holder=self.holder,
            fence=self.fence,
        )
        return item is not None


def _packed(item: Item) -> dict[str, Any]:
    serializer = TypeSerializer()
    return {name: serializer.serialize(_to_decimal(value)) for name, value in item.items()}


def _plain(item: dict[str, Any]) -> Item:
    deserializer = TypeDeserializer()
    return {name: _from_decimal(deserializer.deserialize(value)) for name, value in item.items()}


def _to_decimal(value: Any) -> Any:
    """boto3 takes no float, for what its digits would lose; a time to the millisecond loses nothing."""
    match value:
        case float():
            return Decimal(f"{value:.3f}")
        case dict():
            return {name: _to_decimal(part) for name, part in value.items()}
        case list() | tuple():
            return [_to_decimal(part) for part in value]
        case _:
            return value


def _from_decimal(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value)
        case dict():
            return {name: _from_decimal(part) for name, part in value.items()}
        case list():
            return [_from_decimal(part) for part in value]
        case _:
            return value
