package api

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// otherDoc is environmentDoc with another name.
func otherDoc(name string) string {
	return strings.Replace(environmentDoc, `"name":"lab"`, `"name":"`+name+`"`, 1)
}

func TestEnvironmentLists(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("GET", "/environment_configs", "").want(200)
	for _, doc := range []string{environmentDoc, strings.Replace(otherDoc("vlan lab"), `"vxlan"`, `"vlan"`, 1)} {
		s.call("POST", "/environment_configs", doc).want(201)
	}
	tests := []struct {
		query string
		want  []string
	}{
		{"", []string{"lab", "vlan lab"}},
		{"?page_size=1", []string{"lab"}},
		{"?page_size=1&page=1", []string{"vlan lab"}},
		{"?type_drivers=vlan", []string{"vlan lab"}},
		{"?type_drivers=vlan&type_drivers=vxlan", []string{"lab", "vlan lab"}},
		{"?mechanism_drivers=OVS", []string{"lab", "vlan lab"}},
		{"?mechanism_drivers=OVS&mechanism_drivers=VPP", []string{}},
		{"?distribution=Mirantis&distribution_version=8.0", []string{"lab", "vlan lab"}},
		{"?distribution=Apex", []string{}},
		{"?listen=false&scanned=0", []string{"lab", "vlan lab"}},
		{"?scanned=true", []string{}},
		{"?operational=stopped", []string{"lab", "vlan lab"}},
		{"?environment_type=Kubernetes", []string{}},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			t.Parallel()
			got := s.call("GET", "/environment_configs"+test.query, "").want(200)
			if diff := cmp.Diff(test.want, column(got["environment_configs"], "name")); diff != "" {
				t.Errorf("other environments (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSecrets: they are stored encrypted, and are in no answer and no line of the log.
func TestSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	answers := []answer{
		s.call("POST", "/environment_configs", environmentDoc),
		s.call("POST", "/environment_configs", environmentDoc),
		s.call("POST", "/environment_configs", strings.Replace(environmentDoc, `"user":"scan"`, `"user":7,"surprise":1`, 1)),
		s.call("PUT", "/environment_configs/lab", environmentDoc),
		s.call("GET", "/environment_configs", ""),
		s.call("GET", "/environment_configs?name=lab", ""),
		s.call("GET", "/inventory?env_name=lab", ""),
		s.call("POST", "/scans", `{"environment":"lab"}`),
		s.call("GET", "/export?env_name=lab", ""),
		s.call("GET", "/tasks/api/queues/scan/pending_tasks", ""),
	}
	for i, a := range answers {
		for _, secret := range secrets() {
			if strings.Contains(a.Body.String(), secret) || strings.Contains(s.log.String(), secret) {
				t.Errorf("a secret (%s…) is in answer %d or in the log: %s", secret, i, a.Body)
			}
		}
	}
	stored, err := s.db.Environments.Get(t.Context(), "lab")
	if err != nil {
		t.Fatal(err)
	}
	if doc, _ := json.Marshal(stored); strings.Contains(string(doc), "s3cret") || !strings.Contains(string(doc), "enc:v1:") {
		t.Errorf("secrets are stored as they are: %s", doc)
	}
	whole := s.call("GET", "/environment_configs?name=lab", "").want(200)
	if whole["name"] != "lab" || len(whole["configuration"].([]any)) != 3 {
		t.Errorf("the whole environment is %v", whole)
	}
}

// TestReplaceEnvironment: what was read can be changed and written back, and the masked secrets are still the old ones.
func TestReplaceEnvironment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/environment_configs", environmentDoc).want(201)
	before, err := s.db.Environments.Update(t.Context(), "lab", func(e *model.Environment) error { e.Scanned = true; return nil })
	if err != nil {
		t.Fatal(err)
	}
	doc := s.call("GET", "/environment_configs?name=lab", "").want(200)
	doc["type_drivers"], doc["scanned"] = "vlan", false
	changed, _ := json.Marshal(doc)
	s.call("PUT", "/environment_configs/lab", string(changed)).want(200)
	after, err := s.db.Environments.Get(t.Context(), "lab")
	if err != nil {
		t.Fatal(err)
	}
	before.TypeDrivers = "vlan"
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("more changed than was asked for (-want +got):\n%s", diff)
	}
	s.call("PUT", "/environment_configs/lob", otherDoc("lob")).want(404)
	s.call("PUT", "/environment_configs/lab", otherDoc("lob")).wantError(400, "400", "Bad Request", "name",
		`name: it can't be changed: the environment is "lab"`)
}

func TestWrongEnvironment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/environment_configs", environmentDoc).want(201)
	s.call("POST", "/environment_configs", environmentDoc).wantError(409, "409", "Conflict", "", `environment "lab" exists already`)
	tests := map[string]string{ // a document, and the field that is to blame
		strings.Replace(otherDoc("new"), `"listen":false`, `"lisen":false`, 1):        "lisen",
		strings.Replace(otherDoc("new"), `"host":"10.0.0.1"`, `"host":"a b"`, 1):      "configuration[0].OpenStack.host",
		strings.Replace(otherDoc("new"), `"pwd":"s3cret-ssh"`, `"pwd":"********"`, 1): "",
		strings.Replace(otherDoc("new"), `"distribution":"Mirantis",`, ``, 1):         "distribution",
		otherDoc("../new"): "name",
	}
	for doc, field := range tests {
		got := s.call("POST", "/environment_configs", doc).want(400)["error"].(map[string]any)
		if blamed, _ := got["field"].(string); got["message"] == "" || blamed != field {
			t.Errorf("%s\nis refused with %v, want field %q", doc, got, field)
		}
	}
	s.call("GET", "/environment_configs?name=lob", "").want(404)
}

// TestWrongEnvironmentLists: of a document with several faults, each is told with the place where it is.
func TestWrongEnvironmentLists(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	doc := strings.NewReplacer(`"Mirantis"`, `"Nobody"`, `"vxlan"`, `"pigeon"`, `"port":3306`, `"port":99999`).Replace(environmentDoc)
	got := s.call("POST", "/environment_configs", doc).want(400)["error"].(map[string]any)
	if diff := cmp.Diff([]string{"type_drivers", "configuration[1].mysql.port"}, column(got["problems"], "field")); diff != "" {
		t.Errorf("other problems (-want +got):\n%s", diff)
	}
	for _, text := range column(got["problems"], "message") {
		if text == "" || !strings.Contains(got["message"].(string), text) {
			t.Errorf("problem %q is not in the message %q", text, got["message"])
		}
	}
}

// TestDeleteEnvironment: everything of the environment goes, and nothing of another one.
func TestDeleteEnvironment(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	s.call("POST", "/environment_configs", otherDoc("other")).want(201)
	smallCloud("other").put(t, s.db, "")
	smallCloud("lab").put(t, s.db, "RDO")
	for _, name := range []string{"lab", "other"} {
		s.call("POST", "/scans", `{"environment":"`+name+`","inventory":"RDO"}`).want(201)
		putStep(t, s.db, name+"/1", name)
		putHostKey(t, s.db, name, "10.0.0.1:22")
	}
	s.call("DELETE", "/environment_configs/lab", "").want(200)
	for collection, n := range countAll(t, s.db, "lab") {
		if n != 0 {
			t.Errorf("%d %s of the environment are left", n, collection)
		}
	}
	want := map[string]int{"environments": 1, "scans": 1, "steps": 1, "host keys": 1, "objects": 7, "links": 2, "cliques": 1, "RDO": 0}
	if diff := cmp.Diff(want, countAll(t, s.db, "other")); diff != "" {
		t.Errorf("of the other environment (-want +got):\n%s", diff)
	}
	s.call("DELETE", "/environment_configs/lab", "").want(404)
}

func putStep(t *testing.T, db *store.DB, id, environment string) {
	t.Helper()
	if err := db.Steps.Create(t.Context(), model.Step{ID: id, Environment: environment, Scan: "x"}); err != nil {
		t.Fatal(err)
	}
}

func countAll(t *testing.T, db *store.DB, environment string) map[string]int {
	t.Helper()
	its := store.Is(store.Environment, environment)
	inv, err := db.Inventory(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	rdo, err := db.Inventory(t.Context(), "RDO")
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	var errs [8]error
	n["environments"], errs[0] = db.Environments.Count(t.Context(), store.IDs(environment))
	n["scans"], errs[1] = db.Scans.Count(t.Context(), its)
	n["steps"], errs[2] = db.Steps.Count(t.Context(), its)
	n["host keys"], errs[3] = db.HostKeys.Count(t.Context(), its)
	n["objects"], errs[4] = inv.Objects.Count(t.Context(), its)
	n["links"], errs[5] = inv.Links.Count(t.Context(), its)
	n["cliques"], errs[6] = inv.Cliques.Count(t.Context(), its)
	n["RDO"], errs[7] = rdo.Objects.Count(t.Context(), its)
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func TestDeleteEnvironmentInUse(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	id := s.call("POST", "/scans", `{"environment":"lab"}`).want(201)["id"].(string)
	if _, err := s.db.Scans.Update(t.Context(), id, func(scan *model.Scan) error { scan.Status = model.ScanRunning; return nil }); err != nil {
		t.Fatal(err)
	}
	s.call("DELETE", "/environment_configs/lab", "").wantError(409, "409", "Conflict", "",
		"environment lab is being scanned: wait until scan "+id+" has ended")
	s.call("GET", "/environment_configs?name=lab", "").want(200)
}

const aKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"

func putHostKey(t *testing.T, db *store.DB, environment, host string) {
	t.Helper()
	if err := db.HostKeys.Create(t.Context(), store.HostKey{ID: environment + "/" + host, Environment: environment, Key: aKey}); err != nil {
		t.Fatal(err)
	}
}

func TestHostKeys(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	for _, host := range []string{"10.0.0.1:22", "[fd00::1]:22"} {
		putHostKey(t, s.db, "lab", host)
	}
	got := s.call("GET", "/environment_configs/lab/host_keys", "").want(200)
	if diff := cmp.Diff([]string{"10.0.0.1:22", "[fd00::1]:22"}, column(got["host_keys"], "host")); diff != "" {
		t.Errorf("other hosts (-want +got):\n%s", diff)
	}
	if f := column(got["host_keys"], "fingerprint")[0]; !strings.HasPrefix(f, "SHA256:") {
		t.Errorf("fingerprint %q", f)
	}
	s.call("DELETE", "/environment_configs/lab/host_keys/%5Bfd00::1%5D:22", "").want(200)
	s.call("DELETE", "/environment_configs/lab/host_keys/%5Bfd00::1%5D:22", "").want(404)
	got = s.call("GET", "/environment_configs/lab/host_keys", "").want(200)
	if diff := cmp.Diff([]string{"10.0.0.1:22"}, column(got["host_keys"], "host")); diff != "" {
		t.Errorf("other hosts (-want +got):\n%s", diff)
	}
	s.call("GET", "/environment_configs/lob/host_keys", "").want(404)
}
