package neighbours_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// solrHash is what Solr stores of the password SolrRocks, as its documentation has it.
const solrHash = "IV0EHq1OnNrj6gvRCwvFwTrZ1+z1oBbnQdiVC3otuq0= Ndd7LKvVBAaZIF0QAVi1ekCfAJXr1GGfLtRUXhgrF8c="

// Solr lets in who security.json names, makes a collection of a configset that was declared, and goes on when all is
// destroyed.
func TestSolr(t *testing.T) {
	acctest.Needs(t, acctest.Functions)
	server := acctest.OwnServer(t)
	there := superClient(t, server)
	cli := guide(t, "solr", server.Addr(), "TF_VAR_zookeeper_password="+ourPassword, "TF_VAR_solr_password=solr-4711", "TF_VAR_admin_hash="+solrHash)
	apply(t, cli)
	const credentials = "org.apache.solr.common.cloud."
	solr := startJava(t, "solr", "-DzkCredentialsProvider="+credentials+"DigestZkCredentialsProvider", "-DzkACLProvider="+credentials+"DigestZkACLProvider",
		"-DzkCredentialsInjector="+credentials+"VMParamsZkCredentialsInjector", "-DzkDigestUsername=solr", "-DzkDigestPassword=solr-4711", "-Dsolr.data.home="+t.TempDir(),
		"solr/Node.java", t.TempDir(), server.Addr()+"/solr")
	port := solr.line(t, "answer = ")
	solr.loopbackOnly(t)
	get := func(user, path string, query ...string) (int, string) {
		t.Helper()
		return request(t, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%s/solr%s?%s", port, path, strings.Join(query, "&")), user, "")
	}

	if code, text := get("", "/admin/info/system"); code != http.StatusUnauthorized {
		t.Errorf("a stranger gets %d: %s", code, text)
	}
	if code, text := get("admin:SolrRocks", "/admin/info/system"); code != http.StatusOK {
		t.Errorf("the administrator gets %d: %s", code, text)
	}
	planEmpty(t, cli, "Solr's start")

	if code, text := get("admin:SolrRocks", "/admin/collections", "action=CREATE", "name=shop", "collection.configName=shop"); code != http.StatusOK {
		t.Fatalf("creating a collection: %d: %s", code, text)
	}
	if code, text := get("admin:SolrRocks", "/shop/select", "q="+url.QueryEscape("price:[1 TO 2]")); code != http.StatusOK || !strings.Contains(text, `"numFound":0`) {
		t.Errorf("a query: %d: %s", code, text)
	}
	planEmpty(t, cli, "a collection's creation")

	// What Solr's own interface writes is a difference, which an apply undoes.
	if code, text := request(t, http.MethodPost, "http://127.0.0.1:"+port+"/solr/admin/authentication", "admin:SolrRocks", `{"set-user":{"tom":"TomIsCool"}}`); code != http.StatusOK {
		t.Fatalf("adding a user: %d: %s", code, text)
	}
	if got := data(t, there, "/solr/security.json"); !strings.Contains(got, `"":{"v":`) {
		t.Errorf("Solr has written %s", got)
	}
	planDiffers(t, cli, "Solr has added a user", "zookeeper_znode.security")
	apply(t, cli)
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	solr.alive(t)
	if code, text := get("", "/shop/select", "q=*:*"); code != http.StatusUnauthorized {
		t.Errorf("after the destroy a stranger gets %d: %s", code, text)
	}
	if code, text := get("admin:SolrRocks", "/shop/select", "q=*:*"); code != http.StatusOK {
		t.Errorf("after the destroy the administrator gets %d: %s", code, text)
	}
}

// request sends a request, as a user where one is given with a password, and returns the answer's code and text.
func request(t *testing.T, method, at, user, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, at, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if name, password, ok := strings.Cut(user, ":"); ok {
		r.SetBasicAuth(name, password)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}
