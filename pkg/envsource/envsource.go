// Package envsource makes the document of an environment from what its installer has left behind: rc files and hieradata of
// Apex (TripleO), a clouds.yaml, or the inventory and passwords of Kolla. It is pure; files come in as bytes.
package envsource

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"calipso.io/calipso/pkg/model"
)

// Found is the document of an environment, as far as the files tell.
type Found struct {
	Name                string          `json:"name"`
	Distribution        string          `json:"distribution"`
	DistributionVersion string          `json:"distribution_version,omitempty"`
	MechanismDrivers    []string        `json:"mechanism_drivers,omitempty"`
	TypeDrivers         string          `json:"type_drivers,omitempty"`
	Configuration       []model.Section `json:"configuration"`

	// Missing says what has to be filled in by hand, one entry for each.
	Missing []string `json:"-"`
}

// YAML writes the document. It holds passwords.
func (f *Found) YAML() ([]byte, error) { return yaml.Marshal(f) }

func (f *Found) miss(format string, args ...any) {
	f.Missing = append(f.Missing, fmt.Sprintf(format, args...))
}

// add adds a section, without keys that have no value. A key that it needs and that has none is missing.
func (f *Found) add(section model.Section, needed ...string) {
	for key, value := range section {
		if value == "" {
			delete(section, key)
		}
	}
	for _, key := range needed {
		if section[key] == nil {
			f.miss("section %s: %s", section.Name(), key)
		}
	}
	f.Configuration = append(f.Configuration, section)
}

// account is how to log in to a cloud's Keystone.
type account struct {
	authURL, user, password, project       string
	domain, userDomain, projectDomain      string
	region, endpointInterface, certificate string
}

func (f *Found) addOpenStack(a account) error {
	section := model.Section{"name": model.SectionOpenStack, "user": a.user, "pwd": a.password, "admin_project": a.project,
		"domain": a.domain, "user_domain": a.userDomain, "project_domain": a.projectDomain, "region": a.region,
		"endpoint_interface": strings.TrimSuffix(a.endpointInterface, "URL"), "ca_cert": a.certificate}
	if a.authURL != "" {
		if err := addURL(section, a.authURL); err != nil {
			return err
		}
	}
	f.add(section, "host", "port", "user", "pwd")
	return nil
}

// addURL sets what a URL says of where Keystone is. The version at its end is not part of the path.
func addURL(section model.Section, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("the URL of Keystone is %q: it must be as https://cloud.example.com:5000/v3", text)
	}
	port, _ := strconv.Atoi(cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme]))
	section["host"], section["port"] = u.Hostname(), port
	if u.Scheme == "https" {
		section["protocol"] = u.Scheme
	}
	path := strings.TrimSuffix(u.Path, "/")
	for _, version := range []string{"/v3", "/v2.0"} {
		path = strings.TrimSuffix(path, version)
	}
	if path != "" {
		section["path"] = path
	}
	return nil
}

// setDrivers takes the drivers from Neutron's names: the mechanism drivers that plug ports, and the first type.
func (f *Found) setDrivers(mechanisms, types []string) {
	for _, name := range mechanisms {
		driver, plugs := map[string]string{"openvswitch": "OVS", "linuxbridge": "LXB", "sriovnicswitch": "SRIOV", "vpp": "VPP"}[name]
		if plugs && !slices.Contains(f.MechanismDrivers, driver) {
			f.MechanismDrivers = append(f.MechanismDrivers, driver)
		}
	}
	if len(f.MechanismDrivers) == 0 {
		f.miss("mechanism_drivers: none of OVS, LXB, SRIOV, VPP is in %q", strings.Join(mechanisms, ","))
	}
	if len(types) > 0 {
		f.TypeDrivers = types[0]
	} else {
		f.miss("type_drivers")
	}
}

// words are the parts of a list that commas separate.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
