#!/bin/sh
# Measures vigie-collect against `tar --zstd` with hashing: a tree of large logs, and one of many small files. Needs GNU time, zstd, and 16 GiB of disk.
# Usage: bench/collect/run.sh [GIB [FILES [RUNS]]]     from the root of the repository
set -eu
gib=${1:-5} files=${2:-1000000} runs=${3:-3}
work=$(mktemp -d "${TMPDIR:-/var/tmp}/vigie-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$work/vigie-collect" ./cmd/vigie-collect
go build -o "$work/vigie" ./cmd/vigie

logs=$work/large/inetpub/logs/LogFiles/W3SVC1
mkdir -p "$logs" "$work/small/inetpub/logs/LogFiles/W3SVC1"
n=0
while [ "$n" -lt "$gib" ]; do
	"$work/vigie" demo --large iis --size 1GiB --seed "$n" --output "$logs/u_ex2103$((n + 10)).log" 2>/dev/null
	n=$((n + 1))
done
python3 - "$work/small/inetpub/logs/LogFiles/W3SVC1" "$files" <<'PY'
import os, sys
for i in range(int(sys.argv[2])):
    with open(f"{sys.argv[1]}/u_{i:07d}.log", "w") as f:
        f.write(f"2021-03-03 04:{i//60%60:02d}:{i%60:02d} 10.0.0.1 GET /owa/{i} - 443 - 10.0.0.2 - - 200 0 0 1\n")
PY
for tree in large small; do
	i=0
	while [ "$i" -lt "$runs" ]; do
		rm -f "$work"/o.*
		/usr/bin/time -f "$tree tar+sha256  %e s  %M KiB" sh -c "cd '$work/$tree' && tar --zstd -cf '$work/o.tar.zst' inetpub && find inetpub -type f -print0 | xargs -0 sha256sum >'$work/o.sums' && sync '$work/o.tar.zst'"
		/usr/bin/time -f "$tree collect     %e s  %M KiB" "$work/vigie-collect" --root "$work/$tree" --profile iis --cpu 0 --keep-free 0 --machine bench -o "$work/o.vgz" >/dev/null || [ $? -eq 3 ]
		ls -l "$work/o.tar.zst" "$work/o.vgz" | awk '{print "  " $5, $9}'
		i=$((i + 1))
	done
done
/usr/bin/time -f "verify small      %e s  %M KiB" "$work/vigie" verify "$work/o.vgz" >/dev/null
