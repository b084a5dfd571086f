#!/usr/bin/env bash
# Scans benign trees of web code with the built-in YARA rules and lists what matches: a proof or a clue there is a fault of the rule.
#
#   bench/benign.sh FOLDER…       what is in the folders
#   bench/benign.sh               packages of Debian, npm and Maven, fetched into bench/data/benign with their ordinary clients (1 GiB of disk)
#
# A package that cannot be had is said and left out: other releases have other versions, and other counts.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
debian="phpmyadmin wordpress roundcube-core roundcube-plugins mediawiki dokuwiki adminer tomcat10-examples tomcat10-admin tomcat10-docs cacti
  zabbix-frontend-php phpldapadmin icingaweb2 icinga-php-library icinga-php-thirdparty postfixadmin spip shaarli tt-rss simplesamlphp phpsysinfo
  php-horde-imp php-horde-core php-symfony-http-kernel php-twig phpunit php-phpseclib gosa ganglia-webfrontend nagvis davical
  movabletype-opensource mono-xsp4 asp.net-examples libmono-system-web4.0-cil ckeditor kanboard jetty9 ldap-account-manager php-codesniffer
  composer phpmd"
npm="kindeditor ueditor editor.md blueimp-file-upload plupload elfinder tinymce@4 ckeditor@4 jquery-file-upload dropzone uploadify webuploader"
maven="com.liferay.portal:portal-web:6.2.5:war org.apache.activemq:activemq-web-console:5.17.6:war"

folders=("$@")
if [ $# = 0 ]; then
  root=$here/data/benign
  mkdir -p "$root/get" "$root/tree"
  cd "$root/get"
  folders=("$root/tree")
  for p in $debian; do
    [ ! -e "$root/tree/$p" ] || continue
    if apt-get download "$p" >/dev/null 2>&1 && f=$(ls "${p}"_*.deb 2>/dev/null | head -n 1) && [ -n "$f" ]; then dpkg-deb -x "$f" "$root/tree/$p"; else echo "no $p"; fi
  done
  for p in $npm; do
    [ ! -e "$root/tree/npm-$p" ] || continue
    if f=$(npm pack "$p" 2>/dev/null | tail -n 1) && [ -f "$f" ]; then mkdir "$root/tree/npm-$p" && tar -xzf "$f" -C "$root/tree/npm-$p"; else echo "no $p"; fi
  done
  for a in $maven; do
    name=$(echo "$a" | cut -d: -f2)
    [ ! -e "$root/tree/war-$name" ] || continue
    if mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy -Dartifact="$a" -DoutputDirectory="$root/get" >/dev/null 2>&1; then
      mkdir "$root/tree/war-$name" && python3 -m zipfile -e "$(ls "$name"-*.war | head -n 1)" "$root/tree/war-$name"
    else
      echo "no $a"
    fi
  done
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
(cd "$here/.." && go build -trimpath -o "$tmp/yarascan" ./bench/yarascan)
for d in "${folders[@]}"; do
  find "$d" -type f | sed 's/.*\.//' | tr 'A-Z' 'a-z' | grep -xE 'as[pahmcs]x?|asax|cs|vb|php|inc|phtml|jspf?|jspx|config' | sort | uniq -c | sort -rn
done
"$tmp/yarascan" -pack "$here/../knowledge" -matches "${folders[@]}" | sort | tee "$tmp/found" | head -n 200
echo "proof $(grep -c '^proof ' "$tmp/found" || true)  clue $(grep -c '^clue ' "$tmp/found" || true)  hint $(grep -c '^hint ' "$tmp/found" || true)"
! grep -qE '^(proof|clue) ' "$tmp/found"
