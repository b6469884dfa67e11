package extension_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/catalog"
	"calipso.io/calipso/pkg/extension"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/topology"
	"calipso.io/calipso/pkg/variance"
)

// load loads a folder with these files.
func load(t *testing.T, files map[string]string) (string, *extension.Extension, error) {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e, err := extension.Load(folder, catalog.Fetchers())
	return folder, e, err
}

func TestNothingButWhatIsShipped(t *testing.T) {
	t.Parallel()
	shipped, err := extension.Load("", catalog.Fetchers())
	if err != nil {
		t.Fatal(err)
	}
	_, empty, err := load(t, map[string]string{"README.md": "notes", ".hidden.yaml": "]["})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []*extension.Extension{shipped, empty} {
		if len(e.Plan) < 5 || len(e.Wrappers) < 3 || len(e.Variances) < 10 || len(e.CliqueTypes) < 10 || len(e.Constraints) != 3 || len(e.Finders.Off) != 0 {
			t.Errorf("%d steps, %d wrappers, %d rows, %d clique types, %d constraints, off %v", len(e.Plan), len(e.Wrappers),
				len(e.Variances), len(e.CliqueTypes), len(e.Constraints), e.Finders.Off)
		}
		for name, value := range map[string]string{"distributions": "Kolla", "distribution_versions": "Liberty", "link_types": "vnic-vedge",
			"object_types": "otep", "scan_object_types": "vnics_folder", "object_types_for_links": "switch", "type_drivers": "geneve"} {
			if !slices.Contains(e.Constants.Values(name), value) {
				t.Errorf("the constant %s has no %s", name, value)
			}
		}
		for _, c := range e.Constants {
			for i, v := range c.Data {
				if v.Value == "" || v.Label == "" || slices.Contains(c.Data[:i], v) {
					t.Errorf("%s: %+v", c.Name, v)
				}
			}
		}
	}
}

func TestFilesAddAndReplace(t *testing.T) {
	t.Parallel()
	_, e, err := load(t, map[string]string{
		"plan.add.yaml": `
- parent: region
  find: [{type: project, fetcher: api.projects, when: {distribution: [Mine]}}]
- {parent: vedge, find: [{folder: ports, text: Ports}]}`,
		"wrappers.yaml":                   "- when: {distribution: [Mine]}\n  containers: {ovs-vsctl show: my_switch}",
		"supported_environments.add.yaml": "- environment: {distribution: Mine, distribution_version: 1, mechanism_drivers: OVS, type_drivers: vlan}\n  features: {scanning: true}",
		"links.yaml":                      "off: [host_pnic-switch_pnic]",
		"link_types.add.yaml":             "- {type: vedge-vservice, endPointA: vedge, endPointB: vservice, description: serves}",
		"clique_types.add.yaml":           "- {name: short, focal_point_type: vedge, environment: ANY, link_types: [vedge-vservice]}",
		"clique_constraints.yaml":         "- {focal_point_type: vedge, constraints: [network]}",
		"constants.add.yaml":              "- {name: mechanism_drivers, data: [{value: Nexus9k}]}\n- {name: moods, data: [{value: good, label: Good}]}",
	})
	if err != nil {
		t.Fatal(err)
	}
	region := e.Plan[slices.IndexFunc(e.Plan, func(s discover.PlanStep) bool { return s.Parent == "region" })]
	if last := region.Find[len(region.Find)-1]; !slices.Equal(last.When["distribution"], []string{"Mine"}) || !region.Task {
		t.Errorf("the step of regions ends with %+v", last)
	}
	if e.Plan[len(e.Plan)-1].Parent != "vedge" {
		t.Error("the new step is not there")
	}
	if len(e.Wrappers) != 1 || len(e.Constraints) != 1 {
		t.Errorf("%d wrappers, %d constraints: they are replaced", len(e.Wrappers), len(e.Constraints))
	}
	mine := &model.Environment{Distribution: "Mine", DistributionVersion: "1", MechanismDrivers: []string{"OVS"}, TypeDrivers: "vlan"}
	if err := e.Variances.Check(mine, variance.Scanning); err != nil {
		t.Error(err)
	}
	if ct, ok := topology.SelectCliqueType(mine, e.CliqueTypes, "vedge"); !ok || ct.Name != "short" || ct.ID == "" {
		t.Errorf("clique type %+v", ct)
	}
	if !slices.Contains(e.Constants.Values("mechanism_drivers"), "Nexus9k") || !slices.Contains(e.Constants.Values("mechanism_drivers"), "OVS") ||
		!slices.Contains(e.Constants.Values("distributions"), "Mine") || e.Constants.Find("moods").Data[0].Label != "Good" {
		t.Errorf("constants: %v", e.Constants.Values("mechanism_drivers"))
	}
}

func TestWhatIsWrongIsToldWithItsLine(t *testing.T) {
	t.Parallel()
	for file, tt := range map[string]struct{ content, want string }{
		"plan.add.yaml":               {"\n- parent: host\n  find:\n    - {type: vedge, fetcher: cli.vedges}", `:4: unknown fetcher "cli.vedges"; there are `},
		"plan.yaml":                   {"- parent: host", `: there is no step for parent "environment"`},
		"wrappers.add.yaml":           {"- containers:\n    ovs-vsctl: [a]", `:2: there is no command "ovs-vsctl"; there are `},
		"supported_environments.yaml": {"- environment: {distribution: X}", ":1: the row has no "},
		"links.yaml":                  {"off:\n  - vnic-moon", `:2: nothing finds links of type "vnic-moon"; there are instance-vnic, `},
		"link_types.add.yaml":         {"- {type: a-b, endPointA: a, endPointB: c, description: d}", `:1: type "a-b" must be endPointA-endPointB, which is "a-c"`},
		"clique_types.add.yaml":       {"- name: x\n  focal_point_type: vnic\n  link_types: [vnic-moon]", `:3: clique type "x" of vnic (environment ""): "vnic-moon" is not a known link type`},
		"clique_constraints.add.yaml": {"- {focal_point_type: vnic, constraints: [mood]}", `:1: "mood" is no attribute that cliques can be bound by; there is network`},
		"constants.yaml":              {"- {name: a}\n- {name: a}", `:2: constant "a": each needs a name of its own`},
		"plam.yaml":                   {"", " has no meaning; there are clique_constraints.add.yaml, "},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			folder, _, err := load(t, map[string]string{file: tt.content})
			if err == nil || !strings.HasPrefix(err.Error(), filepath.Join(folder, file)+tt.want) {
				t.Errorf("error %v, want …%s", err, tt.want)
			}
		})
	}
	if _, err := extension.Load(filepath.Join(t.TempDir(), "nowhere"), catalog.Fetchers()); err == nil {
		t.Error("a folder that is not there is accepted")
	}
}
