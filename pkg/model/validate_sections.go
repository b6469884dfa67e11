package model

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// keyRule is the rule for one key of a section.
type keyRule struct {
	rule
	optional bool
}

func must(r rule) keyRule { return keyRule{rule: r} }
func may(r rule) keyRule  { return keyRule{rule: r, optional: true} }

// sectionKeys lists, for each section, the keys that it may have besides name.
var sectionKeys = map[string]map[string]keyRule{
	SectionOpenStack: {"host": must(aHost), "port": must(aPort), "user": may(aText), "pwd": may(aSecret),
		"admin_token": may(aSecret), "admin_project": may(aText), "region": may(aText), "domain": may(aText),
		"user_domain": may(aText), "project_domain": may(aText), "protocol": may(oneOf("http", "https")),
		"path": may(aPath), "endpoint_interface": may(oneOf("public", "internal", "admin")), "ca_cert": may(someCertificates)},
	SectionMySQL: {"host": must(aHost), "port": must(aPort), "user": must(aText), "pwd": must(aSecret),
		"schema": may(aText), "connect_timeout": may(aPositive)},
	SectionCLI: {"host": must(aHost), "port": may(aPort), "user": must(aText), "pwd": may(aSecret), "key": may(aPrivateKey),
		"known_hosts": may(aKnownHosts), "hosts": may(hostLogins)},
	SectionAMQP: {"host": must(aHost), "port": must(aPort), "user": must(aText), "pwd": must(aSecret), "vhost": may(aText),
		"tls": may(aBoolean), "ca_cert": may(someCertificates), "exchanges": may(textList), "topics": may(textList),
		"queue_length": may(aPositive), "queue_ttl": may(aPositive)},
	SectionACI: {"host": must(aHost), "port": may(aPort), "user": must(aText), "pwd": must(aSecret),
		"ca_cert": may(someCertificates)},
	SectionMonitoring: {"config_folder": must(aPath), "provision": must(oneOf("None", "Deploy", "Files", "DB")),
		"env_type": must(oneOf("development", "testing", "staging", "production")), "api_port": must(aPort),
		"rabbitmq_pass": must(aSecret), "rabbitmq_user": must(aText), "rabbitmq_port": must(aPort), "server_ip": must(aHost),
		"server_name": must(aText), "type": must(oneOf("Sensu")), "ssh_port": may(aPort), "ssh_user": may(aText),
		"ssh_password": may(aSecret), "install_monitoring_client": may(aBoolean), "app_path": may(aPath)},
	"NFV_provider": {"host": must(aHost), "nfv_token": must(aSecret), "port": must(aPort), "user": must(aText), "pwd": must(aSecret)},
	SectionKubernetes: {"host": must(aHost), "port": must(aPort), "user": must(aText), "token": must(aSecret),
		"ca_cert": may(someCertificates)},
	"VMware":     {"host": may(aHost), "port": may(aPort), "user": may(aText), "pwd": may(aSecret)},
	"Bare-metal": {"host": may(aHost), "port": may(aPort), "user": may(aText), "pwd": may(aSecret)},
}

// hostLoginKeys are the keys of an entry of a CLI section's hosts.
var hostLoginKeys = map[string]keyRule{"host": may(aHost), "port": may(aPort), "user": may(aText), "pwd": may(aSecret),
	"key": may(aPrivateKey)}

// hostLogins is the rule for a CLI section's hosts; their entries are checked on their own.
var hostLogins = rule{right: "a list of objects {name, host, port, user, pwd, key}", ok: func(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(Section{"hosts": v}.Hosts()) == len(v)
	case map[string]any:
		return len(Section{"hosts": v}.Hosts()) == len(v)
	case []map[string]any, []Section:
		return true
	}
	return false
}}

// typeSections lists the sections that environments of a type must have.
var typeSections = map[string][]string{
	EnvironmentOpenStack: {SectionOpenStack, SectionCLI},
	"Kubernetes":         {SectionKubernetes, SectionCLI},
}

func (c *checker) sections(e *Environment) {
	seen := c.eachSection(e.Configuration)
	if !c.has("configuration") {
		c.neededSections(e, seen)
	}
}

// eachSection checks each section, and returns the names of those that there are.
func (c *checker) eachSection(sections []Section) map[string]bool {
	seen := map[string]bool{"": false}
	for i, s := range sections {
		switch name := s.Name(); {
		case s == nil:
			c.add(fmt.Sprintf("configuration[%d]", i), "is not a section, as {name: CLI, host: …}")
		case seen[name]:
			c.add(sectionPath(i, s), "there is another section %s before it: put them together", name)
		default:
			seen[name] = name != ""
			c.section(i, s)
		}
	}
	return seen
}

// neededSections checks that there are the sections that an environment of its type must have.
func (c *checker) neededSections(e *Environment, there map[string]bool) {
	for _, name := range typeSections[e.Kind()] {
		if !there[name] {
			c.add("configuration."+name, "the section is missing: environments of type %s need it", e.Kind())
		}
	}
	if e.Listen && !there[SectionAMQP] {
		c.add("configuration."+SectionAMQP, "the section is missing: listen needs it")
	}
	if e.ACIEnabled && !there[SectionACI] {
		c.add("configuration."+SectionACI, "the section is missing: aci_enabled needs it")
	}
}

func sectionPath(i int, s Section) string {
	return fmt.Sprintf("configuration[%d].%s", i, pathElement(s.Name()))
}

func (c *checker) section(i int, s Section) {
	keys, ok := sectionKeys[s.Name()]
	if !ok {
		c.needed(fmt.Sprintf("configuration[%d].name", i), s["name"], oneOf(slices.Sorted(maps.Keys(sectionKeys))...))
		return
	}
	path := sectionPath(i, s)
	c.keys(path, s, keys)
	switch s.Name() {
	case SectionOpenStack:
		if s.Str("admin_token") == "" {
			c.needed(path+".pwd", s["pwd"], aSecret)
			c.needed(path+".user", s["user"], aText)
		}
	case SectionCLI:
		if s.Str("pwd") == "" && s.Str("key") == "" {
			c.add(path, "has neither pwd nor key: give one of them")
		}
		c.hosts(path+".hosts", s)
	case SectionAMQP:
		c.names(path+".exchanges", s["exchanges"])
		c.names(path+".topics", s["topics"])
	}
}

func (c *checker) names(path string, list any) {
	for i, name := range Strings(list) {
		c.value(fmt.Sprintf("%s[%d]", path, i), name, aSafeName)
	}
}

// keys checks each key of a section by its rule, and that there are all that it needs and no others.
func (c *checker) keys(path string, s Section, rules map[string]keyRule) {
	for _, key := range slices.Sorted(maps.Keys(rules)) {
		if r, v := rules[key], s[key]; !r.optional {
			c.needed(path+"."+key, v, r.rule)
		} else if !isAbsent(v) {
			c.value(path+"."+key, v, r.rule)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if _, ok := rules[key]; !ok && key != "name" {
			c.unknown(path, key, slices.Sorted(maps.Keys(rules)))
		}
	}
}

func (c *checker) unknown(path, key string, known []string) {
	c.add(strings.TrimPrefix(path+"."+pathElement(key), "."), "unknown key; known are %s", strings.Join(known, ", "))
}

func (c *checker) hosts(path string, s Section) {
	seen := map[string]bool{}
	for i, h := range s.Hosts() {
		path := fmt.Sprintf("%s[%d]", path, i)
		c.needed(path+".name", h["name"], aSafeName)
		if seen[h.Name()] {
			c.add(path+".name", "%q is there twice", h.Name())
		}
		seen[h.Name()] = true
		c.keys(path, h, hostLoginKeys)
	}
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,60}$`)

// pathElement returns a key for a path; one that is not plain is quoted and cut short.
func pathElement(key string) string {
	if plainKey.MatchString(key) {
		return key
	}
	if runes := []rune(key); len(runes) > 60 {
		key = string(runes[:60]) + "…"
	}
	return strconv.Quote(key)
}
