package sasl

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// The first example of RFC 2831, section 4.
const (
	rfcChallenge = `realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8`
	rfcCnonce    = "OA6MHXh6VqTrRk"
	rfcResponse  = `charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",nc=00000001,` +
		`cnonce="OA6MHXh6VqTrRk",digest-uri="imap/elwood.innosoft.com",response=d388dad90d4bbd760a152321f2143af7,qop=auth`
	rfcProof = "rspauth=ea40f60335c427b5527b84dbabcdfffd"
)

func newDigest(t *testing.T, change func(*Options)) *digestMD5 {
	t.Helper()
	opts := Options{
		Mechanism: DigestMD5,
		Username:  "chris", Password: NewSecret("secret"),
		Service: "imap", Hostname: "elwood.innosoft.com",
	}
	if change != nil {
		change(&opts)
	}
	m, ok := newMechanism(t, opts).(*digestMD5)
	if !ok {
		t.Fatal("not DIGEST-MD5")
	}
	return m
}

// Both examples of RFC 2831, section 4.
func TestDigestRFC(t *testing.T) {
	for _, tc := range []struct{ service, challenge, cnonce, response, proof string }{
		{"imap", rfcChallenge, rfcCnonce, rfcResponse, rfcProof},
		{
			"acap",
			`realm="elwood.innosoft.com",nonce="OA9BSXrbuRhWay",qop="auth",algorithm=md5-sess,charset=utf-8`,
			"OA9BSuZWMSpW8m",
			`charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="OA9BSXrbuRhWay",nc=00000001,` +
				`cnonce="OA9BSuZWMSpW8m",digest-uri="acap/elwood.innosoft.com",response=6084c6db3fede7352c551284490fd0fc,qop=auth`,
			"rspauth=2f0b3d7c3c2e486600ef710726aa2eae",
		},
	} {
		e := newDigest(t, func(o *Options) { o.Service = tc.service }).exchange(tc.cnonce)
		first, done, err := e.Next(nil)
		if err != nil || done || first == nil || len(first) != 0 {
			t.Fatalf("first token %q, done %v, error %v; want an empty token", first, done, err)
		}
		response, done, err := e.Next([]byte(tc.challenge))
		if err != nil || done {
			t.Fatalf("done %v, error %v", done, err)
		}
		if string(response) != tc.response {
			t.Errorf("response\n%s, want\n%s", response, tc.response)
		}
		if response, done, err = e.Next([]byte(tc.proof)); err != nil || !done || response != nil {
			t.Errorf("response %q, done %v, error %v", response, done, err)
		}
		_, done, err = e.Next(nil)
		wantFailed(t, err, "the exchange is over")
		if done {
			t.Error("done again")
		}
	}
}

// Each exchange has a nonce of its own, and else differs in nothing.
func TestDigestNonces(t *testing.T) {
	m := newDigest(t, nil)
	seen := make(map[string]bool)
	for range 100 {
		e, err := m.Start(t.Context(), "any")
		if err != nil {
			t.Fatal(err)
		}
		response, _, err := feed(t, e, nil, []byte(rfcChallenge))
		if err != nil {
			t.Fatal(err)
		}
		_, nonce, _ := strings.Cut(string(response), `,cnonce="`)
		nonce, _, _ = strings.Cut(nonce, `"`)
		if len(nonce) < 26 || seen[nonce] {
			t.Fatalf("nonce %q", nonce)
		}
		seen[nonce] = true
	}
}

// What is sent, and what the digest is of, as a server sees both.
func TestDigestResponse(t *testing.T) {
	const utf8Challenge = `nonce="N",algorithm=md5-sess,charset=utf-8`
	for _, tc := range []struct {
		name      string
		change    func(*Options)
		challenge string
		sent      string // the start of the response
		a1        string // what the innermost hash is of
	}{
		{
			"ZooKeeper's", func(o *Options) { o.Service, o.Hostname = "", "" },
			`realm="zk-sasl-md5",nonce="N",charset=utf-8,algorithm=md5-sess`,
			`charset=utf-8,username="chris",realm="zk-sasl-md5",nonce="N",nc=00000001,cnonce="C",digest-uri="zookeeper/zk-sasl-md5",response=`,
			"chris:zk-sasl-md5:secret",
		},
		{
			"no realm", nil, `nonce="N",algorithm=md5-sess`,
			`username="chris",nonce="N",nc=00000001,`, "chris::secret",
		},
		{
			"realms, the first", nil, `realm="a b",realm="c",nonce="N",algorithm=md5-sess`,
			`username="chris",realm="a b",nonce="N",`, "chris:a b:secret",
		},
		{
			"realms, the configured one", func(o *Options) { o.Realm = "c" }, `realm="a b",realm="c",nonce="N",algorithm=md5-sess`,
			`username="chris",realm="c",nonce="N",`, "chris:c:secret",
		},
		{
			"escapes", func(o *Options) { o.Username = `ch"r\is` }, `realm="r\"e\\a\lm",nonce="\N\"",algorithm=md5-sess`,
			`username="ch\"r\\is",realm="r\"e\\alm",nonce="N\"",`, `ch"r\is:r"e\alm:secret`,
		},
		{
			"ISO 8859-1 in UTF-8", func(o *Options) { o.Username, o.Password = "chrïs", NewSecret("sécret") }, utf8Challenge + `,realm="ä"`,
			`charset=utf-8,username="chrïs",realm="ä",`, "chr\xefs:\xe4:s\xe9cret",
		},
		{
			"beyond ISO 8859-1 in UTF-8", func(o *Options) { o.Username, o.Password = "крис", NewSecret("секрет") }, utf8Challenge,
			`charset=utf-8,username="крис",`, "крис::секрет",
		},
		{
			"each by itself", func(o *Options) { o.Username, o.Password = "chrïs", NewSecret("секрет") }, utf8Challenge,
			`charset=utf-8,username="chrïs",`, "chr\xefs::секрет",
		},
		{
			"ISO 8859-1 without UTF-8", func(o *Options) { o.Username, o.Realm = "chrïs", "ä" }, "realm=\"\xe4\",nonce=\"N\",algorithm=md5-sess",
			"username=\"chr\xefs\",realm=\"\xe4\",", "chr\xefs:\xe4:secret",
		},
		{
			"what is of no meaning", nil, `maxbuf=65536,stale=true,cipher="rc4,des",new=thing,new="thing",qop="auth-int, auth",nonce="N",algorithm=md5-sess`,
			`username="chris",nonce="N",`, "chris::secret",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := newDigest(t, tc.change)
			response, _, err := feed(t, m.exchange("C"), nil, []byte(tc.challenge))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(response), tc.sent) {
				t.Errorf("response\n%s, want it to start\n%s", response, tc.sent)
			}
			directives, err := parseDirectives(response)
			if err != nil {
				t.Fatal(err)
			}
			got := make(map[string]string)
			for _, d := range directives {
				got[d.name] = d.value
			}
			// RFC 2831, section 2.1.2.1, once more and in a row.
			secret := rawMD5(tc.a1)
			want := hexMD5(hexMD5(secret+":"+got["nonce"]+":C") + ":" + got["nonce"] + ":00000001:C:auth:" + hexMD5("AUTHENTICATE:"+m.uri))
			if got["response"] != want {
				t.Errorf("digest %s, want %s", got["response"], want)
			}
		})
	}
}

func TestDigestRefuses(t *testing.T) {
	const ok = `nonce="N",algorithm=md5-sess`
	for _, tc := range []struct {
		name      string
		change    func(*Options)
		challenge string
		want      string
	}{
		{"nothing", nil, "", "the server sent no challenge"},
		{"only separators", nil, " ,\t, ", "it has no nonce"},
		{"no nonce", nil, "algorithm=md5-sess", "it has no nonce"},
		{"an empty nonce", nil, `nonce="",algorithm=md5-sess`, "its nonce is empty"},
		{"two nonces", nil, ok + `,nonce="N"`, `directive "nonce" twice`},
		{"no algorithm", nil, `nonce="N"`, "it has no algorithm"},
		{"two algorithms", nil, ok + ",algorithm=md5-sess", `directive "algorithm" twice`},
		{"another algorithm", nil, `nonce="N",algorithm=md5`, `its algorithm is "md5"`},
		{"another charset", nil, ok + ",charset=utf-16", `its charset is "utf-16"`},
		{"two charsets", nil, ok + ",charset=utf-8,charset=utf-8", `directive "charset" twice`},
		{"two qops", nil, ok + `,qop="auth",qop="auth"`, `directive "qop" twice`},
		{"a security layer", nil, ok + `,qop="auth-int,auth-conf"`, `it offers qop "auth-int,auth-conf"`},
		{"no name", nil, `="N"`, `"=" where a directive's name should be`},
		{"no value", nil, "nonce", `directive "nonce" has no value`},
		{"an empty value", nil, "nonce=,algorithm=md5-sess", `directive "nonce" has no value`},
		{"an open quote", nil, `nonce="N`, `directive "nonce" has a value whose closing quote is missing`},
		{"an open escape", nil, `nonce="N\`, `directive "nonce" has a value whose closing quote is missing`},
		{"no comma", nil, `nonce="N"algorithm=md5-sess`, `"a" after directive "nonce"`},
		{"too long", nil, ok + `,x="` + strings.Repeat("x", 2048) + `"`, "fewer than 2048"},
		{"other realms", func(o *Options) { o.Realm = "c" }, ok + `,realm="a",realm="b"`, `does not have the configured realm; it has "a", "b"`},
		{"no realms", func(o *Options) { o.Realm = "c" }, ok, "does not have the configured realm; it has none"},
		{"a username that cannot be sent", func(o *Options) { o.Username = "крис" }, ok, "the server takes no UTF-8"},
		{"a password that cannot be sent", func(o *Options) { o.Password = NewSecret("секрет") }, ok, "the server takes no UTF-8"},
		{"a username that is too long", func(o *Options) { o.Username = strings.Repeat("x", 4096) }, ok, "too long"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := newDigest(t, tc.change).exchange("C")
			response, done, err := feed(t, e, nil, []byte(tc.challenge))
			wantFailed(t, err, tc.want)
			if response != nil || done {
				t.Errorf("response %q, done %v", response, done)
			}
			_, _, err = e.Next([]byte(rfcChallenge))
			wantFailed(t, err, "the exchange is over")
		})
	}
}

func TestDigestProof(t *testing.T) {
	for _, tc := range []struct{ name, proof, want string }{
		{"none", "", "the server did not prove that it knows the password"},
		{"of another password", "rspauth=ea40f60335c427b5527b84dbabcdfffe", "proof that it knows the password is wrong"},
		{"too short", "rspauth=ea40", "proof that it knows the password is wrong"},
		{"another directive", "response=ea40f60335c427b5527b84dbabcdfffd", "has no rspauth"},
		{"malformed", `rspauth="`, "the server's last message is malformed"},
		// What a server could say that only repeats what it was sent.
		{"the response", "rspauth=d388dad90d4bbd760a152321f2143af7", "proof that it knows the password is wrong"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, done, err := feed(t, newDigest(t, nil).exchange(rfcCnonce), nil, []byte(rfcChallenge), []byte(tc.proof))
			wantFailed(t, err, tc.want)
			if done {
				t.Error("done")
			}
		})
	}
	for _, proof := range []string{rfcProof, "new=thing , RspAuth = \"ea40f60335c427b5527b84dbabcdfffd\""} {
		if _, done, err := feed(t, newDigest(t, nil).exchange(rfcCnonce), nil, []byte(rfcChallenge), []byte(proof)); err != nil || !done {
			t.Errorf("%s: done %v, error %v", proof, done, err)
		}
	}
}

// Whatever a server sends is parsed or refused, and what was parsed survives being written
// again.
func FuzzDigest(f *testing.F) {
	for _, seed := range []string{
		"", ",", "=", `"`, `a="\`, `a="\"",b=c`, rfcChallenge, rfcResponse, rfcProof,
		`realm="zk-sasl-md5",nonce="N",charset=utf-8,algorithm=md5-sess`,
		" A = b ,, c=\"d\" ", "nonce=\"\xff\",algorithm=md5-sess,realm=\"\xe4\"",
	} {
		f.Add([]byte(seed), []byte(rfcProof))
	}
	opts := Options{Mechanism: DigestMD5, Username: `a"ä\`, Password: NewSecret("hunter2")}
	m, err := newDigestMD5(opts)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, challenge, proof []byte) {
		if directives, err := parseDirectives(challenge); err == nil {
			var b bytes.Buffer
			for _, d := range directives {
				b.WriteString("," + d.name + "=" + quote(d.value))
			}
			// Escapes may make it longer than what may be parsed.
			again, err := parseDirectives(b.Bytes())
			if b.Len() < maxChallenge && (err != nil || !reflect.DeepEqual(again, directives)) {
				t.Errorf("%q is\n%q, and written again\n%q, error %v", challenge, directives, again, err)
			}
		}
		e := m.exchange("C")
		for _, token := range [][]byte{nil, challenge, proof, proof} {
			response, _, err := e.Next(token)
			if bytes.Contains(response, []byte("hunter2")) && !bytes.Contains(challenge, []byte("hunter2")) {
				t.Errorf("response %q", response)
			}
			if err != nil && !onOneLine(err.Error()) {
				t.Errorf("error %q", err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") && !bytes.Contains(append(challenge, proof...), []byte("hunter2")) {
				t.Errorf("error %v", err)
			}
		}
	})
}
