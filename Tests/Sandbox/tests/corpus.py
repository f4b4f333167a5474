# SPDX-License-Identifier: Apache-2.0
"""One request or more of every service in use, in every protocol, with members of every type."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

WRITES: list[tuple[str, str, dict[str, Any]]] = [
    (
        "ec2",
        "CreateVpc",
        {
            "CidrBlock": "10.0.0.0/16",
            "TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "a & b <é>"}]}],
        },
    ),
    ("ec2", "DescribeSubnets", {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1234abcd", "vpc-1234abce"]}]}),
    (
        "ec2",
        "AuthorizeSecurityGroupIngress",
        {
            "GroupId": "sg-1234abcd",
            "IpPermissions": [
                {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
            ],
        },
    ),
    ("ec2", "ModifyVpcAttribute", {"VpcId": "vpc-1234abcd", "EnableDnsSupport": {"Value": True}}),
    (
        "rds",
        "CreateDBCluster",
        {
            "DBClusterIdentifier": "payments",
            "Engine": "aurora-postgresql",
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 1.0, "MaxCapacity": 8.5},
            "DeletionProtection": True,
            "AvailabilityZones": ["us-east-1a", "us-east-1b"],
            "Tags": [{"Key": "a", "Value": ""}],
            "EnableCloudwatchLogsExports": ["postgresql"],
            "MasterUsername": "root",
            "ManageMasterUserPassword": True,
        },
    ),
    (
        "rds",
        "ModifyDBClusterParameterGroup",
        {
            "DBClusterParameterGroupName": "p",
            "Parameters": [{"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "pending-reboot"}],
        },
    ),
    ("rds", "DescribeEvents", {"StartTime": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "EventCategories": []}),
    ("kms", "CreateKey", {"Description": "d", "Tags": [{"TagKey": "a", "TagValue": "b"}], "MultiRegion": False}),
    ("kms", "Encrypt", {"KeyId": "k", "Plaintext": b"\x00\xff"}),
    (
        "iam",
        "CreateRole",
        {"RoleName": "r", "AssumeRolePolicyDocument": '{"Version": "2012-10-17"}', "MaxSessionDuration": 3600},
    ),
    (
        "route53",
        "ChangeResourceRecordSets",
        {
            "HostedZoneId": "Z0123456789ABC",
            "ChangeBatch": {
                "Comment": "c",
                "Changes": [
                    {
                        "Action": "UPSERT",
                        "ResourceRecordSet": {
                            "Name": "a.example",
                            "Type": "CNAME",
                            "TTL": 5,
                            "ResourceRecords": [{"Value": "b.example"}],
                        },
                    }
                ],
            },
        },
    ),
    (
        "route53",
        "ListResourceRecordSets",
        {"HostedZoneId": "Z0123456789ABC", "StartRecordName": "a b", "MaxItems": "1"},
    ),
    ("logs", "PutRetentionPolicy", {"logGroupName": "/aws/rds/cluster/x/postgresql", "retentionInDays": 30}),
    ("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::111122223333:role/r", "RoleSessionName": "harecon"}),
    (
        "resourcegroupstaggingapi",
        "GetResources",
        {"TagFilters": [{"Key": "a", "Values": ["b"]}], "ResourcesPerPage": 50},
    ),
    ("sns", "CreateTopic", {"Name": "t", "Attributes": {"KmsMasterKeyId": "k"}, "Tags": [{"Key": "a", "Value": "b"}]}),
    ("sqs", "CreateQueue", {"QueueName": "q", "Attributes": {"VisibilityTimeout": "30"}}),
    (
        "lambda",
        "CreateFunction",
        {
            "FunctionName": "f",
            "Role": "arn:aws:iam::111122223333:role/r",
            "Code": {"ZipFile": b"PK"},
            "Runtime": "python3.11",
            "Handler": "m.h",
            "Timeout": 5,
            "Environment": {"Variables": {"MODE": "b"}},
        },
    ),
    ("lambda", "Invoke", {"FunctionName": "f", "Payload": b"\xff\x00", "InvocationType": "Event"}),
    ("events", "PutRule", {"Name": "r", "EventPattern": '{"source": ["aws.rds"]}', "State": "ENABLED"}),
    (
        "scheduler",
        "CreateSchedule",
        {
            "Name": "s",
            "ScheduleExpression": "rate(1 minute)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": "arn:aws:lambda:us-east-1:111122223333:function:f",
                "RoleArn": "arn:aws:iam::111122223333:role/r",
            },
            "StartDate": datetime(2026, 1, 2, tzinfo=UTC),
        },
    ),
    (
        "cloudwatch",
        "PutMetricAlarm",
        {"AlarmName": "a", "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 2, "Threshold": 1.5},
    ),
    ("secretsmanager", "CreateSecret", {"Name": "s", "SecretString": "x", "ClientRequestToken": "0" * 32}),
    (
        "fis",
        "CreateExperimentTemplate",
        {
            "clientToken": "t",
            "description": "d",
            "stopConditions": [{"source": "none"}],
            "actions": {},
            "roleArn": "arn:aws:iam::111122223333:role/r-12345",
        },
    ),
    ("backup", "CreateBackupVault", {"BackupVaultName": "vault", "BackupVaultTags": {"a": "b"}}),
    (
        "dynamodb",
        "UpdateItem",
        {
            "TableName": "table",
            "Key": {"k": {"S": "x"}},
            "UpdateExpression": "SET n = :n",
            "ExpressionAttributeValues": {":n": {"N": "1"}, ":b": {"B": b"\x01"}},
        },
    ),
    ("s3", "PutObject", {"Bucket": "bucket", "Key": "a/b c+é", "Body": b"\x00\xff", "Metadata": {"k": "v"}}),
    ("s3", "PutBucketVersioning", {"Bucket": "bucket", "VersioningConfiguration": {"Status": "Enabled"}}),
    ("s3", "ListObjectsV2", {"Bucket": "bucket", "Prefix": "a/", "MaxKeys": 5}),
]
