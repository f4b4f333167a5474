# SPDX-License-Identifier: Apache-2.0
"""`:name` in a statement becomes `$1`, as PostgreSQL numbers its parameters."""

from __future__ import annotations

import re

# What a colon may stand in without naming anything comes first.
_TOKENS = re.compile(
    r"""(?P<other>'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|::|:=)"""
    r"""|:(?P<name>[A-Za-z_]\w*)""",
    re.DOTALL,
)


def numbered(sql: str) -> tuple[str, list[str]]:
    """The statement, and the names in the order of their numbers; a name that comes twice has one number."""
    names: list[str] = []

    def replace(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return found[0]
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _TOKENS.sub(replace, sql), names
