package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// ParseEnvironment reads an environment's document, in JSON or YAML, and validates it. What the document leaves out
// gets its default, drivers' other names become the ones of the model, ports become numbers, and a CLI section's hosts
// become a list. The error is an *InvalidError with all that is wrong, or says why the text can't be read at all.
func ParseEnvironment(data []byte, constants Constants) (*Environment, error) {
	doc, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("read the environment: %w", err)
	}
	c := checker{constants: constants}
	c.fields(doc)
	c.lastScanned(doc)
	e, err := toEnvironment(doc)
	if err != nil {
		return nil, fmt.Errorf("read the environment: %w", err)
	}
	normalise(e)
	c.environment(e)
	if err := c.err(); err != nil {
		return nil, err
	}
	return e, nil
}

var documentStart = regexp.MustCompile(`(?m)^---\s*$`)

// decode reads one document, an object, from JSON or YAML.
func decode(data []byte) (map[string]any, error) {
	if !json.Valid(data) {
		if starts := documentStart.FindAllIndex(data, 2); len(starts) > 1 || len(starts) == 1 && hasContent(data[:starts[0][0]]) {
			return nil, errors.New("there are several documents: give one environment")
		}
		var err error
		if data, err = yaml.YAMLToJSONStrict(data); err != nil {
			return nil, syntaxError(err)
		}
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, err
	}
	doc, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("it is %s: give one environment, as {name: …, configuration: […], …}", show(v))
	}
	return doc, nil
}

// syntaxError is the parser's error, without the one text of the document that it has and that may be a password.
func syntaxError(err error) error {
	if strings.Contains(err.Error(), "unknown anchor") {
		return errors.New("it is not YAML: a value that begins with * must be in quotes")
	}
	return fmt.Errorf("it is neither JSON nor YAML: %w", err)
}

// hasContent tells whether there is more than empty lines and comments.
func hasContent(data []byte) bool {
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return true
		}
	}
	return false
}

// environmentFields lists the fields of a document and the types of their values.
var environmentFields = map[string]rule{
	"name": aText, "type": aText, "environment_type": aText, "distribution": aText, "distribution_version": aText,
	"type_drivers": aText, "app_path": aText, "operational": aText, "user": aText,
	"listen": aBoolean, "scanned": aBoolean, "enable_monitoring": aBoolean, "monitoring_setup_done": aBoolean, "aci_enabled": aBoolean,
	"mechanism_drivers": textList,
	"last_scanned":      aText,
	"auth": {right: "an object with two lists of user names, view-env and edit-env", ok: func(v any) bool {
		m, ok := v.(map[string]any)
		return ok && textLists(m, "view-env", "edit-env")
	}},
	"limits": someLimits,

	"reconcile_minutes": someMinutes,
	"configuration":     {right: "a list of sections", ok: func(v any) bool { _, ok := v.([]any); return ok }},
}

// textLists tells whether an object has no other than the given keys, with lists of texts.
func textLists(m map[string]any, keys ...string) bool {
	for key, v := range m {
		if !slices.Contains(keys, key) || v != nil && !textList.ok(v) {
			return false
		}
	}
	return true
}

// fields checks the types of a document's fields, and takes out what does not fit.
func (c *checker) fields(doc map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(doc)) {
		r, known := environmentFields[key]
		switch {
		case !known:
			c.unknown("", key, slices.Sorted(maps.Keys(environmentFields)))
		case doc[key] != nil && !r.ok(doc[key]):
			c.value(key, doc[key], r)
		default:
			continue
		}
		delete(doc, key)
	}
	if limits, _ := doc["limits"].(map[string]any); !c.limits(limits) {
		delete(doc, "limits")
	}
	sections, _ := doc["configuration"].([]any)
	for i, s := range sections {
		if _, ok := s.(map[string]any); !ok {
			sections[i] = nil
		}
	}
}

// lastScanned reads the date, which may be a placeholder for one.
func (c *checker) lastScanned(doc map[string]any) {
	value, _ := doc["last_scanned"].(string)
	delete(doc, "last_scanned")
	if value == "" || value == "filled-by-scanning" {
		return
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700"} {
		if t, err := time.Parse(layout, strings.Replace(value, " ", "+", 1)); err == nil {
			doc["last_scanned"] = t.UTC()
			return
		}
	}
	c.add("last_scanned", "%s is not a date, as 2026-01-31T12:00:00Z, or empty", show(value))
}

func toEnvironment(doc map[string]any) (*Environment, error) {
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	var e Environment
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, err
	}
	return &e, nil
}

func normalise(e *Environment) {
	if e.Type == "" {
		e.Type = "environment"
	}
	e.EnvironmentType = e.Kind()
	if e.Operational == "" {
		e.Operational = "stopped"
	}
	for i, driver := range e.MechanismDrivers {
		if name, ok := driverNames[strings.ToLower(driver)]; ok {
			e.MechanismDrivers[i] = name
		}
	}
	for _, s := range e.Configuration {
		normaliseSection(s)
	}
}

// driverNames are Neutron's names of mechanism drivers.
var driverNames = map[string]string{"openvswitch": "OVS", "linuxbridge": "LXB", "sriovnicswitch": "SRIOV", "vpp": "VPP"}

func normaliseSection(s Section) {
	for key, v := range s {
		if n, ok := wholeNumber(v); ok && (key == "port" || strings.HasSuffix(key, "_port") || key == "connect_timeout") {
			s[key] = n
		}
	}
	if s["hosts"] == nil || !hostLogins.ok(s["hosts"]) {
		return
	}
	hosts := []any{}
	for _, h := range s.Hosts() {
		normaliseSection(h)
		hosts = append(hosts, map[string]any(h))
	}
	s["hosts"] = hosts
}
