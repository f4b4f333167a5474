# SPDX-License-Identifier: Apache-2.0
"""What a person who starts the sandbox is told."""

from __future__ import annotations

from harecon_sandbox.accounts import DEFAULT_ACCOUNT
from harecon_sandbox.signature import standing_key


def greeting(endpoint: str) -> str:
    key = standing_key(f"AKIA{DEFAULT_ACCOUNT}")
    assert key is not None
    return f"""\
The AWS sandbox answers at {endpoint}. Ctrl-C ends it; nothing is kept.

Point harecon, or any AWS tool, at it from another terminal:

  export AWS_ENDPOINT_URL={endpoint}
  export AWS_ACCESS_KEY_ID={key.access_key}
  export AWS_SECRET_ACCESS_KEY={key.secret}
  export AWS_REGION=us-east-1

  harecon plan -f specs/payments.yaml
  harecon apply -f specs/payments.yaml

See what was called, turn the clock, break something:

  curl -s {endpoint}/_sandbox/journal
  curl -s {endpoint}/_sandbox/violations
  curl -s {endpoint}/_sandbox/clock -d '{{"scale": 60}}'
  curl -s {endpoint}/_sandbox/faults -d '[{{"service": "rds", "kind": "throttle", "times": 3}}]'
  curl -s {endpoint}/_sandbox/reset -d ''

Each access key "AKIA" + twelve digits is an account of its own, with the secret "sandbox-secret-" + the same digits.
"""
