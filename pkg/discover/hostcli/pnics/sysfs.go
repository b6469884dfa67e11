package pnics

import (
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

// ParseSysfs reads the output of `ls -l /sys/class/net`: the names of the network devices, and whether each is a
// virtual one, which it is when its link leads to a place below a folder "virtual".
func ParseSysfs(out []byte) (virtual map[string]bool, warnings []model.Warning) {
	virtual = map[string]bool{}
	for line := range hostcli.Lines(out) {
		if !strings.HasPrefix(line, "l") { // the total, and files that are no devices
			continue
		}
		link, target, ok := strings.Cut(line, " -> ")
		name := link[strings.LastIndex(link, " ")+1:]
		if !ok || name == "" {
			warnings = append(warnings, hostcli.Warning(hostcli.SysClassNet.Name, line, "not a link to a device"))
			continue
		}
		virtual[name] = strings.Contains(target, "/virtual/")
	}
	return virtual, warnings
}
