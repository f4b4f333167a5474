# SPDX-License-Identifier: Apache-2.0
"""Clients of AWS that give up in time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config


@lru_cache(maxsize=32)
def client(service: str, *, connect: float = 1.0, read: float = 2.0, attempts: int = 1) -> Any:
    """A client of the service, kept for as long as the function's process lives.

    botocore waits 60 seconds for a connection and tries five times: one endpoint that hangs would eat the whole time
    in which a failover has to be over. `connect` and `read` are seconds for each attempt.
    """
    config = Config(connect_timeout=connect, read_timeout=read, retries={"total_max_attempts": attempts})
    return boto3.client(service, config=config)
