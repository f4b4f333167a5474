# SPDX-License-Identifier: Apache-2.0
"""What no transaction may hold, at a client's door and for who takes it out of the queue: the replay worker's file of
this name is a link to this one.

A statement that begins or ends a transaction is none of the caller's: one that commits would tear the ledger's row from
what stands behind it. And what nests deeper than any parameter does would be too much for those who check it.
"""

from __future__ import annotations

import re

_ENDS = frozenset({"commit", "end", "rollback", "abort", "begin", "start"})
# As PostgreSQL reads it: any line's end ends a comment, and a word goes on with all that is not ASCII.
_SKIPPED = re.compile(r"[ \t\n\r\f\v]+|--[^\n\r]*")
_WORD = re.compile(r"[A-Za-z]+(?![A-Za-z0-9_$\x80-\U0010ffff])")
_COMMENT = re.compile(r"/\*|\*/")


def ends_transaction(sql: str) -> bool:
    # A statement with nothing in it is none to PostgreSQL, and what stands behind it is the first.
    offset = _skipped(sql, 0)
    while sql[offset : offset + 1] == ";":
        offset = _skipped(sql, offset + 1)
    word = _WORD.match(sql, offset)
    if word and word[0].lower() == "prepare":
        what = _WORD.match(sql, _skipped(sql, word.end()))
        return what is not None and what[0].lower() == "transaction"
    return word is not None and word[0].lower() in _ENDS


def _skipped(sql: str, offset: int) -> int:
    """Where the first word stands behind white space and comments."""
    while True:
        if found := _SKIPPED.match(sql, offset):
            offset = found.end()
        elif sql.startswith("/*", offset):
            offset = _behind_comment(sql, offset)
        else:
            return offset


def _behind_comment(sql: str, offset: int) -> int:
    """PostgreSQL's comments nest."""
    depth = 0
    for mark in _COMMENT.finditer(sql, offset):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)


# A parameter's value is five levels down.
DEEPEST = 16


def is_too_deep(message: object) -> bool:
    """Of what JSON makes: lists, dictionaries with names for keys, and what holds no others."""
    level = [message]
    for _ in range(DEEPEST):
        level = [
            child
            for each in level
            for child in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
        ]
        if not level:
            return False
    return True
