# SPDX-License-Identifier: Apache-2.0
"""Database transactions that are applied exactly once, through failovers and crashes of the application itself.

Durable before the first attempt, told apart by a ledger in the database, settled when a commit's answer is lost.
"""

from harecon_replay.buffer_file import BufferBroken, BufferInUse, FileBuffer
from harecon_replay.client import Client
from harecon_replay.ledger import Ledger
from harecon_replay.log_format import CorruptLog, Stored
from harecon_replay.outcome import Accepted, Applied, Full, Outcome, Pending, Refused, TargetError
from harecon_replay.settings import Settings
from harecon_replay.transaction import Malformed, Statement, Transaction, statement

__all__ = [
    "Accepted", "Applied", "BufferBroken", "BufferInUse", "Client", "CorruptLog", "FileBuffer", "Full", "Ledger",
    "Malformed", "Outcome", "Pending", "Refused", "Settings", "Statement", "Stored", "TargetError", "Transaction",
    "statement",
]
