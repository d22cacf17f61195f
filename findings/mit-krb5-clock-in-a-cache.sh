#!/usr/bin/env bash
# MIT Kerberos 1.20: a credential cache has a clock in it, and a clock that is put right makes the cache useless.
#
# One would guess that a cache holds tickets, and that the time is the machine's. Where the clock of the machine is wrong, kinit logs
# in all the same (kdc_timesync), and writes how far the clock is off into the head of the file. Whoever uses the cache takes
# the time of that clock. After somebody has put the clock right the tickets are of no use: "Clock skew too great", while
# the machine and the KDC have the same time. klist shows nothing of it. kdc_timesync = 0 makes the same cache work.
#
# What kinit writes by a clock that is two hours ahead is written here into the file of a good one.
#
# Needs MIT Kerberos' kinit, klist, kvno, krb5kdc, kdb5_util and kadmin.local in the path.
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
for name in alice zookeeper/zk.a.test; do kadmin.local -r A.TEST addprinc -pw secret "$name" >/dev/null 2>&1; done
kadmin.local -r A.TEST ktadd -norandkey -k "$work/keytab" alice >/dev/null 2>&1
krb5kdc -n >"$work/log" 2>&1 &
kdc=$!
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do kill -0 "$kdc"; done

get() { # a ticket, by a copy of the cache, which is the same for each
	cp "$work/cache" "$work/copy"
	kvno -c "FILE:$work/copy" zookeeper/zk.a.test 2>&1 | sed 's/ while getting.*//'
}
kinit -k -t "$work/keytab" alice
before=$(klist)
saw=$(
	echo "as kinit wrote it: $(get)"
	# Bytes 8 to 11 are seconds, which are to be added to the machine's time: -7200.
	printf '\xff\xff\xe3\xe0' | dd of="$work/cache" bs=1 seek=8 conv=notrunc 2>/dev/null
	echo "with another clock: $(get)"
	[ "$(klist)" = "$before" ] && echo "klist shows the same"
	printf '[libdefaults]\nkdc_timesync = 0\n' >>"$KRB5_CONFIG"
	echo "with kdc_timesync = 0: $(get)"
)
echo "$saw"
want='as kinit wrote it: zookeeper/zk.a.test@A.TEST: kvno = 1
with another clock: kvno: Clock skew too great
klist shows the same
with kdc_timesync = 0: zookeeper/zk.a.test@A.TEST: kvno = 1'
[ "$saw" = "$want" ] || { echo "this has changed"; exit 1; }
