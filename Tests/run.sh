#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds once and runs every suite: the Swift tests and the sandbox's own side by side (they share no server), then the
# functions', the replay client's and the whole program against the sandbox, with the lab beside them. Prints each suite's
# output; fails when one of them fails.
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
grep -vE '^(◇ |✔ Suite |✔ Test case |✔ Test ")' "$logs/swift.log" | tail -n 200
wait $sandbox_pid || failed=1
tail -n 60 "$logs/sandbox.log"

# The lab waits for checks and promotions most of the time: it runs beside the others, which keep the machine busy.
{ "$python" -m pytest -q Tests/Lab && PYTHONPATH=Tests/Lab:Tests/Sandbox "$python" -m harecon_lab lab; } >"$logs/lab.log" 2>&1 &
lab_pid=$!

"$python" -m pytest -q Tests/Functions || failed=1
"$python" -m pytest -q Tests/Replay || failed=1
# Three on two cores: much of its time is AWS's, whose answers are awaited.
"$python" -m pytest -q -n 3 --dist worksteal Tests/EndToEnd >"$logs/end-to-end.log" 2>&1 || failed=1
wait $lab_pid || failed=1
tail -n 60 "$logs/lab.log"
tail -n 200 "$logs/end-to-end.log"
exit $failed
