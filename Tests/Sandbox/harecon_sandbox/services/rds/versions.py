# SPDX-License-Identifier: Apache-2.0
"""Engine versions, orderable classes, certificates."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services.common import arn

from . import catalogue, offers
from .state import SERVICE, combination


def _upgrade_targets(ctx: Context, version: str) -> list[dict[str, Any]]:
    later = [v for v in offers.versions(ctx) if catalogue.version_key(v) > catalogue.version_key(version)]
    return [
        {
            "Engine": catalogue.ENGINE,
            "EngineVersion": target,
            "Description": f"Aurora PostgreSQL (Compatible with PostgreSQL {target})",
            "AutoUpgrade": target
            == next((v for v in reversed(later) if catalogue.major(v) == catalogue.major(version)), None),
            "IsMajorVersionUpgrade": catalogue.major(target) != catalogue.major(version),
            "SupportedEngineModes": ["provisioned"],
        }
        for target in later
    ]


def _version_shape(ctx: Context, version: str) -> dict[str, Any]:
    lts = " - LTS" if version in catalogue.LTS_VERSIONS else ""
    least = 0 if catalogue.supports_zero_capacity(version) else 0.5
    return {
        "Engine": catalogue.ENGINE,
        "MajorEngineVersion": catalogue.major(version),
        "EngineVersion": version,
        "DBParameterGroupFamily": catalogue.family_of(version),
        "DBEngineDescription": "Aurora PostgreSQL",
        "DBEngineVersionDescription": f"Aurora PostgreSQL (Compatible with PostgreSQL {version}){lts}",
        "ValidUpgradeTarget": _upgrade_targets(ctx, version),
        "ExportableLogTypes": list(catalogue.LOG_TYPES),
        "SupportsLogExportsToCloudwatchLogs": True,
        "SupportsReadReplica": False,
        "SupportedEngineModes": ["provisioned"],
        "SupportedFeatureNames": ["Bedrock", "Comprehend", "Lambda", "SageMaker", "s3Export", "s3Import"],
        "Status": "available",
        "SupportsParallelQuery": False,
        "SupportsGlobalDatabases": True,
        "SupportsBabelfish": False,
        "SupportsCertificateRotationWithoutRestart": True,
        "SupportedCACertificateIdentifiers": list(catalogue.CA_CERTIFICATES),
        "SupportsLocalWriteForwarding": False,
        "SupportsIntegrations": False,
        "ServerlessV2FeaturesSupport": {"MinCapacity": least, "MaxCapacity": 256},
    }


@operation(SERVICE, "DescribeDBEngineVersions")
def describe_engine_versions(ctx: Context, params: Params) -> Result:
    """Aurora PostgreSQL only; other engines have no versions here."""
    versions = offers.versions(ctx) if params.get("Engine", catalogue.ENGINE) == catalogue.ENGINE else []
    if wanted := params.get("EngineVersion"):
        versions = [v for v in versions if wanted in (v, catalogue.major(v))]
    if family := params.get("DBParameterGroupFamily"):
        versions = [v for v in versions if catalogue.family_of(v) == family]
    if params.get("DefaultOnly"):
        versions = [v for v in versions if v == catalogue.DEFAULT_VERSION]
    return {"DBEngineVersions": [_version_shape(ctx, v) for v in versions]}


@operation(SERVICE, "DescribeOrderableDBInstanceOptions")
def describe_orderable(ctx: Context, params: Params) -> Result:
    if params["Engine"] != catalogue.ENGINE:
        return {"OrderableDBInstanceOptions": []}
    version, size = params.get("EngineVersion"), params.get("DBInstanceClass")
    offered = offers.versions(ctx)
    if version is not None and version not in offered:
        raise combination(f"Cannot find version {version} for {catalogue.ENGINE}")
    zones = {c: [{"Name": zone} for zone in offers.zones(ctx, c)] for c in catalogue.INSTANCE_CLASSES}
    return {
        "OrderableDBInstanceOptions": [
            {
                "Engine": catalogue.ENGINE,
                "EngineVersion": v,
                "DBInstanceClass": c,
                "LicenseModel": "postgresql-license",
                "AvailabilityZones": zones[c],
                "MultiAZCapable": False,
                "ReadReplicaCapable": False,
                "Vpc": True,
                "SupportsStorageEncryption": True,
                "StorageType": storage,
                "SupportsIops": False,
                "SupportsEnhancedMonitoring": True,
                "SupportsIAMDatabaseAuthentication": True,
                "SupportsPerformanceInsights": True,
                "SupportedEngineModes": ["provisioned"],
                "SupportsStorageAutoscaling": False,
                "SupportsKerberosAuthentication": True,
                "OutpostCapable": False,
                "SupportsGlobalDatabases": True,
                "SupportedNetworkTypes": ["IPV4", "DUAL"],
                "SupportsClusters": True,
                "SupportsHttpEndpoint": catalogue.supports_data_api(v),
            }
            for v in offered
            for c in catalogue.INSTANCE_CLASSES
            for storage in ("aurora", "aurora-iopt1")
            if version in (None, v) and size in (None, c) and zones[c]
        ]
    }


@operation(SERVICE, "DescribeCertificates")
def describe_certificates(ctx: Context, params: Params) -> Result:
    wanted = params.get("CertificateIdentifier")
    if wanted is not None and wanted not in catalogue.CA_CERTIFICATES:
        raise AWSError("CertificateNotFound", f"Certificate not found: {wanted}")
    return {
        "DefaultCertificateForNewLaunches": catalogue.DEFAULT_CA,
        "Certificates": [
            {
                "CertificateIdentifier": name,
                "CertificateType": "CA",
                "CertificateArn": arn(ctx, SERVICE, f"cert:{name}"),
                "CustomerOverride": False,
                "ValidFrom": datetime(2021, 5, 25, tzinfo=timezone.utc),
                "ValidTill": datetime(2061, 5, 25, tzinfo=timezone.utc),
            }
            for name in catalogue.CA_CERTIFICATES
            if wanted in (None, name)
        ],
    }
