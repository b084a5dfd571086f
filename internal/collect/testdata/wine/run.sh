#!/bin/sh
# Runs the Windows build of vigie-collect under Wine on a prepared disk (registry, IIS configuration, a locked file, a file in use) and compares
# what is judged of its package with what is judged of the disk itself. Needs wine64 (Debian 12: wine 8) and gcc-mingw-w64-x86-64.
# Usage: internal/collect/testdata/wine/run.sh     from the root of the repository; exits with 0 when all holds.
set -eu
here=$(dirname "$0")
work=$(mktemp -d)
held=
trap 'for p in $held; do kill "$p" 2>/dev/null || :; done; WINEPREFIX=$work/prefix wineserver -k 2>/dev/null || :; rm -rf "$work"' EXIT
export WINEPREFIX="$work/prefix" WINEDEBUG=-all DISPLAY= CGO_ENABLED=0

go build -o "$work/vigie" ./cmd/vigie
GOOS=windows GOARCH=amd64 go build -trimpath -ldflags '-s -w' -o "$work/vigie-collect.exe" ./cmd/vigie-collect
x86_64-w64-mingw32-gcc -shared -o "$work/bcryptprimitives.dll" "$here/prng.c" -ladvapi32
x86_64-w64-mingw32-gcc -o "$work/hold.exe" "$here/hold.c"
wineboot -i >/dev/null 2>&1
c=$WINEPREFIX/drive_c
cp "$work/bcryptprimitives.dll" "$c/windows/system32/"

# The disk: Exchange and the logs of IIS stand where only the registry and applicationHost.config tell.
"$work/vigie" demo "$work/demo" --json >/dev/null
mkdir -p "$c/mail/bin" "$c/weblogs" "$c/windows/system32/inetsrv/config"
cp -r "$work/demo/MAIL04/Logging" "$work/demo/MAIL04/TransportRoles" "$c/mail/"
cp -r "$work/demo/MAIL04/inetpub/logs/LogFiles/." "$c/weblogs/"
cp -r "$work/demo/MAIL04/ExchangeSetupLogs" "$c/"
echo MZ >"$c/mail/bin/ExSetup.exe"
cat >"$c/windows/system32/inetsrv/config/applicationHost.config" <<'XML'
<configuration><system.applicationHost><sites>
  <siteDefaults><logFile directory="C:\weblogs" /></siteDefaults>
</sites></system.applicationHost></configuration>
XML
mkdir -p "$c/inetpub/wwwroot"
echo locked >"$c/inetpub/wwwroot/locked.aspx"
wine reg add 'HKLM\SOFTWARE\Microsoft\ExchangeServer\v15\Setup' /v MsiInstallPath /d 'C:\mail\' /f >/dev/null 2>&1
busy=$(find "$c/weblogs" -name 'u_ex*.log' | sort | tail -1)
wine "$work/hold.exe" NONE 'C:\inetpub\wwwroot\locked.aspx' & held="$held $!"
wine "$work/hold.exe" WRITE "C:\\weblogs\\$(basename "$(dirname "$busy")")\\$(basename "$busy")" & held="$held $!"
sleep 5

code=0
wine "$work/vigie-collect.exe" --cpu 0 --keep-free 0 --lang en -o 'C:\x.vgz' || code=$?
[ "$code" -eq 3 ] || { echo "exit code $code, want 3 (a locked file)"; exit 1; }
cp "$c/x.vgz" "$c/x.vgz.sha256" "$work/"
"$work/vigie" verify "$work/x.vgz"
mkdir "$work/unpacked"
zstd -dqc "$work/x.vgz" | tar -C "$work/unpacked" -x
grep -h '"path":"C:\\\\inetpub\\\\wwwroot\\\\locked.aspx"' "$work/unpacked/manifest/"*.jsonl | grep '"error":"locked"' >/dev/null || { echo 'the locked file is not listed'; exit 1; }
grep -h "$(basename "$busy")" "$work/unpacked/manifest/"*.jsonl | grep '"how":"read"' >/dev/null || { echo 'the file in use was not read'; exit 1; }

mkdir "$work/disk"
cp -r "$c/mail" "$c/weblogs" "$c/ExchangeSetupLogs" "$work/disk/"
judge() { "$work/vigie" check "$1" --json | python3 -c '
import json, sys
c = json.load(sys.stdin)
for h in c["hosts"]:
    print(h["name"], h["build"], h["verdict"], [(f["id"], f["verdict"], f["coverage"]["overall"]) for f in h["flaws"]])
print(sorted((f["rule"], f["host"], f["time"], f["count"]) for f in c["findings"]))'; }
judge "$work/x.vgz" >"$work/package.txt" || :
judge "$work/disk" >"$work/tree.txt" || :
cat "$work/tree.txt" | head -3
diff "$work/tree.txt" "$work/package.txt" && echo 'the package is judged as the disk is'
