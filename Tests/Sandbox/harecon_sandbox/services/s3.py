# SPDX-License-Identifier: Apache-2.0
"""S3: buckets with the settings that AWS gives them, and whose they are.  Objects are the emulator's."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, before, operation
from harecon_sandbox.services.common import Tags, check_tags, tag_list, tags_from

SERVICE = "s3"
NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
ALL_CLOSED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
AES256 = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}

#: What is not set of a bucket: the code and the message of AWS's answer.
ABSENT = {
    "tags": ("NoSuchTagSet", "The TagSet does not exist"),
    "policy": ("NoSuchBucketPolicy", "The bucket policy does not exist"),
    "block": ("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"),
    "ownership": ("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
    "lock": ("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
    "lifecycle": ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
}


@dataclass
class Bucket:
    name: str
    region: str
    created: Any
    settings: dict[str, Any] = field(default_factory=dict)


def _buckets(ctx: Context) -> dict[str, Bucket]:
    """The account's, in all regions."""
    buckets: dict[str, Bucket] = ctx.store.setdefault(("s3 buckets", ""), {})
    return buckets


def _owner(ctx: Context, name: str) -> str | None:
    """The account that has the name; the emulator has an index over all."""
    ctx.moto(SERVICE)
    from moto.s3.models import s3_backends  # loading it takes time, which only who uses S3 should wait for

    place = s3_backends.bucket_accounts.get(name)
    return None if place is None else str(place[1])


def _denied() -> AWSError:
    return AWSError("AccessDenied", "Access Denied", 403)


def _invalid(message: str) -> AWSError:
    return AWSError("InvalidArgument", message, 400)


@before(SERVICE, "*")
def check_place(ctx: Context, params: Params) -> None:
    """Whoever asks for a bucket must ask its own region, and be let in by its owner."""
    name = params.get("Bucket")
    if name is None or ctx.operation == "CreateBucket":
        return
    owner = _owner(ctx, name)
    if owner is None:
        raise AWSError("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=name)
    if owner != ctx.account or params.get("ExpectedBucketOwner", owner) != owner:
        raise _denied()
    region = _buckets(ctx)[name].region
    if region != ctx.region:
        message = "The bucket you are attempting to access must be addressed using the specified endpoint."
        raise AWSError("PermanentRedirect", message, 301, Bucket=name, Endpoint=f"{name}.s3.{region}.amazonaws.com")


# Buckets -----------------------------------------------------------------------------------------------------------


@operation(SERVICE, "CreateBucket")
def create_bucket(ctx: Context, params: Params) -> Result:
    name = params["Bucket"]
    if not NAME.fullmatch(name) or ".." in name or name.startswith("xn--"):
        raise AWSError("InvalidBucketName", "The specified bucket is not valid.", 400, BucketName=name)
    configuration = params.get("CreateBucketConfiguration") or {}
    _check_constraint(ctx, configuration.get("LocationConstraint"))
    tags = tags_from(configuration.get("Tags"))
    _check_tags(tags)
    owner = _owner(ctx, name)
    if owner is not None and owner != ctx.account:
        raise AWSError("BucketAlreadyExists", "The requested bucket name is not available.", 409, BucketName=name)
    if owner is not None:
        if ctx.region == "us-east-1" == _buckets(ctx)[name].region:
            return {"Location": f"/{name}"}
        message = "Your previous request to create the named bucket succeeded and you already own it."
        raise AWSError("BucketAlreadyOwnedByYou", message, 409, BucketName=name)
    made: Params = {"Bucket": name}
    if ctx.region != "us-east-1":
        made["CreateBucketConfiguration"] = {"LocationConstraint": ctx.region}
    locked = bool(params.get("ObjectLockEnabledForBucket"))
    if locked:
        made["ObjectLockEnabledForBucket"] = True
    ctx.emulate(SERVICE, "CreateBucket", made)
    ownership = params.get("ObjectOwnership", "BucketOwnerEnforced")
    bucket = Bucket(name, ctx.region, ctx.clock.datetime())
    bucket.settings |= {
        "block": dict(ALL_CLOSED),
        "ownership": {"Rules": [{"ObjectOwnership": ownership}]},
        "encryption": AES256,
    }
    if tags:
        bucket.settings["tags"] = tags
    if locked:
        bucket.settings["lock"] = {"ObjectLockEnabled": "Enabled"}
        _version(ctx, bucket, "Enabled")
    _buckets(ctx)[name] = bucket
    return {"Location": f"/{name}", "BucketArn": f"arn:{ctx.partition}:s3:::{name}"}


def _check_constraint(ctx: Context, constraint: str | None) -> None:
    """The model already refuses "us-east-1", which stands for none."""
    if (constraint or "us-east-1") != ctx.region:
        message = (
            f"The {constraint or 'unspecified'} location constraint is incompatible for the region specific endpoint "
            "this request was sent to."
        )
        raise AWSError("IllegalLocationConstraintException", message, 400)


@operation(SERVICE, "DeleteBucket")
def delete_bucket(ctx: Context, params: Params) -> Result:
    name = params["Bucket"]
    held = ctx.emulate(SERVICE, "ListObjectVersions", {"Bucket": name, "MaxKeys": 1})
    if held.get("Versions") or held.get("DeleteMarkers"):
        message = "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
        raise AWSError("BucketNotEmpty", message, 409, BucketName=name)
    ctx.emulate(SERVICE, "DeleteBucket", {"Bucket": name})
    del _buckets(ctx)[name]
    return {}


@operation(SERVICE, "ListBuckets")
def list_buckets(ctx: Context, params: Params) -> Result:
    wanted = params.get("BucketRegion")
    if wanted is not None and wanted != ctx.region:
        raise _invalid("Requests made to a Regional endpoint must name its region")
    prefix = params.get("Prefix", "")
    listed = [
        {
            "Name": bucket.name,
            "CreationDate": bucket.created,
            "BucketRegion": bucket.region,
            "BucketArn": f"arn:{ctx.partition}:s3:::{bucket.name}",
        }
        for bucket in sorted(_buckets(ctx).values(), key=lambda bucket: bucket.name)
        if bucket.name.startswith(prefix) and wanted in (None, bucket.region)
    ]
    return {"Buckets": listed, "Owner": {"ID": ctx.account.rjust(64, "0")}, "Prefix": prefix}


@before(SERVICE, "ListObjectVersions")
def cut_versions(ctx: Context, params: Params) -> None:
    """Their markers are no opaque tokens: the forced size of a page is kept here."""
    if "page" in ctx.settings:
        params["MaxKeys"] = min(int(params.get("MaxKeys", 1000)), int(ctx.settings["page"]))


# Settings ----------------------------------------------------------------------------------------------------------


def _settings(ctx: Context, params: Params) -> dict[str, Any]:
    return _buckets(ctx)[params["Bucket"]].settings


def _get(ctx: Context, params: Params, what: str) -> Any:
    settings = _settings(ctx, params)
    if what not in settings:
        code, message = ABSENT[what]
        raise AWSError(code, message, 404, BucketName=params["Bucket"])
    return settings[what]


def _version(ctx: Context, bucket: Bucket, status: str) -> None:
    """The emulator needs it for the objects."""
    change = {"Bucket": bucket.name, "VersioningConfiguration": {"Status": status}}
    ctx.emulate(SERVICE, "PutBucketVersioning", change)
    bucket.settings["versioning"] = status


@operation(SERVICE, "GetBucketVersioning")
def get_versioning(ctx: Context, params: Params) -> Result:
    status = _settings(ctx, params).get("versioning")
    return {} if status is None else {"Status": status}


@operation(SERVICE, "PutBucketVersioning")
def put_versioning(ctx: Context, params: Params) -> Result:
    status = params["VersioningConfiguration"].get("Status")
    if status is None:
        raise AWSError("IllegalVersioningConfigurationException", "Indicates that the Status is missing", 400)
    if status == "Suspended" and "lock" in _settings(ctx, params):
        message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        raise AWSError("InvalidBucketState", message, 409)
    _version(ctx, _buckets(ctx)[params["Bucket"]], status)
    return {}


@operation(SERVICE, "GetBucketEncryption")
def get_encryption(ctx: Context, params: Params) -> Result:
    return {"ServerSideEncryptionConfiguration": _settings(ctx, params)["encryption"]}


@operation(SERVICE, "PutBucketEncryption")
def put_encryption(ctx: Context, params: Params) -> Result:
    rules = params["ServerSideEncryptionConfiguration"]["Rules"]
    default = rules[0].get("ApplyServerSideEncryptionByDefault") or {}
    if len(rules) != 1 or ("KMSMasterKeyID" in default and default.get("SSEAlgorithm") == "AES256"):
        raise _invalid("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms")
    _settings(ctx, params)["encryption"] = {"Rules": [{"BucketKeyEnabled": False} | rules[0]]}
    return {}


@operation(SERVICE, "DeleteBucketEncryption")
def delete_encryption(ctx: Context, params: Params) -> Result:
    _settings(ctx, params)["encryption"] = AES256
    return {}


@operation(SERVICE, "GetPublicAccessBlock")
def get_block(ctx: Context, params: Params) -> Result:
    return {"PublicAccessBlockConfiguration": _get(ctx, params, "block")}


@operation(SERVICE, "PutPublicAccessBlock")
def put_block(ctx: Context, params: Params) -> Result:
    flags = params["PublicAccessBlockConfiguration"]
    _settings(ctx, params)["block"] = dict.fromkeys(ALL_CLOSED, False) | flags
    return {}


@operation(SERVICE, "GetBucketOwnershipControls")
def get_ownership(ctx: Context, params: Params) -> Result:
    return {"OwnershipControls": _get(ctx, params, "ownership")}


@operation(SERVICE, "PutBucketOwnershipControls")
def put_ownership(ctx: Context, params: Params) -> Result:
    _settings(ctx, params)["ownership"] = params["OwnershipControls"]
    return {}


@operation(SERVICE, "GetBucketPolicy")
def get_policy(ctx: Context, params: Params) -> Result:
    return {"Policy": _get(ctx, params, "policy")}


@operation(SERVICE, "PutBucketPolicy")
def put_policy(ctx: Context, params: Params) -> Result:
    settings = _settings(ctx, params)
    statements = _statements(params["Policy"], f"arn:{ctx.partition}:s3:::{params['Bucket']}")
    public = any(s["Effect"] == "Allow" and s.get("Principal") in ("*", {"AWS": "*"}) for s in statements)
    if public and (settings.get("block") or {}).get("BlockPublicPolicy"):
        raise _denied()
    settings["policy"] = params["Policy"]
    return {}


def _statements(text: str, bucket: str) -> list[dict[str, Any]]:
    """Refuses what is no policy of this bucket."""

    def malformed(message: str) -> AWSError:
        return AWSError("MalformedPolicy", message, 400)

    try:
        document = json.loads(text)
    except ValueError:
        raise malformed("Policies must be valid JSON and the first byte must be '{'") from None
    found = document.get("Statement") if isinstance(document, dict) else None
    statements = found if isinstance(found, list) else [found]
    for statement in statements:
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise malformed("Missing required field Effect")
        if "Principal" not in statement and "NotPrincipal" not in statement:
            raise malformed("Missing required field Principal")
        if "Action" not in statement and "NotAction" not in statement:
            raise malformed("Missing required field Action")
        resources = statement.get("Resource", [])
        resources = [resources] if isinstance(resources, str) else resources
        if not resources or any(r != bucket and not r.startswith(f"{bucket}/") for r in resources):
            raise malformed("Policy has invalid resource")
    return [statement for statement in statements if isinstance(statement, dict)]


@operation(SERVICE, "GetObjectLockConfiguration")
def get_lock(ctx: Context, params: Params) -> Result:
    return {"ObjectLockConfiguration": _get(ctx, params, "lock")}


@operation(SERVICE, "PutObjectLockConfiguration")
def put_lock(ctx: Context, params: Params) -> Result:
    settings = _settings(ctx, params)
    if settings.get("versioning") != "Enabled":
        message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        raise AWSError("InvalidBucketState", message, 409)
    configuration = params.get("ObjectLockConfiguration") or {}
    if configuration.get("ObjectLockEnabled") != "Enabled":
        raise AWSError("MalformedXML", "The XML you provided was not well-formed", 400)
    rule = configuration.get("Rule")
    default = (rule or {}).get("DefaultRetention") or {}
    if rule is not None and ("Mode" not in default or ("Days" in default) == ("Years" in default)):
        raise AWSError("MalformedXML", "The XML you provided was not well-formed", 400)
    settings["lock"] = configuration
    _hold_from_now_on(params["Bucket"], default)
    return {}


def _hold_from_now_on(name: str, retention: Params) -> None:
    """AWS gives a bucket its lock whenever it is versioned, the emulator only while it is empty."""
    from moto.s3.models import s3_backends

    partition, account = s3_backends.bucket_accounts[name]
    bucket = s3_backends[account][partition].buckets[name]
    bucket.object_lock_enabled = True
    bucket.default_lock_mode = retention.get("Mode", "")
    bucket.default_lock_days = retention.get("Days", 0)
    bucket.default_lock_years = retention.get("Years", 0)


@operation(SERVICE, "GetBucketLifecycleConfiguration")
def get_lifecycle(ctx: Context, params: Params) -> Result:
    return {"Rules": _get(ctx, params, "lifecycle")}


@operation(SERVICE, "PutBucketLifecycleConfiguration")
def put_lifecycle(ctx: Context, params: Params) -> Result:
    rules = params["LifecycleConfiguration"]["Rules"]
    actions = {"Expiration", "Transitions", "NoncurrentVersionTransitions", "NoncurrentVersionExpiration",
               "AbortIncompleteMultipartUpload"}  # fmt: skip
    if any(not actions & rule.keys() or ("Filter" in rule) == ("Prefix" in rule) for rule in rules):
        raise AWSError("MalformedXML", "The XML you provided was not well-formed", 400)
    _settings(ctx, params)["lifecycle"] = rules
    return {}


@operation(SERVICE, "GetBucketTagging")
def get_tags(ctx: Context, params: Params) -> Result:
    return {"TagSet": tag_list(_get(ctx, params, "tags"))}


@operation(SERVICE, "PutBucketTagging")
def put_tags(ctx: Context, params: Params) -> Result:
    items = params["Tagging"]["TagSet"]
    tags = tags_from(items)
    if len(tags) != len(items):
        raise AWSError("InvalidTag", "Cannot provide multiple Tags with the same key", 400)
    _check_tags(tags)
    _settings(ctx, params)["tags"] = tags
    return {}


def _check_tags(tags: Tags) -> None:
    check_tags(tags, {}, lambda message: AWSError("InvalidTag", message, 400))


@operation(SERVICE, "DeleteBucketTagging", "DeleteBucketPolicy", "DeleteBucketLifecycle", "DeletePublicAccessBlock")
def delete_setting(ctx: Context, params: Params) -> Result:
    """What is not there is deleted as well."""
    what = {"Tagging": "tags", "Policy": "policy", "Lifecycle": "lifecycle", "Block": "block"}
    _settings(ctx, params).pop(next(key for word, key in what.items() if ctx.operation.endswith(word)), None)
    return {}


def inventory(ctx: Context) -> list[dict[str, Any]]:
    return [
        {
            "kind": "s3/bucket",
            "id": bucket.name,
            "name": bucket.name,
            "arn": f"arn:{ctx.partition}:s3:::{bucket.name}",
            "tags": dict(bucket.settings.get("tags", {})),
            "status": "active",
        }
        for bucket in sorted(_buckets(ctx).values(), key=lambda bucket: bucket.name)
    ]
