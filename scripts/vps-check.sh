#!/usr/bin/env bash
# `scripts/vps-check.sh`: does on this machine what docs/vps.md tells, with the real PostgreSQL and nginx of Debian, and undoes it: an
# installation, a login through nginx, a backup, upgrades (one of them broken), a return to the release before, a restore.
# It takes the ports 80, 443 and 5000, the user masuk and /etc/masuk, so it refuses where any of these exists. Run as root.
set -euo pipefail
cd "$(dirname "$0")/.."
ROOT=$PWD
DOMAIN=masuk.test
WORK=$(mktemp -d)
MOST_MEGABYTES=350
MOST_PACKAGES=300

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}
check() {
  local name=$1
  shift
  "$@" || fail "$name"
  printf 'ok: %s\n' "$name"
}
# Addresses on which a port is listened to, as Linux writes them: 0100007F is 127.0.0.1.
listening() { awk -v port="$(printf ':%04X$' "$1")" '$4 == "0A" && $2 ~ port { sub(/:.*/, "", $2); print $2 }' /proc/net/tcp /proc/net/tcp6; }
is() { [ "$1" = "$2" ] || { printf 'expected %s, got %s\n' "$2" "$1" >&2 && return 1; }; }

# Nothing is said about the product then: another exit code tells so.
unable() {
  printf 'not run: %s\n' "$*" >&2
  exit 75
}

[ "$(id -u)" = 0 ] || unable 'it needs root'
for path in /etc/masuk /opt/masuk /var/lib/masuk/service; do [ ! -e "$path" ] || unable "$path exists: this machine has a Masuk"; done
! id masuk >/dev/null 2>&1 || unable 'the user masuk exists'
for port in 80 443 5000; do ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || unable "port $port is taken"; done
command -v apt-get >/dev/null || unable 'it needs Debian'
for package in ca-certificates curl nginx openssl postgresql; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed' && continue
  DEBIAN_FRONTEND=noninteractive timeout 120 apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 ||
    { timeout 120 apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 120 apt-get install -y -qq --no-install-recommends "$package" >/dev/null; } ||
    unable "Debian's package $package cannot be installed"
done
[ -d /run/systemd/system ] || PATH=$ROOT/scripts/vps-check:$PATH
PATH=$PATH:/usr/sbin:/usr/local/sbin

WHACENTER=
# What ran before goes on, and what this starts ends with it.
online() { pg_lsclusters --no-header | grep -q ' online'; }
online && POSTGRESQL_RAN=1 || POSTGRESQL_RAN=0
undo() {
  local status=$?
  trap - EXIT
  [ -z "$WHACENTER" ] || kill "$WHACENTER" 2>/dev/null || true
  [ "$status" = 0 ] || tail -20 /run/masuk-check.log 2>/dev/null || true
  {
    systemctl stop masuk
    [ -s /run/nginx.pid ] && kill "$(cat /run/nginx.pid)"
    for name in masuk masuk_replaced masuk_restored; do (cd / && runuser -u postgres -- dropdb --if-exists --force "$name"); done
    (cd / && runuser -u postgres -- dropuser --if-exists masuk)
    userdel masuk
    if [ "$POSTGRESQL_RAN" = 0 ] && [ ! -d /run/systemd/system ]; then
      read -r version name _ < <(pg_lsclusters --no-header)
      pg_ctlcluster "$version" "$name" stop
    fi
    [ ! -d /run/systemd/system ] || systemctl disable --now masuk-backup.timer masuk
    rm -rf /etc/masuk /opt/masuk /var/lib/masuk/service /var/backups/masuk /var/www/masuk /etc/nginx/conf.d/masuk.conf /usr/local/sbin/masuk
    rm -f /etc/systemd/system/masuk* /etc/systemd/journald@masuk.conf /run/masuk-check.* /run/masuk.lock
  } >/dev/null 2>&1 || true
  rm -rf "$WORK"
  exit "$status"
}
trap undo EXIT

# --- Releases: this one, the same as a later one, and one that does not start -------------------------------------------

release_as() {
  local version=$1 folder=$WORK/masuk-$1
  mkdir "$folder"
  tar -xzf "$RELEASE" -C "$folder" --strip-components=1
  sed -i "0,/\"version\": \"[^\"]*\"/s//\"version\": \"$version\"/" "$folder/package.json" "$folder/package-lock.json"
  [ "$#" = 1 ] || printf '%s\n' "$2" >"$folder/dist/main.js"
  tar -czf "$folder.tgz" -C "$WORK" "masuk-$version"
}

RELEASE=$(npm run --silent release | tail -1)
cp "$RELEASE" "$RELEASE.sha256" "$WORK/"
VERSION=$(basename "$RELEASE" .tgz)
VERSION=${VERSION#masuk-}
release_as 9.0.1
release_as 9.0.2 'process.exit(1);'

# --- Installation -----------------------------------------------------------------------------------------------------

tar -xzf "$RELEASE" -C "$WORK"
"$WORK/masuk-$VERSION/deploy/vps/masuk" install --domain "$DOMAIN" "$WORK/masuk-$VERSION.tgz" || fail 'install'

curl_site() { curl --silent --show-error --max-time 20 --cacert /etc/masuk/tls/fullchain.pem --resolve "$DOMAIN:443:127.0.0.1" --resolve "$DOMAIN:80:127.0.0.1" "$@"; }
status_of() { curl_site --output /dev/null --write-out '%{http_code}' "$@"; }
post() { curl_site --header 'content-type: application/json' --data "$2" "https://$DOMAIN$1"; }
field() { node -e "let text = ''; process.stdin.on('data', (part) => (text += part)).on('end', () => console.log(JSON.parse(text)$1))"; }

check 'the login page is served over TLS' is "$(status_of "https://$DOMAIN/login")" 200
check 'plain HTTP leads to https' is "$(curl_site --output /dev/null --write-out '%{http_code} %{redirect_url}' "http://$DOMAIN/login")" "301 https://$DOMAIN/login"
check 'the service listens on the loopback address alone' is "$(listening 5000)" 0100007F
check 'only root and the service can read the settings' is "$(stat -c '%a %U %G' /etc/masuk/.env)" '640 root masuk'
check 'only root can read the key of the certificate' is "$(stat -c '%a %U' /etc/masuk/tls/privkey.pem)" '600 root'
check "a release takes less than $MOST_MEGABYTES MB" test "$(du -sm "/opt/masuk/releases/$VERSION" | cut -f1)" -lt "$MOST_MEGABYTES"
packages=$(node -p "Object.keys(JSON.parse(fs.readFileSync('/opt/masuk/releases/$VERSION/node_modules/.package-lock.json')).packages).length")
check "a release has less than $MOST_PACKAGES packages" test "$packages" -lt "$MOST_PACKAGES"
printf 'a release: %s MB, %s packages\n' "$(du -sm "/opt/masuk/releases/$VERSION" | cut -f1)" "$packages"
command -v systemd-analyze >/dev/null && check 'systemd takes the units' systemd-analyze verify /etc/systemd/system/masuk*.{service,timer}

# --- A login ----------------------------------------------------------------------------------------------------------

masuk run admin-create --name Ani --phone 081234567890 >/dev/null
"$ROOT/node_modules/.bin/node" scripts/vps-check/whacenter.mjs "$WORK/message" >"$WORK/whacenter" 2>/dev/null &
WHACENTER=$!
for _ in $(seq 100); do [ -s "$WORK/whacenter" ] && break || sleep 0.1; done
cat "$WORK/whacenter" >>/etc/masuk/.env
systemctl restart masuk
for _ in $(seq 60); do [ "$(status_of "https://$DOMAIN/health/ready")" = 200 ] && break || sleep 1; done

# Asks for a code, reads it on the phone, and logs in by it; prints the token. A number gets a code a minute.
login() {
  local before code
  before=$(cat "$WORK/message" 2>/dev/null || true)
  post /api/auth/otp/request '{"phone":"081234567890"}' >/dev/null
  for _ in $(seq 100); do [ "$(cat "$WORK/message")" = "$before" ] || break && sleep 0.1; done
  code=$(grep -oE '\b[0-9]{6}\b' "$WORK/message" | head -1)
  post /api/auth/otp/verify "{\"phone\":\"081234567890\",\"otpCode\":\"$code\"}" | field .data.token
}
me() { status_of --header "Authorization: Bearer $1" "https://$DOMAIN/api/auth/me"; }

token=$(login)
check 'the first admin logs in by a code' is "$(me "$token")" 200
report=/var/lib/masuk/service/import-report.csv
printf 'nama,no_hp\nBudi,081298765432\n' |
  masuk run import --from csv --system klinik --map fullName=nama,phone=no_hp --file - --report "$report" >/dev/null 2>&1 || fail 'import'
check 'people are imported' grep -q ',new,' "$report"
secret=$(grep ^AUTH_SECRET= /etc/masuk/.env)

# --- Backup, upgrade, return, restore -----------------------------------------------------------------------------------

masuk backup
dump=$(ls /var/backups/masuk/*.dump)
check 'a backup can be read by root alone' is "$(stat -c '%a' "$dump")" 600

masuk upgrade "$WORK/masuk-9.0.1.tgz" || fail 'upgrade'
check 'the newer release runs' is "$(readlink /opt/masuk/current)" /opt/masuk/releases/9.0.1
check 'a login from before the upgrade goes on' is "$(me "$token")" 200

! masuk upgrade "$WORK/masuk-9.0.2.tgz" || fail 'a release that does not start was taken'
check 'after a failed upgrade the release before runs' is "$(readlink /opt/masuk/current)" /opt/masuk/releases/9.0.1
check 'after a failed upgrade a login goes on' is "$(me "$token")" 200

masuk rollback || fail 'rollback'
check 'the first release runs again' is "$(readlink /opt/masuk/current)" "/opt/masuk/releases/$VERSION"
check 'after the return a login goes on' is "$(me "$token")" 200

printf 'damaged' >>"$WORK/masuk-$VERSION.tgz"
! masuk upgrade "$WORK/masuk-$VERSION.tgz" || fail 'a damaged archive was taken'
check 'a damaged archive changes nothing' is "$(me "$token")" 200

# The oldest of as many as are kept: the backup that a restore begins with must not take its place.
oldest=/var/backups/masuk/masuk-20200101T000000Z.dump
for day in $(seq 14); do cp "$dump" "/var/backups/masuk/masuk-202001$(printf %02d "$day")T000000Z.dump"; done
touch -d '2020-01-01' "$oldest"
masuk restore "$oldest" || fail 'restore'
check 'the dump that was restored is still there' test -f "$oldest"
check 'after a restore, logins of before have ended' is "$(me "$token")" 401
check 'after a restore, the admin logs in again' is "$(me "$(login)")" 200

cp "$RELEASE" "$WORK/again.tgz"
masuk install --domain "$DOMAIN" "$WORK/again.tgz" || fail 'a second installation'
check 'a second installation keeps the secret' is "$(grep ^AUTH_SECRET= /etc/masuk/.env)" "$secret"
check 'a second installation serves' is "$(status_of "https://$DOMAIN/login")" 200
check 'no secret stands in the log' bash -c "! grep -qF '${secret#AUTH_SECRET=}' /run/masuk-check.log 2>/dev/null"
masuk status
