# SPDX-License-Identifier: Apache-2.0
"""Whether a request is one that AWS would take: by its own models, for fakes that take anything."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel
from botocore.validate import ParamValidator


def check_request(service: str, operation: str, params: dict[str, Any]) -> None:
    shape = model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(params, shape)
    assert not report.has_errors(), report.generate_report()


@cache
def model(service: str) -> ServiceModel:
    model: ServiceModel = botocore.session.get_session().get_service_model(service)
    return model
