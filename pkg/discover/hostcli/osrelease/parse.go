package osrelease

import (
	"regexp"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

var (
	assignment = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)=(.*)$`)
	escaped    = regexp.MustCompile("\\\\([\"'$`\\\\])")
)

// Parse reads an os-release file: assignments as a shell has them, see os-release(5).
func Parse(out []byte) (values map[string]string, warnings []model.Warning) {
	values = map[string]string{}
	for line := range hostcli.Lines(out) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m := assignment.FindStringSubmatch(line)
		if m == nil {
			warnings = append(warnings, hostcli.Warning(hostcli.OSRelease.Name, line, "not KEY=value"))
			continue
		}
		values[m[1]] = unquote(m[2])
	}
	return values, warnings
}

func unquote(value string) string {
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = value[1 : n-1]
	}
	return escaped.ReplaceAllString(value, "$1")
}
