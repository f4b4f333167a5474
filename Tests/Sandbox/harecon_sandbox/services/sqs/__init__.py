# SPDX-License-Identifier: Apache-2.0
"""SQS: queues with attributes that are judged and take time to show, messages on the account's clock, redrive."""

from __future__ import annotations

from . import messages  # noqa: F401  (registers its operations)
from .delivery import deliver  # noqa: F401  (what other services use)
from .messages import Draft  # noqa: F401
from .queues import inventory  # noqa: F401
