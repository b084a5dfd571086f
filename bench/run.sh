#!/usr/bin/env bash
# Measures vigie check against ripgrep on the same logs, side by side, and says what the numbers rest on.
# Needs Go; ripgrep (rg) for the comparison; GNU time for CPU seconds and memory. What is missing is said and left out.
#
#   bench/run.sh                    1 GiB of each log, five runs of each program
#   SIZE=256MiB RUNS=3 bench/run.sh
#   FLAT=1 bench/run.sh             memory at 256 MiB and at 4 GiB instead
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")"

size=${SIZE:-1GiB}
runs=${RUNS:-5}
threads=2
files=4 # rg has one thread for each file: with fewer files than threads it would wait
hits=1000
data=data

say() { printf '%s\n' "$*"; }
die() { printf 'bench: %s\n' "$*" >&2; exit 2; }

command -v go >/dev/null || die "Go is missing"
rg=$(command -v rg || true)
[ -n "$rg" ] || say "ripgrep (rg) is missing: no comparison, only vigie and the hash alone"
gnutime=
for t in /usr/bin/time "$(command -v gtime || true)"; do
  if [ -n "$t" ] && [ -x "$t" ] && "$t" -f '%e %U %S %M' true >/dev/null 2>&1; then gnutime=$t; break; fi
done
[ -n "$gnutime" ] || say "GNU time is missing: no memory, and seconds from the shell"

case $size in
  *GiB) bytes=$((${size%GiB} << 30)) ;;
  *MiB) bytes=$((${size%MiB} << 20)) ;;
  *KiB) bytes=$((${size%KiB} << 10)) ;;
  *[!0-9]* | '') die "unreadable SIZE \"$size\", for example 500MiB or 1GiB" ;;
  *) bytes=$size ;;
esac

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export GOMAXPROCS=$threads

say "building"
(cd .. && go build -trimpath -o "$tmp/vigie" ./cmd/vigie && go build -trimpath -o "$tmp/sha" ./bench/sha)
simd=
if [ "$(go env GOARCH)" = amd64 ]; then
  (cd .. && GOEXPERIMENT=simd go build -trimpath -o "$tmp/vigie-simd" ./cmd/vigie) && simd=$tmp/vigie-simd
else
  say "no vector kernel for $(go env GOARCH): the simd build is left out"
fi

# generate KIND BYTES DIR writes a log in $files parts, each from its own seed.
generate() {
  mkdir -p "$3"
  local i part
  for i in $(seq $files); do
    part=$3/$1-$i.log
    # The stamp says what the part was made from, so that it is made once.
    local stamp="$1 $2 $files $hits $i $("$tmp/vigie" version | tail -n 1)"
    if [ ! -s "$part" ] || [ "$(cat "$part.stamp" 2>/dev/null)" != "$stamp" ]; then
      "$tmp/vigie" demo --large "$1" --size $(($2 / files)) --hits $((hits / files)) --seed "$i" --output "$part"
      printf '%s\n' "$stamp" >"$part.stamp"
    fi
  done
}

# measure NAME OUT COMMAND… appends "wall user sys kbytes" to $tmp/NAME.
measure() {
  local name=$1 out=$2
  shift 2
  if [ -n "$gnutime" ]; then
    "$gnutime" -o "$tmp/time" -f '%e %U %S %M' "$@" >"$out" || true
    tail -n 1 "$tmp/time" >>"$tmp/$name"
  else
    local TIMEFORMAT='%R %U %S 0'
    { time "$@" >"$out" || true; } 2>>"$tmp/$name"
  fi
}

# column NAME N FUNCTION: of column N of the runs, or of user and system seconds together for N = cpu.
column() {
  awk -v n="$2" '{ print n == "cpu" ? $2 + $3 : $n }' "$tmp/$1" | sort -n | awk -v f="$3" '
    { v[NR] = $1 }
    END { print f == "min" ? v[1] : f == "max" ? v[NR] : NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# row NAME LABEL BYTES prints one line of the table.
row() {
  awk -v l="$2" -v b="$3" -v lo="$(column "$1" 1 min)" -v me="$(column "$1" 1 median)" -v hi="$(column "$1" 1 max)" \
    -v cl="$(column "$1" cpu min)" -v cm="$(column "$1" cpu median)" -v kb="$(column "$1" 4 max)" \
    'BEGIN { printf "| %-26s | %6.2f | %6.2f | %6.2f | %8.0f | %6.2f | %6.2f | %7s |\n", l, lo, me, hi, b / 1048576 / me, cl, cm, (kb > 0 ? int(kb / 1024 + .5) : "-") }'
}

# ratio A B LABEL: how many times longer B takes than A.
ratio() {
  awk -v l="$3" -v a="$(column "$1" 1 median)" -v b="$(column "$2" 1 median)" -v c="$(column "$1" cpu median)" -v d="$(column "$2" cpu median)" \
    'BEGIN { printf "  %-42s wall %5.2f   CPU %5.2f\n", l, b / a, d / c }'
}

machine() {
  local cpu=
  [ -r /proc/cpuinfo ] && cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
  say "date     $(date -u +%Y-%m-%d)"
  say "machine  $(uname -sm), ${cpu:-unknown processor}, $(getconf _NPROCESSORS_ONLN 2>/dev/null || echo '?') cores"
  say "go       $(go env GOVERSION)"
  [ -n "$rg" ] && say "rg       $("$rg" --version | sed -n 1p)"
  say "load     $(uptime | sed 's/.*load average[s]*: *//') (before)"
}

# ledger OUT NAME: a number of the ledger of a case.
ledger() { sed -n '/^  "ledger"/,/^  }/s/^    "'"$2"'": \([0-9]*\),*$/\1/p' "$1"; }

# equal KIND OUT MARK FILE…: vigie read every byte and every record, and found what was planted.
equal() {
  local kind=$1 out=$2 mark=$3
  shift 3
  local total lines planted found
  total=$(cat "$@" | wc -c | tr -d ' ')
  lines=$(cat "$@" | grep -c '^[0-9]')
  planted=$(cat "$@" | grep -cF -- "$mark")
  found=$(sed -n '/^  "findings"/,/^  ]/s/^      "count": \([0-9]*\),*$/\1/p' "$out" | awk '{ n += $1 } END { print n + 0 }')
  [ "$(ledger "$out" parsed)" = "$total" ] || die "$kind: $(ledger "$out" parsed) of $total bytes parsed"
  [ "$(ledger "$out" records)" = "$lines" ] || die "$kind: $(ledger "$out" records) records, grep counts $lines"
  [ "$found" = "$planted" ] || die "$kind: $found records found, grep counts $planted planted ones"
  say "equal work: $total bytes, $lines records, $planted planted records found"
}

compare() {
  local kind=$1 mark=$2 parts i total
  generate "$kind" "$bytes" $data
  parts=($data/"$kind"-[1-9].log)
  total=$(cat "${parts[@]}" | wc -c | tr -d ' ') # warms the page cache
  cat "${parts[@]}" >"$tmp/null"
  rm -f "$tmp/null"
  say
  say "## $kind, $total bytes in $files files"
  say
  "$tmp/vigie" check --json "${parts[@]}" >"$tmp/plain.json" || true
  equal "$kind" "$tmp/plain.json" "$mark" "${parts[@]}"
  if [ -n "$simd" ]; then
    "$simd" check --json "${parts[@]}" >"$tmp/simd.json" || true
    cmp -s "$tmp/plain.json" "$tmp/simd.json" || die "$kind: the simd build judges otherwise"
    say "the simd build gives the same bytes"
  fi
  rm -f "$tmp"/t-*
  for i in $(seq "$runs"); do
    if [ -n "$rg" ]; then
      measure t-rgi "$tmp/out" "$rg" --no-config -uuu -j$threads -iF -c -f literals.txt "${parts[@]}"
      measure t-rg "$tmp/out" "$rg" --no-config -uuu -j$threads -F -c -f literals.txt "${parts[@]}"
    fi
    measure t-plain "$tmp/out" "$tmp/vigie" check --json "${parts[@]}"
    [ -z "$simd" ] || measure t-simd "$tmp/out" "$simd" check --json "${parts[@]}"
    measure t-sha "$tmp/out" "$tmp/sha" "${parts[@]}"
  done
  say
  say "| $runs runs, $threads threads           |  min s | median |  max s |    MiB/s | CPU min | median | RSS MiB |"
  say "|---|---:|---:|---:|---:|---:|---:|---:|"
  if [ -n "$rg" ]; then
    row t-rgi "rg -iF, 20 literals" "$total"
    row t-rg "rg -F, 20 literals" "$total"
  fi
  row t-plain "vigie check" "$total"
  [ -z "$simd" ] || row t-simd "vigie check, simd" "$total"
  row t-sha "sha256 alone" "$total"
  say
  if [ -n "$rg" ]; then
    ratio t-plain t-rgi "rg -iF / vigie check (goal: 2)"
    [ -z "$simd" ] || ratio t-simd t-rgi "rg -iF / vigie check, simd (goal: 2)"
    ratio t-plain t-rg "rg -F / vigie check"
    [ -z "$simd" ] || ratio t-simd t-rg "rg -F / vigie check, simd"
  fi
  ratio t-sha t-plain "vigie check / sha256 alone"
  [ -z "$simd" ] || ratio t-sha t-simd "vigie check, simd / sha256 alone"
}

# flat shows that memory does not grow with the input.
flat() {
  [ -n "$gnutime" ] || die "FLAT=1 needs GNU time"
  local kind s parts
  say
  say "| log | size | RSS MiB |"
  say "|---|---:|---:|"
  for kind in iis httpproxy; do
    for s in 256 4096; do
      generate $kind $((s << 20)) $data/flat-$s
      parts=($data/flat-$s/$kind-[1-9].log)
      rm -f "$tmp/t-flat"
      measure t-flat "$tmp/out" "${simd:-$tmp/vigie}" check --json "${parts[@]}"
      say "| $kind | $s MiB | $(($(column t-flat 4 max) / 1024)) |"
    done
  done
}

machine
if [ -n "${FLAT:-}" ]; then
  flat
else
  compare iis 'autodiscover.json%3F@'
  compare httpproxy 'ServerInfo~'
fi
say
say "load     $(uptime | sed 's/.*load average[s]*: *//') (after)"
