# SPDX-License-Identifier: Apache-2.0
"""The buffer in a queue of SQS, for who has no disk that outlives it: a stack's replay worker applies what is in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harecon_replay.outcome import Accepted, Applied, Outcome, Refused
from harecon_replay.targets import Target, times_seen
from harecon_replay.transaction import Malformed, Transaction, body_hash, read

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
LARGEST_BODY = 1_048_576
_GROUP = re.compile(r"""[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}""")


class NotQueued(RuntimeError):
    """SQS gave no answer that it took the transaction. Submitted again under the same id it is applied once all the
    same."""


@dataclass(frozen=True)
class QueueClient:
    """Puts transactions into a FIFO queue, and asks the ledger what became of them.

    `sqs` is boto3's client, which may repeat a call by itself: what comes twice is in the queue once, or at worst is
    told by the ledger. Refused transactions are in the stack's queue of dead letters.
    """

    sqs: Any
    queue_url: str
    target: Target
    seconds: float = 10.0

    def submit(self, transaction: Transaction) -> Outcome:
        """Accepted when SQS has it on its disks. Raises NotQueued."""
        try:
            body = transaction.body()
            read(transaction.key, body)
        except Malformed as error:
            return Refused("malformed", str(error))
        if len(body.encode()) > LARGEST_BODY:
            return Refused("malformed", f"{len(body.encode())} bytes, of {LARGEST_BODY} that SQS takes")
        if not _GROUP.fullmatch(transaction.key):
            return Refused("malformed", f'"{transaction.key}" is no message group: 1 to 128 characters of ASCII')
        try:
            self.sqs.send_message(
                QueueUrl=self.queue_url,
                MessageBody=body,
                MessageGroupId=transaction.key,
                # Of the body and not of the id: another body under the same id is not to vanish, but to be refused.
                MessageDeduplicationId=body_hash(body),
            )
        except (BotoCoreError, ClientError) as error:
            raise NotQueued(f'"{transaction.id}" may not be in the queue: {error}') from error
        return Accepted()

    def outcome(self, id: str) -> Outcome | None:
        """Applied, or None as long as the ledger does not know the id. Raises TargetError."""
        seen = times_seen(self.target, id, self.seconds)
        return Applied(seen) if seen else None
