package sasl

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// writeTree writes files below a new folder, and returns the folder.
func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(content, "$DIR", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// kinitRealm returns the realm that kinit takes for a user's, which is default_realm; false where it refuses the profile.
func kinitRealm(t *testing.T, config string) (realm string, ok bool) {
	t.Helper()
	out, _ := zktest.RunKerberos(t, config, "kinit", "-c", "MEMORY:none", "nobody")
	switch {
	case strings.Contains(out, "while initializing Kerberos 5 library"):
		return "", false
	case strings.Contains(out, "does not specify default realm"):
		return "", true
	}
	found := regexp.MustCompile(`initial credentials for nobody@(.*)`).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("kinit says:\n%s", out)
	}
	return found[1], true
}

// What a profile says, and whether it is one, is what MIT Kerberos' kinit makes of it.
func TestProfileAsKinit(t *testing.T) {
	t.Parallel()
	// kinit takes a module for the whole of the profile, and half a minute to find that a file includes itself.
	ofOurOwn := []string{"a module", "a module after a comment", "include of itself"}
	const none = "[libdefaults]\ndns_lookup_kdc = no\n"
	const home = none + "default_realm = HOME\n"
	other := map[string]string{
		"inc":           "a comment\n[libdefaults]\ndefault_realm = INCLUDED\n",
		"d/b-2_":        "[libdefaults]\ndefault_realm = SECOND\n",
		"d/a.conf":      "[libdefaults]\ndefault_realm = FIRST\n",
		"d/a.confx":     "[\n",
		"d/.hidden":     "[\n",
		"d/b~":          "[\n",
		"d/sub/further": "[\n",
		"open":          "[realms]\nA = {\n[",
		"own":           "[realms]\nA = {\nkdc = a\n",
		"sub":           "[libdefaults]\nx = {\n",
		"module":        "a comment\nmodule /nowhere/module.so:x\n",
	}
	for _, tc := range []struct {
		name, content string
		realm         string
		err           string // of ours; empty for none
	}{
		{"nothing", "", "", ""},
		{"sections that stand twice", none + "[realms]\nA = {\n}\n[libdefaults]\ndefault_realm = HOME\n", "HOME", ""},
		{"the first value", home + "default_realm = OTHER\n", "HOME", ""},
		{"a text before the first section", "noise }\n [libdefaults]\ndefault_realm = A\n" + home, "HOME", ""},
		{"a mark of the byte order", "\ufeff" + home, "", ""},
		{"lines of Windows", strings.ReplaceAll(home, "\n", "\r\n"), "HOME", ""},
		{"comments", home + "  # x\n\t; y }\n#[\n", "HOME", ""},
		{"a comment after a value", none + "default_realm = HOME # x\n", "HOME # x", ""},
		{"white space", none + "\v default_realm\t =\f HOME \v\n", "HOME", ""},
		{"quotes", none + `default_realm = "HO\ME \"x" of no interest` + "\n", `HOME "x`, ""},
		{"quotes that do not end", none + `default_realm = "HOME x` + "\n", "HOME x", ""},
		{"a brace on its own line", "[realms]\nA =\n { # x\nkdc = a\n } # y\n" + home, "HOME", ""},
		{"white space after a brace", "[realms]\nA = { \t\nkdc = a\n}\n" + home, "HOME", ""},
		{"no brace on the next line", home + "[realms]\nA =\n\n{\n}\n", "", `line 6 has to begin with "{"`},
		{"the end for a brace", home + "[realms]\nA =\n", "HOME", ""},
		{"all on one line", home + "[realms]\nA = { kdc = a }\n", "HOME", ""},
		{"braces that stay open", home + "[realms]\nA = {\nB = {\n", "HOME", ""},
		{"a brace too many", home + "}\n", "", `line 4 has a "}" without a "{"`},
		{"a section between braces", "[realms]\nA = {\n" + home, "", `line 3 begins a section before the "}" of the last one`},
		{"a section of no end", "[libdefaults\n", "", `line 1 has no "]"`},
		{"a comment after a section", "[realms] # x\n" + home, "", `line 1 goes on after the "]"`},
		{"white space after a section", "[realms]* \t\n" + home, "HOME", ""},
		{"a section of no name", "[]\n" + home, "HOME", ""},
		{"noise", home + "noise\n", "", `line 4 is no section, no comment and no "name = value"`},
		{"two names", home + "a b = c\n", "", "line 4 is no section"},
		{"no name", home + "  = c\n", "", "line 4 is no section"},
		{"a final value", none + "default_realm* = HOME\n", "HOME", ""},
		{"a NUL", none + "default_realm = HOME\x00\x00noise\n", "HOME", ""},
		{"a long line", none + "#" + strings.Repeat("x", 2046) + "default_realm = HOME\n", "HOME", ""},
		{"a longer line", home + "#" + strings.Repeat("x", 2047) + "\n", "", "line 4 is no section"},
		{"a module", "module /nowhere/module.so:x\n" + home, "", "line 1 loads a module, which is not supported"},
		{"a module after a comment", "# x\nmodule /nowhere/module.so:x\n" + home, "", "line 2 loads a module, which is not supported"},
		{"a module in a section", home + "module /nowhere/module.so:x\n", "", "line 4 is no section"},
		{"a module in an included file", home + "include $DIR/module\n", "", `/module": line 2 loads a module, which is not supported`},

		{"include", "include $DIR/inc\n" + none, "INCLUDED", ""},
		{"include, between braces", none + "[realms]\nA = {\ninclude \t$DIR/inc\n}\n", "INCLUDED", ""},
		{"include, later", home + "include $DIR/inc\n", "HOME", ""},
		{"include, after white space", none + " include $DIR/inc\n", "", "line 3 is no section"},
		{"include, with white space after it", "include $DIR/inc \n" + none, "", "line 1 includes a file: there is no such file in the folder "},
		{"include of what is missing", home + "include /nowhere/file\n", "", "line 4 includes a file: there is no such file, and its folder is not there either"},
		{"include of what is open", "include $DIR/own\n" + home, "HOME", ""},
		{"include of noise", home + "include $DIR/open\n", "", `/open": line 3 `},
		{"include of nothing", home + "include\n", "", "line 4 includes a file: "},
		{"include of itself", home + "include $DIR/krb5.conf\n", "", "line 4 includes a file, and 10 already include each other"},
		{"includedir", "includedir $DIR/d\n" + none, "FIRST", ""},
		{"includedir, in a section", none + "includedir $DIR/d/\n[realms]\n", "FIRST", ""},
		{"includedir of what is missing", "includedir /nowhere\n" + home, "", "line 1 includes a folder: there is no such file"},
		{"includedir of a file", "includedir $DIR/inc\n" + home, "", "line 1 includes a folder: "},
		{"a section that a file shares", "include $DIR/sub\n" + none + "x = {\n}\ndefault_realm = HOME\n", "HOME", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"krb5.conf": tc.content}
			maps.Copy(files, other)
			file := filepath.Join(writeTree(t, files), "krb5.conf")
			if !slices.Contains(ofOurOwn, tc.name) {
				if realm, ok := kinitRealm(t, file); realm != tc.realm || ok != (tc.err == "") {
					t.Errorf("kinit has the realm %q, and takes the file: %v", realm, ok)
				}
			}
			conf, err := loadConfig(t.Context(), file)
			switch {
			case tc.err != "":
				if err == nil || !strings.Contains(err.Error(), tc.err) || !strings.HasPrefix(err.Error(), `krb5.conf "`) {
					t.Errorf("error %v, want it to say: %s", err, tc.err)
				}
			case err != nil:
				t.Error(err)
			case conf.defaultRealm != tc.realm:
				t.Errorf("realm %q, want %q", conf.defaultRealm, tc.realm)
			}
		})
	}
}

// A file that is masked is empty, and so is a folder instead of a file.
func TestProfileOfLinks(t *testing.T) {
	t.Parallel()
	const home = "[libdefaults]\ndns_lookup_kdc = no\ndefault_realm = HOME\n"
	for _, tc := range []struct {
		name, content string // empty for a link to what is masked
		link, to      string
		realm         string
		ok            bool
	}{
		{"a masked profile", "", "krb5.conf", os.DevNull, "", true},
		{"a masked file", "include $DIR/masked\n" + home, "masked", os.DevNull, "HOME", true},
		{"a masked file of a folder", "includedir $DIR/d\n" + home, "d/masked.conf", os.DevNull, "HOME", true},
		{"a link to a file", "includedir $DIR/d\n", "d/link.conf", "../linked", "LINKED", true},
		{"a link to a folder", "includedir $DIR/d\n" + home, "d/link", "sub", "HOME", true},
		{"a link to what is missing", "includedir $DIR/d\n" + home, "d/link", "missing", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"linked": "[libdefaults]\ndns_lookup_kdc = no\ndefault_realm = LINKED\n", "d/sub/x": "[\n"}
			if tc.content != "" {
				files["krb5.conf"] = tc.content
			}
			dir := writeTree(t, files)
			if err := os.Symlink(tc.to, filepath.Join(dir, tc.link)); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, "krb5.conf")
			if realm, ok := kinitRealm(t, file); realm != tc.realm || ok != tc.ok {
				t.Errorf("kinit has the realm %q, and takes the file: %v", realm, ok)
			}
			conf, err := loadConfig(t.Context(), file)
			if (err == nil) != tc.ok || err == nil && conf.defaultRealm != tc.realm {
				t.Errorf("%+v, error %v", conf, err)
			}
		})
	}
}

// Several files of KRB5_CONFIG are one profile.
func TestProfileOfFiles(t *testing.T) {
	dir := writeTree(t, map[string]string{
		"1":       "[libdefaults]\ndefault_realm = ONE\n[realms]\nA = {\nkdc = 127.0.0.1:1\n}\n",
		"2":       "[libdefaults]\ndefault_realm = TWO\ndns_lookup_kdc = no\n[realms]\nA = {\nkdc = 127.0.0.1:2\n}\n",
		"final":   "[realms]\nA* = {\nkdc = 127.0.0.1:1\n}\n",
		"final2":  "[realms]\nA = {\nkdc = 127.0.0.1:1\n}*\n",
		"final3":  "[realms]*\nA = {\nkdc = 127.0.0.1:1\n}\n",
		"value":   "[realms]\nA = {\nkdc* = 127.0.0.1:1\n}\n",
		"noise":   "[\n",
		"d/1":     "[libdefaults]\ndefault_realm = FOLDER\n",
		"include": "include /nowhere/file\n",
	})
	udp := regexp.MustCompile(`Sending initial UDP request to dgram (\S+)`)
	for list, want := range map[string]string{
		"1 2":       "ONE [127.0.0.1:1 127.0.0.1:2]",
		"2 1":       "TWO [127.0.0.1:2 127.0.0.1:1]",
		"missing 2": "TWO [127.0.0.1:2]",
		"final 2":   "TWO [127.0.0.1:1]",
		"final2 2":  "TWO [127.0.0.1:1]",
		"final3 2":  "TWO [127.0.0.1:1]",
		"value 2":   "TWO [127.0.0.1:1 127.0.0.1:2]",
		"d 2":       "FOLDER [127.0.0.1:2]",
		"noise 2":   "",
		"2 noise":   "",
		"include 2": "",
	} {
		t.Run(list, func(t *testing.T) {
			var files []string
			for name := range strings.FieldsSeq(list) {
				files = append(files, filepath.Join(dir, name))
			}
			env := strings.Join(files, string(filepath.ListSeparator))
			realm, ok := kinitRealm(t, env)
			kinit := ""
			if ok {
				out, _ := zktest.RunKerberos(t, env, "kinit", "-c", "MEMORY:none", "nobody@A")
				var kdcs []string
				for _, found := range udp.FindAllStringSubmatch(out, -1) {
					kdcs = append(kdcs, found[1])
				}
				kinit = fmt.Sprint(realm, " ", kdcs)
			}
			t.Setenv("KRB5_CONFIG", env)
			ours := ""
			if conf, err := loadConfig(t.Context(), ""); err == nil {
				addrs, err := conf.kdcs("A")
				if err != nil {
					t.Error(err)
				}
				ours = conf.defaultRealm + " ["
				for i, a := range addrs {
					ours += strings.Repeat(" ", min(i, 1)) + a.addr
				}
				ours += "]"
			}
			if kinit != want || ours != want {
				t.Errorf("kinit has %q, and we have %q; want %q", kinit, ours, want)
			}
		})
	}
}

// The bounds, which kinit does not have.
func TestProfileBounds(t *testing.T) {
	t.Parallel()
	many := map[string]string{"krb5.conf": "includedir $DIR/d\n"}
	for i := range maxProfileFiles {
		many[fmt.Sprintf("d/%d", i)] = ""
	}
	large := map[string]string{"krb5.conf": "include $DIR/a\ninclude $DIR/a\n", "a": strings.Repeat("\n", 600_000)}
	for want, files := range map[string]map[string]string{
		fmt.Sprintf("line 1 includes a file: there are more than %d files", maxProfileFiles): many,
		"line 2 includes a file: the files take more than 1048576 bytes together":            large,
	} {
		if _, err := loadConfig(t.Context(), filepath.Join(writeTree(t, files), "krb5.conf")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to say: %s", err, want)
		}
	}
}

// Whatever is in a file, there is an answer, and an error does not repeat it.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		"", "[libdefaults]\ndefault_realm = HOME\n", "[libdefaults]\npermitted_enctypes = camellia256-cts-cmac\n", "[realms]\nA = { kdc = a }\n",
		"[realms]\nHOME = {\n kdc = a\n v4_instance_convert = {\n x = y\n }\n}*\n", "[domain_realm]\n.a = A\n", "[realms]\n}{\n", "[libdefaults]\nticket_lifetime = 1d2h\n",
		"[realms]\nHOME =\n{\nkdc = [::1]:88\nkdc=udp/x\n}\n}\n", "[libdefaults]\nticket_lifetime = 2-1:30:00\n", "secretsecret\n[libdefaults]\nsecretsecret", "include self\n[libdefaults]\na = \"\\n",
		"includedir secret\nincludedir folder\n[capaths]\nA = {\nB = .\n}\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		r := &profileReader{
			file: func(_ context.Context, name string, _ int64) ([]byte, error) {
				if name == "self" || strings.HasPrefix(name, "folder") {
					return []byte(content), nil
				}
				return nil, fs.ErrNotExist
			},
			folder: func(_ context.Context, name string) ([]string, error) {
				if name == "folder" {
					return []string{"a", "b"}, nil
				}
				return nil, fs.ErrNotExist
			},
		}
		root, err := r.read(t.Context(), "self", false)
		var conf *krb5Conf
		if err == nil {
			conf, err = newConfig(profile{root})
		}
		if err == nil {
			if len(conf.ticketEtypes) == 0 || conf.lifetime < 0 {
				t.Errorf("%+v", conf)
			}
			conf.realmOf("zk1.example.com")
			conf.request("HOME")
			_, err = conf.kdcs("HOME")
		}
		if err != nil && (!onOneLine(err.Error()) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("error %q", err)
		}
	})
}
