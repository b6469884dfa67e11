package openstack

import (
	"context"

	"calipso.io/calipso/pkg/conn/sqldb"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

const ovsAgent = "Open vSwitch agent"

// NewEndpoints adds to the OVS agents of a region what only Neutron's database tells of them: the attribute
// endpoints, [{type, ip_address, udp_port}]. There is nothing to add where no database is configured.
func NewEndpoints() discover.Fetcher { return endpoints{} }

type endpoints struct{}

// Reads implements discover.Reader.
func (endpoints) Reads(req *discover.Request) []func(context.Context) {
	if req.Database == nil {
		return nil
	}
	return []func(context.Context){func(ctx context.Context) { _, _ = req.Database.Endpoints(ctx) }}
}

// Fetch implements discover.Fetcher.
func (endpoints) Fetch(ctx context.Context, req *discover.Request) ([]model.Object, error) {
	if req.Database == nil {
		return nil, nil
	}
	rows, err := req.Database.Endpoints(ctx)
	if err != nil {
		return nil, err
	}
	return endpointParts(req, rows), nil
}

func endpointParts(req *discover.Request, rows []sqldb.Endpoint) []model.Object {
	hosts := knownHosts(req)
	var parts []model.Object
	for _, agent := range req.Known(model.TypeNetworkAgent) {
		if agent.Str("agent_type") != ovsAgent {
			continue
		}
		var list []map[string]any
		for _, row := range rows {
			if belongs(row, agent, hosts) {
				list = append(list, endpointAttrs(row))
			}
		}
		if list != nil {
			parts = append(parts, model.Object{Type: model.TypeNetworkAgent, ID: agent.ID, Part: model.PartSQL,
				Attrs: map[string]any{"endpoints": list}})
		}
	}
	return parts
}

// belongs tells whether an endpoint is an agent's: by the host, or by the address where the database has no hosts.
func belongs(row sqldb.Endpoint, agent *model.Object, hosts *hostNames) bool {
	if row.Host != "" {
		return hosts.resolve(row.Host) == agent.Host
	}
	return row.IPAddress != "" && agent.Map("configurations")["tunneling_ip"] == row.IPAddress
}

func endpointAttrs(row sqldb.Endpoint) map[string]any {
	attrs := map[string]any{"type": row.Type, "ip_address": row.IPAddress}
	if row.UDPPort != 0 {
		attrs["udp_port"] = row.UDPPort
	}
	return attrs
}
