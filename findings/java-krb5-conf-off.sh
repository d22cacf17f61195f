#!/usr/bin/env bash
# Java 17: "off" in krb5.conf is no "no": dns_lookup_kdc = off leaves the look-up on.
#
# MIT Kerberos takes y, yes, true, t, 1 and on for yes, and n, no, false, nil, 0 and off for no. One would guess that Java, and so a
# ZooKeeper server, reads the same file in the same way, or refuses what it does not know. It knows yes, true, no and
# false alone, and takes any other word for a setting that is not there: the default counts, which for dns_lookup_kdc is yes.
#
# Needs a JDK 17, and MIT Kerberos' kinit in the path.
set -euo pipefail
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >Finding.java <<'JAVA'
import java.lang.reflect.Method;
import sun.security.krb5.Config;

public class Finding {
    public static void main(String[] args) throws Exception {
        Method look = Config.class.getDeclaredMethod("useDNS_KDC");
        look.setAccessible(true);
        for (String word : args) {
            System.setProperty("java.security.krb5.conf", word);
            Config.refresh();
            System.out.println(word + " " + look.invoke(Config.getInstance()));
        }
    }
}
JAVA
words="yes no false off 0 n nil"
for word in $words; do
	printf '[libdefaults]\ndefault_realm = A.INVALID\ndns_lookup_kdc = %s\n' "$word" >"$word"
done
saw=$(java --add-opens java.security.jgss/sun.security.krb5=ALL-UNNAMED --add-exports java.security.jgss/sun.security.krb5=ALL-UNNAMED Finding.java $words |
	while read -r word java; do
		trace=$(KRB5_CONFIG=$work/$word KRB5_TRACE=/dev/stderr kinit -c MEMORY:none nobody 2>&1 </dev/null || true)
		mit=false
		[[ $trace != *"Sending DNS"* ]] || mit=true
		echo "dns_lookup_kdc = $word: MIT Kerberos $mit, Java $java"
	done)
echo "$saw"
want='dns_lookup_kdc = yes: MIT Kerberos true, Java true
dns_lookup_kdc = no: MIT Kerberos false, Java false
dns_lookup_kdc = false: MIT Kerberos false, Java false
dns_lookup_kdc = off: MIT Kerberos false, Java true
dns_lookup_kdc = 0: MIT Kerberos false, Java true
dns_lookup_kdc = n: MIT Kerberos false, Java true
dns_lookup_kdc = nil: MIT Kerberos false, Java true'
[ "$saw" = "$want" ] || { echo "this has changed"; exit 1; }
