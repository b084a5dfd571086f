#!/usr/bin/env bash
# Runs every check of the project: format, vet, static analysis, knowledge lint, race tests, both builds of the vector kernel,
# cross-compilation, known vulnerabilities. CI runs the same. Tools come from tools/go.mod, so the product's go.mod stays small.
set -euo pipefail
cd "$(dirname "$0")"
export CGO_ENABLED=0

step() { printf '\n== %s\n' "$*"; }

step format
bad=$(gofmt -l $(git ls-files '*.go'))
[ -z "$bad" ] || { echo "not formatted: $bad"; exit 1; }

step vet
go vet ./...

step staticcheck
go tool -modfile=tools/go.mod staticcheck ./...

step "knowledge and rules"
go run ./cmd/vigie rules lint

step "builds for Linux and Windows, with and without the vector kernel"
for os in linux windows; do
  for exp in "" simd; do
    GOOS=$os GOARCH=amd64 GOEXPERIMENT=$exp go build -trimpath -o /dev/null ./cmd/vigie
  done
  GOOS=$os GOARCH=amd64 go build -trimpath -o /dev/null ./cmd/vigie-collect
done
GOOS=linux GOARCH=arm64 go vet ./cmd/vigie

step "known vulnerabilities"
# Needs the vulnerability database on the network: where it cannot be reached, that is said and the other checks count.
if out=$(timeout 120 go tool -modfile=tools/go.mod govulncheck ./... 2>&1); then
  echo "$out" | tail -n 3
elif grep -qiE 'dial|lookup|timeout|connection|forbidden|proxy|no such host|status' <<<"$out" && ! grep -q 'Vulnerability #' <<<"$out"; then
  echo "not checked: the vulnerability database cannot be reached from here"
else
  echo "$out"; exit 1
fi

step tests
if command -v gcc >/dev/null 2>&1; then
  CGO_ENABLED=1 go test -race -timeout 15m ./...
else
  echo "no C compiler: tests run without the race detector"
  go test -timeout 15m ./...
fi
GOEXPERIMENT=simd go test ./internal/literal ./internal/record ./internal/detect
