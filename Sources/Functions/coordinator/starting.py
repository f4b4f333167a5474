# SPDX-License-Identifier: Apache-2.0
"""The one call that fails a cluster over."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.cluster import AVAILABLE
from shared.telemetry import note

_THROTTLED = {"Throttling", "ThrottlingException", "RequestLimitExceeded"}
_TARGET = {"InvalidDBInstanceState", "InvalidDBInstanceStateFault", "DBInstanceNotFound", "DBInstanceNotFoundFault"}
_CLUSTER = {"InvalidDBClusterStateFault", "InvalidDBClusterState"}


class Started(StrEnum):
    """What is known of the call."""

    YES = "yes"
    # It was not made: the cluster fails over already, or has another writer.
    OVERTAKEN = "overtaken"
    # Aurora itself, or a person, was first: the cluster fails over already.
    ANOTHER = "another"
    # The call got lost on its way there or back. It is never sent again: twice called it fails over twice.
    IN_DOUBT = "in doubt"
    # It surely did not happen: the target cannot take over; too many calls; whatever else.
    TARGET_REFUSED = "target refused"
    NOT_TAKEN = "not taken"
    REFUSED = "refused"


def start(rds: Any, cluster: str, writer: str, target: str | None) -> Started:
    """Calls once, if the writer is still this one. The client must not repeat calls by itself.

    RDS knows no condition for it, so that the look right before the call is as near to one as can be: Aurora, which
    acts by itself at any time, is not to be made to leave the writer that it has just found.
    """
    params = {"DBClusterIdentifier": cluster} | ({"TargetDBInstanceIdentifier": target} if target else {})
    try:
        if not _is_still(rds, cluster, writer):
            return Started.OVERTAKEN
    except (BotoCoreError, ClientError) as error:
        note("failover not started", error=str(error))
        return Started.NOT_TAKEN
    try:
        rds.failover_db_cluster(**params)
    except ClientError as error:
        note("failover not started", error=str(error))
        return _judge(error)
    except BotoCoreError as error:
        note("failover in doubt", error=str(error))
        return Started.IN_DOUBT
    return Started.YES


def _is_still(rds: Any, cluster: str, writer: str) -> bool:
    (found,) = rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
    writers = [member["DBInstanceIdentifier"] for member in found["DBClusterMembers"] if member["IsClusterWriter"]]
    return found["Status"].lower() == AVAILABLE and writers == [writer]


def _judge(error: ClientError) -> Started:
    code = error.response["Error"].get("Code", "")
    if code in _CLUSTER:
        return Started.ANOTHER
    if code in _TARGET:
        return Started.TARGET_REFUSED
    if code in _THROTTLED:
        return Started.NOT_TAKEN
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return Started.REFUSED if 400 <= status < 500 else Started.IN_DOUBT
