#!/usr/bin/env bash
# Measures the YARA engine against libyara (yara, yarac) and YARA-X (the Python package yara-x) with the same rules on the same files.
#
#   bench/yara.sh RULESDIR DIR…              three runs of each program
#   RUNS=5 PYTHON=venv/bin/python VIGIE=built/vigie bench/yara.sh …
#
# Needs Go and GNU time; yara and yarac for the comparison, a Python that can import yara_x for the other. What is missing is said and left out.
# "Scan alone" is what a program takes on DIR beyond what it takes on an empty folder: loading rules and starting are not in it. CPU seconds are user
# and system together, the least of the runs.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
die() { printf 'bench: %s\n' "$*" >&2; exit 2; }
[ $# -ge 2 ] || die "usage: bench/yara.sh RULESDIR DIR…"
rules=$1
shift
runs=${RUNS:-3}
python=${PYTHON:-python3}
/usr/bin/time -f %e true >/dev/null 2>&1 || die "GNU time is missing"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/empty"
: >"$tmp/empty/file"
(cd "$here/.." && go build -trimpath -o "$tmp/yarascan" ./bench/yarascan)
vigie=${VIGIE:-$tmp/vigie}
[ -n "${VIGIE:-}" ] || (cd "$here/.." && go build -trimpath -o "$vigie" ./cmd/vigie)

have_yara=
if command -v yara >/dev/null && command -v yarac >/dev/null; then
  have_yara=1
  declare=(-d filename= -d filepath= -d extension= -d filetype= -d owner=)
  sources=()
  while IFS= read -r f; do sources+=("n${#sources[@]}:$f"); done < <(find "$rules" -type f \( -name '*.yar' -o -name '*.yara' \) | sort)
  /usr/bin/time -o "$tmp/c" -f '%U %S' yarac -w "${declare[@]}" "${sources[@]}" "$tmp/rules.bin"
  echo "libyara $(yara --version): compile $(awk '{ printf "%.2f", $1 + $2 }' "$tmp/c") CPU s, ${#sources[@]} files"
else
  echo "yara or yarac is missing: no comparison with libyara"
fi
have_x=
if "$python" -c 'import yara_x' 2>/dev/null; then have_x=1; else echo "no Python with yara_x: no comparison with YARA-X"; fi

# least NAME COMMAND… runs a command and keeps "wall cpu kbytes", each the least, in $tmp/NAME; the output of the last run in $tmp/NAME.out.
least() {
  local name=$1
  shift
  : >"$tmp/$name.all"
  for _ in $(seq "$runs"); do
    /usr/bin/time -o "$tmp/t" -f '%e %U %S %M' "$@" >"$tmp/$name.out" 2>"$tmp/$name.err" || [ $? -le 3 ] || die "$name: $(tail -n 1 "$tmp/$name.err")"
    tail -n 1 "$tmp/t" >>"$tmp/$name.all"
  done
  awk 'NR == 1 || $1 < w { w = $1 } NR == 1 || $2 + $3 < c { c = $2 + $3 } NR == 1 || $4 > m { m = $4 } END { printf "%.2f %.2f %d\n", w, c, m }' "$tmp/$name.all" >"$tmp/$name"
}

# row LABEL NAME EMPTY: whole process, and what is left without that of the empty folder.
row() {
  awk -v l="$1" 'NR == FNR { w = $1; c = $2; next } { printf "| %-26s | %6.2f | %6.2f | %6.2f | %6.2f | %5d |\n", l, $1, $2, $1 - w, $2 - c, $3 / 1024 }' "$tmp/$3" "$tmp/$2"
}

# compare LABEL A A0 B B0: how many times the CPU seconds of B beyond B0 are those of A beyond A0.
compare() {
  local label=$1 a=$2 ae=$3 b=$4 be=$5
  cp "$tmp/$a" "$tmp/r-a"; cp "$tmp/$ae" "$tmp/r-ae"; cp "$tmp/$b" "$tmp/r-b"; cp "$tmp/$be" "$tmp/r-be"
  awk -v l="$label" 'FILENAME ~ /-a$/ { a += $2 } FILENAME ~ /-ae$/ { a -= $2 } FILENAME ~ /-b$/ { b += $2 } FILENAME ~ /-be$/ { b -= $2 }
    END { if (a > 0) printf "  %-54s %6.2f\n", l, b / a; else print "  " l ": too short to tell" }' "$tmp/r-a" "$tmp/r-ae" "$tmp/r-b" "$tmp/r-be"
}

for dir in "$tmp/empty" "$@"; do
  n=$(basename "$dir")
  [ "$dir" = "$tmp/empty" ] && n=e0
  least "v2-$n" env GOMAXPROCS=2 "$tmp/yarascan" -threads 2 -matches "$rules" "$dir"
  least "v1-$n" env GOMAXPROCS=1 "$tmp/yarascan" -threads 1 -matches "$rules" "$dir"
  least "h2-$n" env GOMAXPROCS=2 "$vigie" hunt --yara "$rules" --jsonl "$dir"
  [ -z "$have_yara" ] || least "y2-$n" yara -C -w -N -p 2 -r "$tmp/rules.bin" "$dir"
  [ -z "$have_yara" ] || least "y1-$n" yara -C -w -N -p 1 -r "$tmp/rules.bin" "$dir"
  [ -z "$have_x" ] || least "x1-$n" "$python" "$here/yarax.py" "$rules" "$dir"
  [ "$n" != e0 ] || { echo "vigie: $(sed 's/ files .*//' "$tmp/v2-e0.err" | tail -n 1) s"; continue; }
  echo
  echo "## $n: $(find "$dir" -type f | wc -l | tr -d ' ') files, $(($(find "$dir" -type f -printf '%s\n' | awk '{ s += $1 } END { print s }') >> 20)) MiB"
  echo
  echo "|                            | wall s |  CPU s | scan wall | scan CPU | RSS MiB |"
  echo "|---|---:|---:|---:|---:|---:|"
  row "vigie engine, 2 threads" "v2-$n" v2-e0
  row "vigie engine, 1 thread" "v1-$n" v1-e0
  row "vigie hunt, 2 threads" "h2-$n" h2-e0
  [ -z "$have_yara" ] || { row "libyara, 2 threads" "y2-$n" y2-e0; row "libyara, 1 thread" "y1-$n" y1-e0; }
  [ -z "$have_x" ] || row "YARA-X (Python), 1 thread" "x1-$n" x1-e0
  echo
  sort "$tmp/v2-$n.out" >"$tmp/v"
  echo "  $(wc -l <"$tmp/v" | tr -d ' ') matches"
  if [ -n "$have_yara" ]; then
    sort "$tmp/y2-$n.out" | cmp -s - "$tmp/v" && echo "  libyara finds the same" || { echo "  libyara differs:"; sort "$tmp/y2-$n.out" | diff "$tmp/v" - | head -n 10 || true; }
    compare "scan CPU, libyara / vigie engine, 2 threads (goal 3)" "v2-$n" v2-e0 "y2-$n" y2-e0
    compare "scan CPU, libyara / vigie engine, 1 thread" "v1-$n" v1-e0 "y1-$n" y1-e0
  fi
  if [ -n "$have_x" ]; then
    sort "$tmp/x1-$n.out" | cmp -s - "$tmp/v" && echo "  YARA-X finds the same" || { echo "  YARA-X differs:"; sort "$tmp/x1-$n.out" | diff "$tmp/v" - | head -n 10 || true; }
    compare "scan CPU, YARA-X / vigie engine, 1 thread (goal > 1)" "v1-$n" v1-e0 "x1-$n" x1-e0
  fi
done
echo
echo "load $(uptime | sed 's/.*load average[s]*: *//')"
