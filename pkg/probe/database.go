package probe

import (
	"context"
	"fmt"
	"strings"

	"calipso.io/calipso/pkg/conn/sqldb"
	"calipso.io/calipso/pkg/model"
)

// database connects, looks for Neutron's schema, and reads its tables of tunnel endpoints.
func database(_ Config, section model.Section, t *trial) {
	config, err := sqldb.FromSection(section)
	config.ConnectTimeout = stepLimit
	client := sqldb.New(config)
	var schema sqldb.Schema
	ok := t.try("log in, and look for Neutron's schema", func(ctx context.Context) (string, error) {
		if err == nil {
			schema, err = client.Schema(ctx)
		}
		return fmt.Sprintf("schema %s has %s", schema.Name, tables(schema.Tables)), err
	})
	if ok {
		t.try("read the tunnel endpoints", func(ctx context.Context) (string, error) {
			endpoints, err := client.Endpoints(ctx)
			return fmt.Sprintf("%d endpoints", len(endpoints)), err
		})
	}
}

func tables(names []string) string {
	if len(names) == 0 {
		return "no tables of tunnel endpoints that this user may see: a cloud without tunnels needs none"
	}
	return strings.Join(names, ", ")
}
