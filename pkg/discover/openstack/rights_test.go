package openstack

import (
	"strings"
	"testing"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

func TestLessThanAllIsNotTakenForAll(t *testing.T) {
	t.Parallel()
	whole := []cloud.Item{{"id": "n1", "provider:network_type": nil}, {"id": "n2", "segments": []any{}}}
	if err := checkRights("networks", whole, "provider:network_type", "segments"); err != nil {
		t.Errorf("rows with all attributes: %v", err)
	}
	err := checkRights("networks", append(whole, cloud.Item{"id": "n3"}), "provider:network_type", "segments")
	if err == nil || !strings.Contains(err.Error(), "no provider:network_type of n3") {
		t.Errorf("a row without the attributes: %v", err)
	}

	compute := model.Object{Type: model.TypeHost, ID: "h", Attrs: map[string]any{"host_type": []string{"Compute"}}}
	with := func(driver string, known ...model.Object) *discover.Request {
		return discover.NewRequest(&model.Environment{MechanismDrivers: []string{driver}}, &model.Object{}, known...)
	}
	for name, test := range map[string]struct {
		req    *discover.Request
		agents []cloud.Item
		fails  bool
	}{
		"compute without agent": {with("OVS", compute), nil, true},
		"compute with agent":    {with("OVS", compute), []cloud.Item{{}}, false},
		"no compute":            {with("OVS"), nil, false},
		"driver without agents": {with("VPP", compute), nil, false},
	} {
		if err := checkAgents(test.req, test.agents); (err != nil) != test.fails {
			t.Errorf("%s: %v", name, err)
		}
	}
}
