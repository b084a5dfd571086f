#!/usr/bin/env bash
# Measures vigie dump and vigie hunt on Windows event logs against other tools, side by side.
#
#   bench/events.sh EVTXDIR [RULESDIR]
#
# EVTXDIR holds *.evtx, whose chunks are joined into files of SIZE bytes in all; RULESDIR holds Sigma rules. Needs Go; evtx_dump (crate evtx),
# evtxexport (libevtx) for the comparison; what is missing is said and left out. GNU time for CPU seconds and memory.
#
#   SIZE=2147483648 RUNS=3 FILES=4
set -euo pipefail
export LC_ALL=C
evtx=$(realpath "${1:?a folder of .evtx files}")
rules=${2:+$(realpath "$2")}
cd "$(dirname "$0")"
size=${SIZE:-2147483648}
runs=${RUNS:-3}
files=${FILES:-4}
export GOMAXPROCS=2

[ -x /usr/bin/time ] || { echo "GNU time is missing" >&2; exit 2; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
(cd .. && go build -trimpath -o "$tmp/vigie" ./cmd/vigie && go build -trimpath -o "$tmp/join" ./bench/join)
mkdir -p data
mapfile -d '' -t logs < <(find "$evtx" -name '*.evtx' -print0 | sort -z)
[ ${#logs[@]} -gt 0 ] || { echo "no .evtx in $evtx" >&2; exit 2; }
parts=()
for i in $(seq "$files"); do
  part=data/events-$i.evtx
  want=$((size / files))
  have=$(stat -c %s "$part" 2>/dev/null || echo 0)
  if [ "$have" -lt "$want" ] || [ "$have" -ge $((want + 65536)) ]; then "$tmp/join" $want "$part" "${logs[@]}"; fi
  parts+=("$part")
done
cat "${parts[@]}" > /dev/null

# measure NAME COMMAND… prints the minimum and median of the wall time, the least CPU time and the memory.
measure() {
  local name=$1; shift
  : > "$tmp/times"
  for _ in $(seq "$runs"); do
    /usr/bin/time -f '%e %U %S %M' -a -o "$tmp/times" "$@" > "$tmp/out" 2> "$tmp/err" || [ $? -eq 3 ] || { echo "$name failed:" >&2; tail -3 "$tmp/err" >&2; return; }
  done
  grep -E '^[0-9.]+ [0-9.]+ [0-9.]+ [0-9]+$' "$tmp/times" | sort -n | awk -v name="$name" -v lines="$(wc -l < "$tmp/out")" -v bytes="$(stat -c %s "$tmp/out")" '
    { wall[NR] = $1; cpu = $2 + $3; if (NR == 1 || cpu < best) best = cpu; if ($4 > rss) rss = $4 }
    END { printf "%-34s min %7.2f s  median %7.2f s  CPU %7.2f s  RSS %5.0f MiB  %d lines, %.0f MiB out\n", name, wall[1], wall[int((NR + 1) / 2)], best, rss / 1024, lines, bytes / 1048576 }'
}

total=$(stat -c %s "${parts[@]}" | awk '{ s += $1 } END { print s }')
echo "$((total >> 20)) MiB in $files files of ${#logs[@]} logs' chunks, 2 threads, $runs runs"
measure "vigie dump" "$tmp/vigie" dump "${parts[@]}"
GOMAXPROCS=1 measure "vigie dump, 1 thread" "$tmp/vigie" dump "${parts[@]}"
if dump=$(command -v evtx_dump); then
  measure "evtx_dump -o jsonl, 2 threads" bash -c 'for f in "${@:2}"; do "$1" -t 2 -o jsonl "$f"; done' _ "$dump" "${parts[@]}"
  measure "evtx_dump -o jsonl, 1 thread" bash -c 'for f in "${@:2}"; do "$1" -t 1 -o jsonl "$f"; done' _ "$dump" "${parts[@]}"
else echo "evtx_dump is missing"; fi
if export=$(command -v evtxexport); then
  # It takes minutes for a GiB: one run over a fortieth.
  head -c $((total / 40 / 65536 * 65536 + 4096)) "${parts[0]}" > "$tmp/part.evtx"
  all_runs=$runs; runs=1
  measure "evtxexport, a fortieth" "$export" -f xml "$tmp/part.evtx"
  measure "vigie dump, the same" "$tmp/vigie" dump "$tmp/part.evtx"
  runs=$all_runs
else echo "evtxexport is missing"; fi
if [ -n "$rules" ]; then
  measure "vigie hunt, all rules" "$tmp/vigie" hunt --sigma "$rules" --jsonl "${parts[@]}"
  grep -E '^(rules|read|matches)' "$tmp/err" || true
  GOMAXPROCS=1 measure "vigie hunt, all rules, 1 thread" "$tmp/vigie" hunt --sigma "$rules" --jsonl "${parts[@]}"
  mkdir -p "$tmp/few"
  # every tenth rule, to see what more rules cost
  find "$rules" -name '*.yml' | sort | awk 'NR % 10 == 0' | while read -r f; do cp "$f" "$tmp/few/$(echo "$f" | md5sum | cut -c1-16).yml"; done
  GOMAXPROCS=1 measure "vigie hunt, a tenth of the rules" "$tmp/vigie" hunt --sigma "$tmp/few" --jsonl "${parts[@]}"
  : > "$tmp/none.jsonl"
  measure "vigie hunt, rules loaded only" "$tmp/vigie" hunt --sigma "$rules" --jsonl "$tmp/none.jsonl"
fi
