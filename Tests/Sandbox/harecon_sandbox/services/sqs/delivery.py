# SPDX-License-Identifier: Apache-2.0
"""What other services send to a queue: taken if its policy lets them, and dropped otherwise, as on AWS."""

from __future__ import annotations

from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services import kms, resource_policy

from . import messages, state


def deliver(ctx: Context, queue_arn: str, draft: messages.Draft, service: str, source_arn: str) -> bool:
    """Sends for a service (`events.amazonaws.com`) on behalf of a resource (a rule, a topic); False when it may not.

    The queue's policy must let the service send for that resource, and a customer key's policy must let it use the key.
    """
    queue = state.find(ctx, queue_arn)
    if queue is None or not _allowed(ctx, queue, service, source_arn):
        return False
    try:
        messages.put(ctx, queue, draft)
    except AWSError:
        # The service cannot tell its user, who sees it in the metrics alone.
        return False
    return True


def _allowed(ctx: Context, queue: state.Queue, service: str, source_arn: str) -> bool:
    context = {"aws:SourceArn": source_arn, "aws:SourceAccount": ctx.account}
    policy = queue.settings.get("Policy")
    if not resource_policy.service_allowed(policy, service, "sqs:SendMessage", queue.arn, context):
        return False
    identifier = queue.settings.get("KmsMasterKeyId")
    if identifier is None:
        return True
    if identifier == "alias/aws/sqs":
        # AWS's own key lets no other service use it.
        return False
    key = kms.find_key(ctx, identifier)
    return key is not None and all(
        kms.allows_service(key, service, action, {}) for action in ("kms:GenerateDataKey", "kms:Decrypt")
    )
