# SPDX-License-Identifier: Apache-2.0
"""The results of restore tests, in the bucket with the evidence: for who asks in a year whether backups were good."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from backup_verifier.steps import Job
from shared.metrics import EVIDENCE_FAILURES
from shared.refusals import name
from shared.telemetry import measure, note

# What the role may write to; the bucket has the reports of drills beside it.
PREFIX = "restore-tests"


@dataclass(frozen=True)
class Evidence:
    s3: Any
    bucket: str

    def keep(self, job: Job, result: Mapping[str, Any]) -> None:
        """Puts a job's result under the day on which the restore began. Again, it is a newer version of the same.

        What cannot be put is logged and counted: a good backup is none the worse for it.
        """
        told = {
            "job": job.id,
            "cluster": job.cluster,
            "restore": job.status,
            "began": job.created.isoformat(),
            "ended": job.completed.isoformat() if job.completed else None,
            "backedUp": job.backed_up.isoformat() if job.backed_up else None,
            **result,
        }
        try:
            self.s3.put_object(
                Bucket=self.bucket,
                Key=f"{PREFIX}/{job.created.astimezone(UTC).date().isoformat()}/{job.id}.json",
                Body=json.dumps(told, indent=2, sort_keys=True).encode(),
                ContentType="application/json",
                # A bucket with a lock takes nothing without a sum, which older clients do not send by themselves.
                ChecksumAlgorithm="SHA256",
            )
        except (BotoCoreError, ClientError) as error:
            note("evidence not kept", bucket=self.bucket, error=name(error), **told)
            measure({EVIDENCE_FAILURES: 1})
