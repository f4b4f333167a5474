# SPDX-License-Identifier: Apache-2.0
"""What an empty plan of the reference stack asks AWS: every call of it, by service and operation.

Two of them are about the account and not about the stack: who is asking, and whether drills start.
docs/benchmarks.md says why there are no fewer.
"""

from __future__ import annotations

CALLS: dict[str, dict[str, int]] = {
    # A plan and a selection of each sort are told only one by one. Nothing may be late about a vault that was kept.
    "backup": {
        "GetBackupPlan": 1, "GetBackupSelection": 1, "GetBackupVaultAccessPolicy": 1, "GetRestoreTestingPlan": 1,
        "GetRestoreTestingSelection": 1, "ListBackupPlans": 1, "ListBackupSelections": 1, "ListBackupVaults": 1,
        "ListRestoreTestingPlans": 1, "ListRestoreTestingSelections": 1, "ListTags": 1,
    },
    # Metric and composite alarms in one page.
    "cloudwatch": {
        "DescribeAlarms": 1, "GetDashboard": 1, "ListDashboards": 1, "ListTagsForResource": 1,
    },
    # Two tables.
    "dynamodb": {
        "DescribeContinuousBackups": 2, "DescribeTable": 2, "DescribeTimeToLive": 2, "ListTables": 1,
    },
    # Two attributes of the VPC.
    "ec2": {
        "DescribeFlowLogs": 1, "DescribeRouteTables": 1, "DescribeSecurityGroupRules": 1, "DescribeSecurityGroups": 1,
        "DescribeSubnets": 1, "DescribeVpcAttribute": 2, "DescribeVpcEndpoints": 1, "DescribeVpcs": 1,
    },
    # Six rules.
    "events": {
        "ListRules": 1, "ListTargetsByRule": 6,
    },
    "fis": {
        "GetExperimentTemplate": 1, "GetSafetyLever": 1, "ListExperimentTemplates": 1,
    },
    "iam": {
        "GetAccountAuthorizationDetails": 1, "ListRoles": 1,
    },
    "kms": {
        "DescribeKey": 1, "GetKeyPolicy": 1, "GetKeyRotationStatus": 1, "ListAliases": 1, "ListResourceTags": 1,
    },
    # Eight functions: configuration, policy and settings of their asynchronous calls are told one by one.
    "lambda": {
        "GetFunction": 8, "GetFunctionEventInvokeConfig": 8, "GetFunctionUrlConfig": 1,
        "GetPolicy": 8, "ListEventSourceMappings": 1,
    },
    # One listing for each prefix of names.
    "logs": {
        "DescribeLogGroups": 5, "DescribeMetricFilters": 2, "DescribeResourcePolicies": 1,
    },
    "rds": {
        "DescribeDBClusterEndpoints": 1, "DescribeDBClusterParameterGroups": 1, "DescribeDBClusterParameters": 1,
        "DescribeDBClusters": 1, "DescribeDBInstances": 1, "DescribeDBParameterGroups": 1, "DescribeDBParameters": 1,
        "DescribeDBSubnetGroups": 1,
    },
    # Two pages of one listing, for all kinds whose own names no tags.
    "resourcegroupstaggingapi": {
        "GetResources": 2,
    },
    # Tags of zones and of health checks.
    "route53": {
        "GetHostedZone": 1, "ListHealthChecks": 1, "ListHostedZones": 1, "ListResourceRecordSets": 1,
        "ListTagsForResources": 2,
    },
    # A bucket's settings are told one by one.
    "s3": {
        "GetBucketEncryption": 1, "GetBucketLifecycleConfiguration": 1, "GetBucketOwnershipControls": 1,
        "GetBucketPolicy": 1, "GetBucketTagging": 1, "GetBucketVersioning": 1, "GetObjectLockConfiguration": 1,
        "GetPublicAccessBlock": 1, "ListBuckets": 1,
    },
    # Four schedules.
    "scheduler": {
        "GetSchedule": 4, "ListScheduleGroups": 1, "ListSchedules": 1,
    },
    # The master's, which nothing else lists, and the user's, both with their rotation.
    "secretsmanager": {
        "DescribeSecret": 2, "GetResourcePolicy": 1, "ListSecrets": 1,
    },
    # Two topics.
    "sns": {
        "GetTopicAttributes": 2, "ListSubscriptionsByTopic": 2, "ListTopics": 1,
    },
    # Six queues.
    "sqs": {
        "GetQueueAttributes": 6, "ListQueues": 1,
    },
    "sts": {
        "GetCallerIdentity": 1,
    },
}  # fmt: skip
