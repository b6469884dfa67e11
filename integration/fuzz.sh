#!/usr/bin/env bash
# Fuzzes each parser for a time, such as 60s. A failure leaves its input in testdata/fuzz of the package.
set -euo pipefail
for_each=$1
out=$(mktemp)
trap 'rm -f "$out"' EXIT

for package in $(go list ./pkg/...); do
  for target in $(go test -list '^Fuzz' "$package" | grep ^Fuzz); do
    echo "$package $target"
    if ! go test -run '^$' -fuzz "^$target\$" -fuzztime "$for_each" "$package" 2>&1 | tee "$out" | tail -2; then
      # Go's fuzzer now and then takes the end of its time for a failure; no input is to blame then.
      grep -q 'context deadline exceeded' "$out" && ! grep -q 'Failing input written' "$out" || { cat "$out"; exit 1; }
    fi
  done
done
