# SPDX-License-Identifier: Apache-2.0
"""Prints the errors that the models of the services named on the command line know, as JSON: service, code, status, fault."""

from __future__ import annotations

import json
import sys

import botocore.session


def main() -> None:
    loader = botocore.session.get_session().get_component("data_loader")
    errors = []
    for name in sys.argv[1:]:
        for shape_name, shape in loader.load_service_model(name, "service-2")["shapes"].items():
            if not (shape.get("exception") or shape.get("fault")):
                continue
            error = shape.get("error", {})
            status = error.get("httpStatusCode", 500 if shape.get("fault") else 400)
            errors.append({"service": name, "code": error.get("code", shape_name), "status": status})
    json.dump(errors, sys.stdout)


if __name__ == "__main__":
    main()
