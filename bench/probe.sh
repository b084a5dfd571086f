#!/usr/bin/env bash
# Measures vigie probe on invented mail servers on loopback: all of them in one run, and the first 1,000 against nmap -sV --version-light.
#
#   bench/probe.sh
#
# Needs Go; nmap for the comparison (what is missing is said and left out); GNU time for CPU seconds and memory. Nothing leaves the machine:
# the servers are addresses of 127.0.0.0/8, each with a build of the table, HOSTILE in a hundred of them hostile.
#
#   N=30000 HOSTILE=5 NMAP=1000 PARALLEL=256      NMAP=0 leaves the comparison out
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")"
n=${N:-30000}
hostile=${HOSTILE:-5}
few=${NMAP:-1000}
parallel=${PARALLEL:-256}
https=8443
smtp=2525
export GOMAXPROCS=2

[ -x /usr/bin/time ] || { echo "GNU time is missing" >&2; exit 2; }
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$tmp"' EXIT
(cd .. && go build -trimpath -o "$tmp/vigie" ./cmd/vigie && go build -trimpath -o "$tmp/fakefront" ./bench/fakefront)

# serve N starts the servers.
serve() {
  [ -z "$server" ] || { kill -INT "$server"; wait "$server" || true; }
  : > "$tmp/servers"
  "$tmp/fakefront" -n "$1" -hostile "$hostile" -targets "$tmp/targets" -https $https -smtp $smtp > "$tmp/servers" &
  server=$!
  for _ in $(seq 100); do grep -q servers "$tmp/servers" && return; sleep 0.1; done
  echo "the servers do not start" >&2
  exit 1
}

# probe TARGETS OUT runs vigie probe without politeness: it is this machine that is asked.
probe() {
  /usr/bin/time -f '%e %U %S %M' -o "$tmp/time" "$tmp/vigie" probe --targets "$1" --permission "measurement on loopback" \
    --service https:$https --service smtp:$smtp --rate 0 --gap 0 --parallel "$parallel" --jsonl > "$2" 2> "$tmp/err" || { cat "$tmp/err" >&2; exit 1; }
  awk -v n="$(wc -l < "$2")" '{ printf "vigie probe: %d results  %7.2f s  CPU %7.2f s  RSS %5.0f MiB\n", n, $1, $2 + $3, $4 / 1024 }' "$tmp/time"
}

serve "$n"
echo "$(cat "$tmp/servers"), $hostile in a hundred hostile, $parallel visits at once, 2 threads"
probe "$tmp/targets" "$tmp/all.jsonl"
grep -o '^{"target":"[^"]*"' "$tmp/all.jsonl" | cut -d'"' -f4 | sort > "$tmp/got"
sort "$tmp/targets" > "$tmp/want"
cmp -s "$tmp/got" "$tmp/want" && echo "every target has one result" || { echo "targets are lost or doubled" >&2; exit 1; }

if [ "$few" -eq 0 ]; then
  exit 0
elif nmap=$(command -v nmap); then
  serve "$few"
  probe "$tmp/targets" "$tmp/few.jsonl"
  vigie=$(cut -d' ' -f1 "$tmp/time")
  /usr/bin/time -f '%e %U %S %M' -o "$tmp/time" "$nmap" -n -Pn -sT -sV --version-light -p $https,$smtp --script http-title,http-server-header,http-headers,http-favicon,ssl-cert,smtp-commands \
    -T4 -iL "$tmp/targets" -oX "$tmp/nmap.xml" > /dev/null
  awk -v v="$vigie" -v n="$(grep -c '<host ' "$tmp/nmap.xml")" '{ printf "nmap:        %d results  %7.2f s  CPU %7.2f s  RSS %5.0f MiB   %.1f times the time of vigie\n", n, $1, $2 + $3, $4 / 1024, $1 / v }' "$tmp/time"
  # What each names: the product alone, as Nmap does, and the build.
  echo "named Exchange: vigie $(grep -c '"product":"Exchange' "$tmp/few.jsonl"), nmap $("$tmp/vigie" probe --import "$tmp/nmap.xml" --jsonl 2> /dev/null | grep -c '"product":"Exchange')"
  echo "with a build:   vigie $(grep -c '"build":"1' "$tmp/few.jsonl"), nmap $("$tmp/vigie" probe --import "$tmp/nmap.xml" --jsonl 2> /dev/null | grep -c '"build":"1')"
else
  echo "nmap is missing"
fi
