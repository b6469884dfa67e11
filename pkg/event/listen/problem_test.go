package listen

import (
	"strings"
	"testing"

	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/variance"
)

func TestListeningThatIsNotSupported(t *testing.T) {
	t.Parallel()
	table, err := variance.Parse(document.Source{File: "table", Content: variance.DefaultTable})
	if err != nil {
		t.Fatal(err)
	}
	l := &Listener{Variances: table}
	bus := model.Section{"name": model.SectionAMQP, "host": "10.0.0.1", "port": 5672, "user": "rabbit", "pwd": "x"}
	env := &model.Environment{Listen: true, Distribution: "Stratoscale", DistributionVersion: "2.1.6", TypeDrivers: "vlan",
		MechanismDrivers: []string{"OVS"}, Configuration: []model.Section{bus}}
	if got := l.problem(env); !strings.HasPrefix(got, "listening is not supported with Stratoscale 2.1.6, OVS, vlan; the nearest that are: ") {
		t.Error(got)
	}
	env.Distribution, env.DistributionVersion = "RDO", "Mitaka"
	if got := l.problem(env); got != "" {
		t.Error(got)
	}
}
