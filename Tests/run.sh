#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds once and runs every suite: the Swift tests and the sandbox's own side by side (they share no server), then the
# functions' and the whole program against the sandbox. Prints each suite's output whole, in that order; fails when one of them fails.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${BUILD:-.build}
python=$PWD/.venv/bin/python
logs=$build/test-logs
mkdir -p "$logs"
export HARECON=$PWD/$build/debug/harecon PYTHON=$python PYTHONDONTWRITEBYTECODE=1

swift build --scratch-path "$build" --build-tests -Xswiftc -warnings-as-errors 2>&1 | tail -n 20

swift test --scratch-path "$build" --skip-build -Xswiftc -warnings-as-errors >"$logs/swift.log" 2>&1 &
swift_pid=$!
"$python" -m pytest -q Tests/Sandbox >"$logs/sandbox.log" 2>&1 &
sandbox_pid=$!

failed=0
wait $swift_pid || failed=1
grep -vE '^(◇|✔) (Test|Suite) ' "$logs/swift.log" | tail -n 200
wait $sandbox_pid || failed=1
tail -n 60 "$logs/sandbox.log"

"$python" -m pytest -q Tests/Functions || failed=1
"$python" -m pytest -q Tests/Replay || failed=1
"$python" -m pytest -q Tests/Lab || failed=1
PYTHONPATH=Tests/Lab:Tests/Sandbox "$python" -m harecon_lab lab || failed=1
# Three on two cores: much of its time is AWS's, whose answers are awaited.
"$python" -m pytest -q -n 3 --dist worksteal Tests/EndToEnd || failed=1
exit $failed
