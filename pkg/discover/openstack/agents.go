package openstack

import (
	"context"
	"encoding/json"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// NewAgents finds Neutron's agents on all hosts of a region. Attributes: agent_id, configurations (as the agent
// reports it; what is keyed by names of the cloud, as bridge_mappings is, becomes a list) and the others that Neutron has.
func NewAgents() discover.Fetcher {
	return fetcher{fetch: fetchAgents, reads: []reading{(*cloud.Client).Agents}}
}

func fetchAgents(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	rows, err := req.Cloud.Agents(ctx, req.Parent.ID)
	if err != nil {
		return nil, err
	}
	if err := checkAgents(req, rows); err != nil {
		return nil, err
	}
	hosts := knownHosts(req)
	var objects []model.Object
	for _, row := range rows {
		attrs := attributes(row, "id", "host")
		attrs["agent_id"] = row.Str("id")
		attrs["configurations"] = configurations(row)
		host := hosts.resolve(row.Str("host"))
		objects = append(objects, model.Object{
			Type: model.TypeNetworkAgent, ID: row.Str("binary") + "-" + row.Str("id"), Name: row.Str("binary"), Host: host,
			ParentType: model.FolderType("network_agents"), ParentID: model.FolderID(host, "network_agents"), Attrs: attrs,
		})
	}
	return objects, nil
}

// configurations returns what an agent says of itself; the API gives an object, or one written as text.
func configurations(agent cloud.Item) map[string]any {
	object := agent.Item("configurations")
	if text, ok := agent["configurations"].(string); ok && json.Unmarshal([]byte(text), &object) != nil {
		object = nil
	}
	said := map[string]any{}
	for key, value := range object {
		if named, ok := value.(map[string]any); ok {
			value = pairs(named)
		}
		said[key] = value
	}
	return said
}
