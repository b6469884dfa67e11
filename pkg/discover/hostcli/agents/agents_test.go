package agents_test

import (
	"testing"

	"calipso.io/calipso/pkg/discover/hostcli/agents"
	"calipso.io/calipso/pkg/model"
)

func TestTunnelAddress(t *testing.T) {
	t.Parallel()
	host := &model.Object{Attrs: map[string]any{"ip_address": "192.168.0.4"}}
	for name, tt := range map[string]struct {
		configurations map[string]any
		want           string
	}{
		"as the agent says":          {map[string]any{"tunnel_types": []any{"vxlan"}, "tunneling_ip": "192.168.2.1"}, "192.168.2.1"},
		"the agent does not say":     {map[string]any{"tunnel_types": []any{"gre"}}, "192.168.0.4"},
		"no tunnels":                 {map[string]any{"tunneling_ip": "192.168.2.1"}, "invalid IP"},
		"none, says the agent":       {map[string]any{"tunnel_types": []any{"gre"}, "tunneling_ip": ""}, "invalid IP"},
		"neither tunnel nor address": {nil, "invalid IP"},
	} {
		agent := &model.Object{Attrs: map[string]any{"configurations": tt.configurations}}
		if got := agents.ConfigOf(agent, host).TunnelingIP.String(); got != tt.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
