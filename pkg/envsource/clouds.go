package envsource

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Clouds makes the document of an environment from a clouds.yaml. The cloud's name may be left out where there is only one.
// Such a file says nothing of hosts, nor of drivers.
func Clouds(text []byte, name string) (*Found, error) {
	var file struct {
		Clouds map[string]struct {
			Auth      map[string]string `json:"auth"`
			Region    string            `json:"region_name"`
			Interface string            `json:"interface"`
		} `json:"clouds"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("clouds.yaml: %w", err)
	}
	names := slices.Sorted(maps.Keys(file.Clouds))
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	cloud, ok := file.Clouds[name]
	if !ok {
		return nil, fmt.Errorf("clouds.yaml has no cloud %q; it has %s: choose one", name, strings.Join(names, ", "))
	}
	found := &Found{Name: name, Distribution: "OpenStack"}
	a := cloud.Auth
	err := found.addOpenStack(account{authURL: a["auth_url"], user: a["username"], password: a["password"], project: a["project_name"],
		domain: a["domain_name"], userDomain: a["user_domain_name"], projectDomain: a["project_domain_name"],
		region: cloud.Region, endpointInterface: cloud.Interface})
	if err != nil {
		return nil, fmt.Errorf("clouds.yaml: cloud %s: %w", name, err)
	}
	for _, what := range []string{"distribution_version", "mechanism_drivers", "type_drivers", "section CLI"} {
		found.miss("%s", what)
	}
	return found, nil
}
