# SPDX-License-Identifier: Apache-2.0
"""Prints where botocore would send the requests of the services named on the command line, region by region, as JSON."""

from __future__ import annotations

import itertools
import json
import sys

import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointResolutionError

PARTITIONS = ("aws", "aws-cn", "aws-us-gov")


def main() -> None:
    loader = botocore.session.get_session().get_component("data_loader")
    partitions = loader.load_data("partitions")
    regions = [
        region
        for partition in partitions["partitions"]
        if partition["id"] in PARTITIONS
        for region in partition["regions"]
        if not region.endswith("-global")
    ]
    cases = []
    for name in sys.argv[1:]:
        provider = EndpointProvider(loader.load_service_model(name, "endpoint-rule-set-1"), partitions)
        metadata = loader.load_service_model(name, "service-2")["metadata"]
        legacy_choices = (False, True) if name == "sts" else (False,)
        for region, fips, dual, legacy in itertools.product(regions, (False, True), (False, True), legacy_choices):
            parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dual}
            if name == "sts":
                parameters["UseGlobalEndpoint"] = legacy
            try:
                endpoint = provider.resolve_endpoint(**parameters)
            except EndpointResolutionError:
                continue  # such as S3's FIPS endpoints in China, of which there are none
            schemes = endpoint.properties.get("authSchemes") or [{}]
            cases.append(
                {
                    "service": name,
                    "serviceID": metadata["serviceId"],
                    "prefix": metadata["endpointPrefix"],
                    "region": region,
                    "fips": fips,
                    "dualStack": dual,
                    "legacy": legacy,
                    "url": endpoint.url,
                    "signingRegion": schemes[0].get("signingRegion", region),
                }
            )
    json.dump(cases, sys.stdout)


if __name__ == "__main__":
    main()
