#!/usr/bin/env bash
# Measures "vigie check" on a tree of files that are no logs against libyara (yarac, yara -r) with the same rules: those that come with Vigie.
#
#   bench/files.sh DIR…                      a tree of 50,000 files found below DIR…, copied to a temporary folder
#   FILES=10000 RUNS=5 VIGIE=built/vigie bench/files.sh …
#
# Needs Go, GNU time, yara and yarac. CPU seconds are user and system together, the least of the runs; the files are in the page cache by then. yara
# only matches; check hashes each file, runs the coded checks and the readers of configuration over it as well, and writes the ledger.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
die() { printf 'bench: %s\n' "$*" >&2; exit 2; }
[ $# -ge 1 ] || die "usage: bench/files.sh DIR…"
/usr/bin/time -f %e true >/dev/null 2>&1 || die "GNU time is missing"
command -v yara >/dev/null && command -v yarac >/dev/null || die "yara or yarac is missing"
files=${FILES:-50000}
runs=${RUNS:-3}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Files of at most 1 MiB, by name, so that the tree is the same each time.
find "$@" -xdev -type f -size -2049 -size +0 2>/dev/null | sort | awk -v n="$files" 'NR <= n' >"$tmp/list"
mkdir -p "$tmp/tree/C/inetpub/wwwroot"
tar -c -P -f - -T "$tmp/list" | tar -x -C "$tmp/tree/C/inetpub/wwwroot" -f - 2>/dev/null
printf '%s files, %s MiB, %s cores\n' "$(find "$tmp/tree" -type f | wc -l)" "$(du -sm --apparent-size "$tmp/tree" | cut -f1)" "$(nproc)"

vigie=${VIGIE:-$tmp/vigie}
[ -n "${VIGIE:-}" ] || (cd "$here/.." && go build -trimpath -o "$vigie" ./cmd/vigie)

# libyara refuses some of the rules ("regular expression is too complex"): they are left out for it alone, and counted.
cat "$here"/../knowledge/rules/yara/*.yar >"$tmp/rules.yar"
all=$(grep -cE '^(private )?rule ' "$tmp/rules.yar")
refused=0
until yarac -w -d filename= -d filepath= -d extension= "$tmp/rules.yar" "$tmp/rules.bin" 2>"$tmp/err"; do
  bad=$(sed -n 's/^error: rule "\([^"]*\)".*/\1/p' "$tmp/err" | head -n 1)
  [ -n "$bad" ] || die "yarac: $(head -n 1 "$tmp/err")"
  awk -v r="$bad" '$0 ~ "^(private )?rule " r "([ :{]|$)" { skip = 1 } !skip { print } /^}/ { skip = 0 }' "$tmp/rules.yar" >"$tmp/fewer.yar"
  mv "$tmp/fewer.yar" "$tmp/rules.yar"
  refused=$((refused + 1))
done
echo "libyara $(yara --version): $((all - refused)) of $all rules; the others it refuses"

# least LABEL COMMAND… prints the least wall and CPU seconds and the most memory of the runs, and keeps the CPU seconds in $tmp/cpu.
least() {
  local label=$1
  shift
  : >"$tmp/all"
  for _ in $(seq "$runs"); do
    /usr/bin/time -o "$tmp/t" -f '%e %U %S %M' "$@" >"$tmp/out" 2>"$tmp/err" || [ $? -le 3 ] || die "$label: $(tail -n 1 "$tmp/err")"
    tail -n 1 "$tmp/t" >>"$tmp/all"
  done
  awk -v l="$label" -v keep="$tmp/cpu" 'NR == 1 || $1 < w { w = $1 } NR == 1 || $2 + $3 < c { c = $2 + $3 } $4 > m { m = $4 }
    END { printf "| %-22s | %6.2f | %6.2f | %5d |\n", l, w, c, m / 1024; print c >keep }' "$tmp/all"
}
echo "| | wall s | CPU s | MiB |"
echo "|---|---|---|---|"
least "yara -r" yara -w -r -C "$tmp/rules.bin" "$tmp/tree"
base=$(cat "$tmp/cpu")
least "vigie check --json" "$vigie" check --json "$tmp/tree"
awk -v a="$(cat "$tmp/cpu")" -v b="$base" 'BEGIN { printf "CPU of check: %.2f times that of yara -r\n", a / b }'
