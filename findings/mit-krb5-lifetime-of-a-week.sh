#!/usr/bin/env bash
# MIT Kerberos 1.20: a lifetime of "1w" is one second.
#
# kinit and krb5.conf (ticket_lifetime, renew_lifetime) document lifetimes as a number of seconds, as "h:m[:s]" and as "NdNhNmNs". One
# would guess that a letter which is none of these is refused, or that "w" is a week. The parser takes the number in front
# of the letter for seconds and ends there, without a word: "1w" is one second, and so is "1x".
#
# Needs MIT Kerberos' kinit, klist, krb5kdc, kdb5_util and kadmin.local in the path.
set -euo pipefail
export PATH="$PATH:/usr/sbin:/sbin" LC_ALL=C
work=$(mktemp -d)
trap 'kill "${kdc:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
port=$((20000 + RANDOM % 10000))
export KRB5_CONFIG=$work/krb5.conf KRB5_KDC_PROFILE=$work/kdc.conf KRB5CCNAME=FILE:$work/cache KRB5RCACHEDIR=$work
cat >"$KRB5_CONFIG" <<EOC
[libdefaults]
default_realm = A.TEST
udp_preference_limit = 1
[realms]
A.TEST = {
kdc = 127.0.0.1:$port
}
EOC
cat >"$KRB5_KDC_PROFILE" <<EOC
[kdcdefaults]
kdc_listen = ""
kdc_tcp_listen = 127.0.0.1:$port
[realms]
A.TEST = {
database_name = $work/principal
key_stash_file = $work/stash
acl_file = $work/acl
}
${KDC_PROFILE:-}
EOC
kdb5_util create -s -r A.TEST -P master >/dev/null 2>&1
kadmin.local -r A.TEST addprinc -pw secret alice >/dev/null 2>&1
kadmin.local -r A.TEST ktadd -norandkey -k "$work/keytab" alice >/dev/null 2>&1
krb5kdc -n >"$work/log" 2>&1 &
kdc=$!
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do kill -0 "$kdc"; done
saw=$(for lifetime in 1d 600 1w 2x; do
	kinit -k -t "$work/keytab" -l "$lifetime" alice
	read -r day time endday endtime _ < <(klist | grep krbtgt)
	echo "$lifetime: $(($(date -d "$endday $endtime" +%s) - $(date -d "$day $time" +%s))) seconds"
done)
echo "$saw"
want='1d: 86400 seconds
600: 600 seconds
1w: 1 seconds
2x: 2 seconds'
[ "$saw" = "$want" ] || { echo "this has changed"; exit 1; }
