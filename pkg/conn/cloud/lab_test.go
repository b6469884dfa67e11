package cloud_test

import (
	"encoding/json"
	"os"
	"testing"

	"calipso.io/calipso/pkg/model"
)

// TestRealCloud reads everything from a real cloud, which the file at CALIPSO_OPENSTACK_LAB describes.
func TestRealCloud(t *testing.T) {
	t.Parallel()
	c := client(t, labSection(t))
	regions, err := c.Regions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, list := range all(c) {
		rows, err := list(t.Context(), regions[0].Name)
		if err != nil || len(rows) == 0 {
			t.Errorf("listing %d: %d rows, %v", i, len(rows), err)
		}
	}
	if projects, err := c.Projects(t.Context()); err != nil || len(projects) == 0 {
		t.Errorf("projects: %v, %v", projects, err)
	}
	if n := c.Requests(); n != 12 {
		t.Errorf("%d requests for a login and 11 lists", n)
	}
}

func labSection(t *testing.T) model.Section {
	t.Helper()
	path := os.Getenv("CALIPSO_OPENSTACK_LAB")
	if path == "" {
		t.Skip("no real cloud: set CALIPSO_OPENSTACK_LAB to the lab's env.json")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lab struct {
		API struct {
			Host, User, Password, Project string
			Port                          int
		}
	}
	if err := json.Unmarshal(data, &lab); err != nil {
		t.Fatal(err)
	}
	return model.Section{"name": "OpenStack", "host": lab.API.Host, "port": lab.API.Port, "user": lab.API.User,
		"pwd": lab.API.Password, "admin_project": lab.API.Project}
}
