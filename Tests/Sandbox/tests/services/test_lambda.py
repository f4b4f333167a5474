# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from typing import Any

import pytest

from .conftest import Network, gone, refused, trail, trust

NAME = "payments-probe"


def archive(text: str = "def handle(event, context): return event\n") -> bytes:
    """The same bytes whenever it is made: an entry without a date of its own has the time of day."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as writer:
        writer.writestr(zipfile.ZipInfo("probe/handler.py"), text)
    return file.getvalue()


@pytest.fixture
def lambda_(auto: Any) -> Any:
    """Its states pass when they are read, and not because the machine is busy."""
    auto.control("clock", {"freeze": True})
    return auto.client("lambda")


@pytest.fixture
def role(auto: Any) -> str:
    return make_role(auto, "probe", ["sqs:*", "ec2:*"])


def make_role(aws: Any, name: str, actions: list[str], service: str = "lambda.amazonaws.com") -> str:
    iam = aws.client("iam")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=document)
    aws.advance(30)
    return arn


def make(lambda_: Any, role: str, name: str = NAME, **more: Any) -> dict[str, Any]:
    settings = {"Runtime": "python3.11", "Handler": "probe.handler.handle", "Code": {"ZipFile": archive()}, **more}
    made: dict[str, Any] = lambda_.create_function(FunctionName=name, Role=role, **settings)
    return made


def ready(lambda_: Any, role: str, name: str = NAME, **more: Any) -> dict[str, Any]:
    make(lambda_, role, name, **more)
    trail(lambda: lambda_.get_function(FunctionName=name)["Configuration"]["State"], "Active")
    found: dict[str, Any] = lambda_.get_function(FunctionName=name)["Configuration"]
    return found


def test_a_function_is_pending_before_it_is_active(lambda_: Any, role: str) -> None:
    made = make(lambda_, role, Tags={"harecon:stack": "payments"}, Architectures=["arm64"])
    assert (made["State"], made["StateReasonCode"], made["LastUpdateStatus"]) == ("Pending", "Creating", "InProgress")
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(archive()).digest()).decode()
    with refused("ResourceConflictException", "state: Pending"):
        lambda_.update_function_configuration(FunctionName=NAME, Timeout=9)
    with refused("ResourceConflictException", "state: Pending"):
        lambda_.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=1)
    read = lambda: lambda_.get_function(FunctionName=NAME)["Configuration"]["State"]  # noqa: E731
    assert trail(read, "Active") == ["Pending", "Active"]
    seen = lambda_.get_function(FunctionName=NAME)
    assert (seen["Tags"], seen["Configuration"]["Architectures"]) == ({"harecon:stack": "payments"}, ["arm64"])
    assert "Concurrency" not in seen
    assert seen["Configuration"]["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{NAME}"}
    with refused("ResourceConflictException", "already exist"):
        make(lambda_, role)


def test_one_update_at_a_time(lambda_: Any, role: str) -> None:
    before = ready(lambda_, role)
    changed = lambda_.update_function_code(FunctionName=NAME, ZipFile=archive("x = 1\n"))
    assert changed["LastUpdateStatus"] == "InProgress"
    assert changed["RevisionId"] != before["RevisionId"]
    for update in (
        lambda: lambda_.update_function_configuration(FunctionName=NAME, Timeout=9),
        lambda: lambda_.update_function_code(FunctionName=NAME, ZipFile=archive()),
    ):
        with refused("ResourceConflictException", "An update is in progress for resource"):
            update()
    read = lambda: lambda_.get_function_configuration(FunctionName=NAME)["LastUpdateStatus"]  # noqa: E731
    assert trail(read, "Successful")[-1] == "Successful"
    lambda_.update_function_configuration(FunctionName=NAME, Timeout=9)
    assert lambda_.get_function(FunctionName=NAME)["Configuration"]["Timeout"] == 9


def test_a_revision_that_is_not_the_latest_is_refused_and_changes_nothing(lambda_: Any, role: str) -> None:
    before = ready(lambda_, role)
    lambda_.update_function_configuration(FunctionName=NAME, Timeout=9, RevisionId=before["RevisionId"])
    trail(lambda: lambda_.get_function_configuration(FunctionName=NAME)["LastUpdateStatus"], "Successful")
    with refused("PreconditionFailedException"):
        lambda_.update_function_code(FunctionName=NAME, ZipFile=archive("x = 1\n"), RevisionId=before["RevisionId"])
    assert lambda_.get_function(FunctionName=NAME)["Configuration"]["CodeSha256"] == before["CodeSha256"]


def test_a_dry_run_changes_nothing(lambda_: Any, role: str) -> None:
    before = ready(lambda_, role)
    told = lambda_.update_function_code(FunctionName=NAME, ZipFile=archive("x = 1\n"), DryRun=True)
    assert told["CodeSha256"] != before["CodeSha256"]
    assert lambda_.get_function(FunctionName=NAME)["Configuration"]["CodeSha256"] == before["CodeSha256"]


def test_a_role_must_be_there_and_be_lambdas(lambda_: Any, auto: Any) -> None:
    other = make_role(auto, "other", ["*"], service="rds.amazonaws.com")
    for role in (f"arn:aws:iam::{auto.account}:role/nobody", other):
        with refused("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."):
            make(lambda_, role)


def test_a_new_role_can_be_assumed_only_after_a_while(aws: Any) -> None:
    role = aws.client("iam").create_role(RoleName="new", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    functions = aws.client("lambda")
    with refused("InvalidParameterValueException", "cannot be assumed"):
        make(functions, role["Role"]["Arn"])
    aws.advance(30)
    make(functions, role["Role"]["Arn"])


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"Runtime": "python3.7"}, "runtime"),
        ({"Timeout": 901}, "timeout"),
        ({"Environment": {"Variables": {"LONG": "x" * 4096}}}, "exceeded the 4KB limit"),
        ({"Environment": {"Variables": {"QUOTES": '"' * 2048}}}, "exceeded the 4KB limit"),
        ({"Environment": {"Variables": {"AWS_REGION": "us-east-1"}}}, "reserved keys"),
        ({"KMSKeyArn": "arn:aws:kms:us-east-1:111122223333:key/1"}, "CreateGrant"),
        ({"Code": {"ZipFile": b"no zip file"}}, "Could not unzip"),
        ({"VpcConfig": {"SubnetIds": ["subnet-12345678"], "SecurityGroupIds": []}}, "coexist"),
    ],
)
def test_what_cannot_be_is_refused(lambda_: Any, role: str, settings: dict[str, Any], text: str) -> None:
    with refused("InvalidParameterValueException", text):
        make(lambda_, role, **settings)
    assert lambda_.list_functions()["Functions"] == []


def test_what_a_role_may_not_do_is_refused(lambda_: Any, auto: Any, network: Network) -> None:
    role = make_role(auto, "poor", ["logs:PutLogEvents"])
    place = {"SubnetIds": network.subnets, "SecurityGroupIds": [network.group]}
    with refused("InvalidParameterValueException", "permissions to call CreateNetworkInterface on EC2"):
        make(lambda_, role, VpcConfig=place)
    target = {"TargetArn": f"arn:aws:sqs:us-east-1:{auto.account}:dead"}
    with refused("InvalidParameterValueException", "permissions to call SendMessage on SQS"):
        make(lambda_, role, DeadLetterConfig=target)


def test_settings_come_back_as_they_were_given_and_go_when_they_are_emptied(
    lambda_: Any, role: str, auto: Any, network: Network
) -> None:
    key = auto.client("kms").create_key()["KeyMetadata"]["Arn"]
    settings: dict[str, Any] = {
        "Description": "probes", "MemorySize": 256, "Timeout": 70, "EphemeralStorage": {"Size": 1024},
        "KMSKeyArn": key, "TracingConfig": {"Mode": "Active"},
        "DeadLetterConfig": {"TargetArn": f"arn:aws:sqs:us-east-1:{auto.account}:dead"},
        "LoggingConfig": {
            "LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "SystemLogLevel": "WARN", "LogGroup": "/harecon/probe",
        },
        "Environment": {"Variables": {"LEVEL": "info"}},
    }  # fmt: skip
    place = {"SubnetIds": network.subnets[:2], "SecurityGroupIds": [network.group]}
    seen = ready(lambda_, role, VpcConfig=place, **settings)
    assert {member: seen[member] for member in settings} == settings
    assert (seen["VpcConfig"]["VpcId"], seen["VpcConfig"]["SubnetIds"]) == (network.vpc, network.subnets[:2])
    lambda_.update_function_configuration(
        FunctionName=NAME, KMSKeyArn="", DeadLetterConfig={"TargetArn": ""}, Environment={"Variables": {}},
        VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}, LoggingConfig={"LogFormat": "Text"},
    )  # fmt: skip
    seen = lambda_.get_function(FunctionName=NAME)["Configuration"]
    assert {"KMSKeyArn", "DeadLetterConfig", "Environment"}.isdisjoint(seen)
    assert seen["VpcConfig"]["VpcId"] == ""
    assert seen["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/harecon/probe"}


def test_interfaces_are_shared_and_outlive_the_last_function(
    lambda_: Any, role: str, auto: Any, network: Network
) -> None:
    ec2 = auto.client("ec2")
    place = {"SubnetIds": network.subnets[:1], "SecurityGroupIds": [network.group]}
    for name in ("payments-a", "payments-b"):
        ready(lambda_, role, name, VpcConfig=place)
    inside = [{"Name": "group-id", "Values": [network.group]}]
    (interface,) = ec2.describe_network_interfaces(Filters=inside)["NetworkInterfaces"]
    assert interface["Description"].startswith("AWS Lambda VPC ENI-payments-a")
    auto.control("clock", {"auto": False})
    lambda_.delete_function(FunctionName="payments-a")
    auto.advance(3600)
    assert len(ec2.describe_network_interfaces(Filters=inside)["NetworkInterfaces"]) == 1
    lambda_.delete_function(FunctionName="payments-b")
    auto.advance(15 * 60)
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=network.group)
    with refused("DependencyViolation"):
        ec2.delete_subnet(SubnetId=network.subnets[0])
    auto.advance(10 * 60)
    ec2.delete_security_group(GroupId=network.group)
    ec2.delete_subnet(SubnetId=network.subnets[0])


def test_a_hundred_concurrent_calls_stay_unreserved(lambda_: Any, role: str, auto: Any) -> None:
    auto.settings(lambda_concurrency=110)
    ready(lambda_, role, "payments-a")
    ready(lambda_, role, "payments-b")
    lambda_.put_function_concurrency(FunctionName="payments-a", ReservedConcurrentExecutions=6)
    with refused("InvalidParameterValueException", "below its minimum value of [100]"):
        lambda_.put_function_concurrency(FunctionName="payments-b", ReservedConcurrentExecutions=5)
    lambda_.put_function_concurrency(FunctionName="payments-a", ReservedConcurrentExecutions=10)
    limit = lambda_.get_account_settings()["AccountLimit"]
    assert (limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]) == (110, 100)
    assert lambda_.get_function(FunctionName="payments-a")["Concurrency"] == {"ReservedConcurrentExecutions": 10}
    lambda_.delete_function_concurrency(FunctionName="payments-a")
    assert "Concurrency" not in lambda_.get_function(FunctionName="payments-a")


def test_functions_are_listed_in_pages_without_their_tags(lambda_: Any, role: str) -> None:
    for letter in "cab":
        make(lambda_, role, f"payments-{letter}", Tags={"a": "b"})
    pages = list(lambda_.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}))
    names = [[found["FunctionName"] for found in page["Functions"]] for page in pages]
    assert names == [["payments-a", "payments-b"], ["payments-c"]]
    assert "Tags" not in pages[0]["Functions"][0]


def test_a_deleted_function_is_gone_with_all_that_belongs_to_it(lambda_: Any, role: str, auto: Any) -> None:
    ready(lambda_, role)
    lambda_.create_function_url_config(FunctionName=NAME, AuthType="NONE")
    lambda_.add_permission(
        FunctionName=NAME, StatementId="events", Action="lambda:InvokeFunction", Principal="events.amazonaws.com"
    )
    lambda_.put_function_event_invoke_config(FunctionName=NAME, MaximumRetryAttempts=1)
    kinds = {row["kind"] for row in auto.inventory() if row["kind"].startswith("lambda/")}
    assert kinds == {"lambda/function", "lambda/url", "lambda/permission", "lambda/async-invoke"}
    lambda_.delete_function(FunctionName=NAME)
    for read in (
        lambda_.get_function, lambda_.get_policy, lambda_.get_function_url_config,
        lambda_.get_function_event_invoke_config, lambda_.delete_function,
    ):  # fmt: skip
        with refused("ResourceNotFoundException"):
            read(FunctionName=NAME)
    assert not [row for row in auto.inventory() if row["kind"].startswith("lambda/")]


# Who may call ------------------------------------------------------------------------------------------------------


def test_a_policy_has_each_statement_once(lambda_: Any, role: str, auto: Any) -> None:
    function = ready(lambda_, role)
    with refused("ResourceNotFoundException", "does not exist"):
        lambda_.get_policy(FunctionName=NAME)
    rule = f"arn:aws:events:us-east-1:{auto.account}:rule/payments-failover"
    call = {"FunctionName": NAME, "StatementId": "events", "Action": "lambda:InvokeFunction"}
    lambda_.add_permission(
        **call, Principal="events.amazonaws.com", SourceArn=rule, SourceAccount=auto.account
    )
    with refused("ResourceConflictException", "already exists"):
        lambda_.add_permission(**call, Principal="sns.amazonaws.com")
    (statement,) = json.loads(lambda_.get_policy(FunctionName=NAME)["Policy"])["Statement"]
    assert statement == {
        "Sid": "events", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction", "Resource": function["FunctionArn"],
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": auto.account}, "ArnLike": {"AWS:SourceArn": rule},
        },
    }  # fmt: skip
    with refused("InvalidParameterValueException", "principal"):
        lambda_.add_permission(**{**call, "StatementId": "odd"}, Principal="somebody")
    lambda_.remove_permission(FunctionName=NAME, StatementId="events")
    with refused("ResourceNotFoundException"):
        lambda_.remove_permission(FunctionName=NAME, StatementId="events")


def test_conditions_of_urls_belong_to_their_own_actions(lambda_: Any, role: str) -> None:
    ready(lambda_, role)
    call = {"FunctionName": NAME, "StatementId": "url", "Principal": "*"}
    with refused("InvalidParameterValueException"):
        lambda_.add_permission(**call, Action="lambda:InvokeFunction", FunctionUrlAuthType="NONE")
    with refused("InvalidParameterValueException"):
        lambda_.add_permission(**call, Action="lambda:InvokeFunctionUrl", InvokedViaFunctionUrl=True)


def test_a_function_has_one_url(lambda_: Any, role: str) -> None:
    ready(lambda_, role)
    made = lambda_.create_function_url_config(
        FunctionName=NAME, AuthType="NONE", Cors={"AllowOrigins": ["https://example.com"]}
    )
    assert made["FunctionUrl"].endswith(".lambda-url.us-east-1.on.aws/")
    with refused("ResourceConflictException", "FunctionUrlConfig exists"):
        lambda_.create_function_url_config(FunctionName=NAME, AuthType="NONE")
    lambda_.update_function_url_config(FunctionName=NAME, InvokeMode="RESPONSE_STREAM", Cors={})
    seen = lambda_.get_function_url_config(FunctionName=NAME)
    assert (seen["FunctionUrl"], seen["InvokeMode"]) == (made["FunctionUrl"], "RESPONSE_STREAM")
    assert "Cors" not in seen
    assert len(lambda_.list_function_url_configs(FunctionName=NAME)["FunctionUrlConfigs"]) == 1
    lambda_.delete_function_url_config(FunctionName=NAME)
    with refused("ResourceNotFoundException"):
        lambda_.delete_function_url_config(FunctionName=NAME)


# Asynchronous calls and mappings -----------------------------------------------------------------------------------


def test_settings_of_asynchronous_calls_are_overwritten_as_a_whole(lambda_: Any, role: str, auto: Any) -> None:
    ready(lambda_, role)
    queue = f"arn:aws:sqs:us-east-1:{auto.account}:dead"
    lambda_.put_function_event_invoke_config(
        FunctionName=NAME, MaximumRetryAttempts=1, MaximumEventAgeInSeconds=120,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )  # fmt: skip
    seen = lambda_.get_function_event_invoke_config(FunctionName=NAME)
    assert seen["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {"Destination": queue}}
    lambda_.put_function_event_invoke_config(FunctionName=NAME, MaximumEventAgeInSeconds=60)
    seen = lambda_.get_function_event_invoke_config(FunctionName=NAME)
    assert (seen["MaximumEventAgeInSeconds"], "MaximumRetryAttempts" in seen) == (60, False)
    assert seen["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    with refused("InvalidParameterValueException", "invalid"):
        lambda_.put_function_event_invoke_config(
            FunctionName=NAME, DestinationConfig={"OnFailure": {"Destination": f"{queue}.fifo"}}
        )


@pytest.fixture
def queue(auto: Any) -> str:
    sqs = auto.client("sqs")
    url = sqs.create_queue(QueueName="replay.fifo", Attributes={"FifoQueue": "true", "VisibilityTimeout": "60"})
    arn: str = sqs.get_queue_attributes(QueueUrl=url["QueueUrl"], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return arn


def test_a_mapping_goes_through_its_states(lambda_: Any, role: str, queue: str) -> None:
    ready(lambda_, role)
    made = lambda_.create_event_source_mapping(
        FunctionName=NAME, EventSourceArn=queue, FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": 2}, Tags={"harecon:stack": "payments"},
    )  # fmt: skip
    identifier = made["UUID"]
    assert made["State"] == "Creating"
    with refused("ResourceInUseException"):
        lambda_.update_event_source_mapping(UUID=identifier, BatchSize=5)
    with refused("ResourceConflictException", "already exists"):
        lambda_.create_event_source_mapping(FunctionName=NAME, EventSourceArn=queue)
    read = lambda: lambda_.get_event_source_mapping(UUID=identifier)["State"]  # noqa: E731
    assert trail(read, "Enabled") == ["Creating", "Enabled"]
    assert lambda_.list_tags(Resource=made["EventSourceMappingArn"])["Tags"] == {"harecon:stack": "payments"}
    lambda_.update_event_source_mapping(UUID=identifier, BatchSize=5, Enabled=False, ScalingConfig={})
    assert trail(read, "Disabled") == ["Disabling", "Disabled"]
    (seen,) = lambda_.list_event_source_mappings()["EventSourceMappings"]
    assert (seen["BatchSize"], "ScalingConfig" in seen) == (5, False)
    lambda_.delete_event_source_mapping(UUID=identifier)
    assert set(gone(read, "ResourceNotFoundException")) == {"Deleting"}


def test_a_mapping_needs_a_queue_that_hides_messages_for_long_enough(lambda_: Any, role: str, queue: str) -> None:
    ready(lambda_, role, Timeout=61)
    with refused("InvalidParameterValueException", "visibility timeout: 60 seconds is less than"):
        lambda_.create_event_source_mapping(FunctionName=NAME, EventSourceArn=queue)
    with refused("InvalidParameterValueException", "does not exist"):
        lambda_.create_event_source_mapping(FunctionName=NAME, EventSourceArn=queue.replace("replay", "other"))


def test_a_fifo_queue_gives_ten_at_most(lambda_: Any, role: str, queue: str) -> None:
    ready(lambda_, role)
    with refused("InvalidParameterValueException", "FIFO"):
        lambda_.create_event_source_mapping(FunctionName=NAME, EventSourceArn=queue, BatchSize=11)


def test_tags_show_in_the_tagging_api(lambda_: Any, role: str, auto: Any) -> None:
    function = ready(lambda_, role, Tags={"harecon:stack": "payments"})
    auto.advance(60)
    listed = auto.client("resourcegroupstaggingapi").get_resources(
        ResourceTypeFilters=["lambda:function"], TagFilters=[{"Key": "harecon:stack", "Values": ["payments"]}]
    )["ResourceTagMappingList"]
    assert [found["ResourceARN"] for found in listed] == [function["FunctionArn"]]
    lambda_.tag_resource(Resource=function["FunctionArn"], Tags={"team": "dbre"})
    lambda_.untag_resource(Resource=function["FunctionArn"], TagKeys=["harecon:stack"])
    assert lambda_.list_tags(Resource=function["FunctionArn"])["Tags"] == {"team": "dbre"}
