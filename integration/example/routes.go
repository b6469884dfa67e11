// Package example adds a type of object to Calipso from outside, as docs/extending.md tells: the routes of hosts, and by
// which NIC each leaves.
package example

import (
	"context"
	"fmt"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

// TypeRoute is the type of the objects.
const TypeRoute = "route"

var show = hostcmd.Command{Name: "ip route show", Script: `ip route show`}

type routes struct{}

// New makes the fetcher "example.routes". It finds one route per line of a host's main routing table.
func New() discover.Fetcher { return routes{} }

func (routes) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{show}
}

func (routes) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	out, err := req.Output(show)
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	list, warnings := Parse(out.Stdout)
	req.Warn(warnings...)
	if err := hostcli.Unreadable(show, len(list), warnings); err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	var found []model.Object
	for _, r := range list {
		found = append(found, object(req.Parent.ID, r))
	}
	return found, nil
}

func object(host string, r Route) model.Object {
	attrs := map[string]any{"destination": r.Destination, "device": r.Device}
	if r.Gateway != "" {
		attrs["gateway"] = r.Gateway
	}
	return model.Object{
		Type: TypeRoute, ID: host + "-" + r.Destination + "-" + r.Device, Name: r.Destination, Host: host,
		ParentType: model.FolderType("routes"), ParentID: model.FolderID(host, "routes"), Attrs: attrs,
	}
}
