# SPDX-License-Identifier: Apache-2.0
"""Additions to the service models say what the pinned models do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import create_loader
from harecon_sandbox.models import ADDITIONS, service_model

FILES = sorted(ADDITIONS.glob("*/*/service-2.sdk-extras.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.parent.name)
def test_an_addition_goes_when_the_pinned_model_knows_it(file: Path) -> None:
    service = file.parent.parent.name
    pinned: dict[str, Any] = create_loader().load_service_model(service, "service-2")["shapes"]
    for name, shape in json.loads(file.read_text())["merge"]["shapes"].items():
        known = pinned.get(name, {}).get("members", {})
        assert name not in pinned or not known.keys() & shape["members"].keys(), f"{name} is known by now"
        assert service_model(service).shape_for(name).type_name == pinned.get(name, shape)["type"]
