# SPDX-License-Identifier: Apache-2.0
"""The MD5 digests by which clients check what was sent and received."""

from __future__ import annotations

import hashlib
from typing import Any


def of_body(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def of_attributes(attributes: dict[str, Any]) -> str:
    """Of the attributes in the order of their names: name, type, kind of transport, value, each with its length."""
    digest = hashlib.md5(usedforsecurity=False)
    for name, attribute in sorted(attributes.items()):
        for text in (name, attribute["DataType"]):
            digest.update(_counted(text.encode()))
        if "BinaryValue" in attribute:
            digest.update(b"\x02" + _counted(_bytes(attribute["BinaryValue"])))
        else:
            digest.update(b"\x01" + _counted(attribute["StringValue"].encode()))
    return digest.hexdigest()


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _counted(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
