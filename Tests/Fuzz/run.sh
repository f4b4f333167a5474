#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: Tests/Fuzz/run.sh SECONDS [TARGET...]
#
# Builds the fuzz targets and runs each for SECONDS: first over the cases that once failed (FailCases) and the starting corpus,
# then over what libFuzzer makes of them. A new failing input is left in FailCases/<target>, to be committed with its fix.
# What libFuzzer finds interesting goes to .build, so that the next run goes on from there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

seconds=${1:?usage: Tests/Fuzz/run.sh SECONDS [TARGET...]}
shift
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
  for entry in Sources/Fuzz*; do targets+=("${entry#Sources/Fuzz}"); done
fi

swift build --sanitize=fuzzer

# libFuzzer must see the trap itself, or it leaves no failing input behind.
export SWIFT_BACKTRACE=enable=no

failed=0
for target in "${targets[@]}"; do
  grown=.build/corpus/$target
  mkdir -p "$grown" "FailCases/$target"
  echo "fuzzing $target for $seconds s"
  ".build/debug/Fuzz$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=65536 \
    -print_final_stats=1 -verbosity=0 -artifact_prefix="FailCases/$target/" \
    "$grown" "Corpus/$target" "FailCases/$target" || { echo "$target failed: see Tests/Fuzz/FailCases/$target" >&2; failed=1; }
done
exit $failed
