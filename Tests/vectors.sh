#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: Tests/vectors.sh [FOLDER]
#
# Puts botocore's protocol cases, AWS's SigV4 suite and the service models into FOLDER (.build/vectors): all from botocore's
# source distribution on PyPI, pinned by version and hash. Does nothing, and needs no network, when they are there already.
# HARECON_VECTORS_CACHE names a folder to keep the archive in between checkouts.
set -euo pipefail

version=1.43.11
sha256=d7d479cc2809ec2728f2898521003adfb79bfe6a4615c59dfd222ec52b0cee6b
services=(
  backup cloudwatch dynamodb ec2 events fis iam kms lambda logs rds rds-data resourcegroupstaggingapi route53 s3
  scheduler secretsmanager service-quotas sns sqs sts
)

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:-$root/.build/vectors}
cache=${HARECON_VECTORS_CACHE:-$root/.build/downloads}
archive=$cache/botocore-$version.tar.gz
stamp="$version $sha256 ${services[*]}"

if [ -f "$folder/stamp" ] && [ "$(cat "$folder/stamp")" = "$stamp" ]; then exit 0; fi

verified() { [ -f "$archive" ] && echo "$sha256  $archive" | sha256sum --check --status; }

if ! verified; then
  mkdir -p "$cache"
  python3 -m pip download --quiet --no-binary :all: --no-deps --dest "$cache" "botocore==$version"
  verified || { echo "$archive is not what was pinned: expected sha256 $sha256" >&2; exit 1; }
fi

staging=$(mktemp -d "$(dirname "$cache")/vectors.XXXXXX")
trap 'rm -rf "$staging"' EXIT
members=("botocore-$version/tests/unit/auth/aws4_testsuite" "botocore-$version/tests/unit/protocols")
for service in "${services[@]}"; do members+=("botocore-$version/botocore/data/$service"); done
tar --extract --gzip --file "$archive" --directory "$staging" --strip-components 1 "${members[@]}"

mkdir "$staging/vectors"
mv "$staging/tests/unit/auth/aws4_testsuite" "$staging/vectors/sigv4"
mv "$staging/tests/unit/protocols" "$staging/vectors/protocols"
mv "$staging/botocore/data" "$staging/vectors/models"
find "$staging/vectors/models" -name '*.json.gz' -exec gunzip {} +
echo "$stamp" > "$staging/vectors/stamp"
mkdir -p "$(dirname "$folder")"
rm -rf "$folder"
mv "$staging/vectors" "$folder"
