package probe

import (
	"context"
	"fmt"
	"strings"

	"calipso.io/calipso/pkg/conn/apic"
	"calipso.io/calipso/pkg/model"
)

// fabric logs in at the APIC, and reads what nodes there are.
func fabric(_ Config, section model.Section, t *trial) {
	config, err := apic.FromSection(section)
	config.Timeout = stepLimit
	client := apic.New(config)
	ok := t.try("log in at the APIC", func(ctx context.Context) (string, error) {
		if err == nil {
			err = client.Login(ctx)
		}
		return client.String() + ", as " + section.Str("user"), err
	})
	if ok {
		t.try("read the fabric's nodes", func(ctx context.Context) (string, error) {
			nodes, err := client.Nodes(ctx)
			return nodesText(nodes), err
		})
	}
}

// nodesText counts nodes by their roles, and names the version of the controllers.
func nodesText(nodes []apic.Node) string {
	count, version := map[string]int{}, "unknown"
	for _, n := range nodes {
		count[n.Role]++
		if n.Role == "controller" && n.Version != "" {
			version = n.Version
		}
	}
	var parts []string
	for _, role := range []string{"controller", "spine", "leaf"} {
		parts = append(parts, fmt.Sprintf("%s: %d", role, count[role]))
	}
	return strings.Join(parts, ", ") + "; version of the controller: " + version
}
