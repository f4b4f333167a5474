#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The main job against the local AWS sandbox: validate, plan, apply, an empty plan, a drift found and repaired, and the end.
# Run by `make demo`, which builds harecon and installs what this needs.
set -euo pipefail
cd "$(dirname "$0")/.."

harecon=${HARECON:-.build/debug/harecon}
python=${PYTHON:-.venv/bin/python}
spec=specs/payments.yaml
folder=$(mktemp -d)

PYTHONPATH=Tests/Sandbox "$python" -m harecon_sandbox --ready-file "$folder/ready" >"$folder/log" 2>&1 &
sandbox=$!
trap 'kill $sandbox 2>/dev/null; wait $sandbox 2>/dev/null; rm -rf "$folder"' EXIT
until [ -s "$folder/ready" ]; do
  kill -0 $sandbox 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
  read -rt 0.1 <> <(:) || true
done
endpoint=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["endpoint"])' "$folder/ready")

export AWS_ENDPOINT_URL=$endpoint AWS_ACCESS_KEY_ID=AKIA111122223333 AWS_SECRET_ACCESS_KEY=sandbox-secret-111122223333
unset AWS_PROFILE AWS_SESSION_TOKEN

control() { curl -sf -X POST "$endpoint/_sandbox/$1" -d "$2" >/dev/null; }
say() { printf '\n\033[1m%s\033[0m\n' "$*" | { [ -t 1 ] && cat || sed 's/\x1b\[[0-9]*m//g'; }; }
run() { # run EXPECTED-EXIT-CODE ARGUMENT...: the command as typed, its output, and that it ended as it must
  local expected=$1 code=0; shift
  say "\$ harecon $*"
  "$harecon" "$@" || code=$?
  [ $code = "$expected" ] || { echo "exit code $code, not $expected" >&2; exit 1; }
}

control clock '{"auto": true}'

run 0 validate -f $spec
run 2 plan -f $spec -detailed-exitcode -out "$folder/payments.plan"
run 0 apply "$folder/payments.plan"
run 0 plan -f $spec -detailed-exitcode

say "Someone opens the database to the world, and shortens the backups"
group=$("$python" - "$endpoint" <<'PY'
import boto3, sys
keys = dict(endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="AKIA111122223333",
            aws_secret_access_key="sandbox-secret-111122223333")
ec2, rds = boto3.client("ec2", **keys), boto3.client("rds", **keys)
group = ec2.describe_security_groups(Filters=[{"Name": "tag:harecon:id", "Values": ["ec2/security-group.database"]}])["SecurityGroups"][0]["GroupId"]
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
rds.modify_db_cluster(DBClusterIdentifier="payments", BackupRetentionPeriod=1, ApplyImmediately=True)
print(group)
PY
)
echo "group $group now answers 0.0.0.0/0; backups are kept 1 day"

run 2 reconcile -f $spec -mode observe
run 0 reconcile -f $spec -mode repair
run 0 plan -f $spec -detailed-exitcode

run 0 destroy -f $spec -auto-approve -confirm payments
run 2 plan -f $spec -detailed-exitcode -concise
say "Done: applied, found empty, drifted, repaired, destroyed."
