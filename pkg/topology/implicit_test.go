package topology

import (
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/model"
	"github.com/google/go-cmp/cmp"
)

// parseLinks reads links written as "type from>to net1,net2 state"; networks "?" means that the link does not tell.
func parseLinks(lines ...string) []model.Link {
	var links []model.Link
	for _, line := range lines {
		words := strings.Fields(line)
		from, to, _ := strings.Cut(words[1], ">")
		l := model.Link{Environment: "test", LinkType: words[0], Source: from, SourceID: from, Target: to, TargetID: to,
			Host: "h", State: model.LinkUp}
		if len(words) > 2 && words[2] != "?" {
			l.Attributes.Network = strings.Split(words[2], ",")
		}
		if len(words) > 3 {
			l.State = words[3]
		}
		l.ID = model.LinkID("test", l.LinkType, from, to)
		links = append(links, l)
	}
	return links
}

func TestImplicitLinks(t *testing.T) {
	t.Parallel()
	constraints := []model.CliqueConstraint{{FocalPointType: "x"}, {FocalPointType: "instance", Constraints: []string{"network"}}}
	for _, test := range []struct {
		name        string
		constraints []model.CliqueConstraint
		links, want []string
	}{
		{"a chain", constraints, []string{"instance-vnic a>b 1", "vnic-vconnector b>c 1", "vconnector-vedge c>d 1", "vedge-otep d>e 1"},
			[]string{"instance-otep a>e [1]", "instance-vconnector a>c [1]", "instance-vedge a>d [1]",
				"vconnector-otep c>e [1]", "vnic-otep b>e [1]", "vnic-vedge b>d [1]"}},
		{"what does not tell fits everything", constraints, []string{"instance-vnic a>b 1", "vnic-vedge b>c ?", "vedge-otep c>d 1,2"},
			[]string{"instance-otep a>d [1]", "instance-vedge a>c [1]", "vnic-otep b>d [1 2]"}},
		{"links that contradict each other", constraints, []string{"instance-vnic a>b 1", "vnic-vedge b>c 2"}, nil},
		{"unless networks don't matter", nil, []string{"instance-vnic a>b 1", "vnic-vedge b>c 2"}, []string{"instance-vedge a>c"}},
		{"two ways between two ends", constraints,
			[]string{"instance-vnic a>b 1", "instance-vnic a>c 2", "vnic-vedge b>d 1", "vnic-vedge c>d 2", "vedge-otep d>e ?", "otep-network e>f 2"},
			[]string{"instance-network a>f [2]", "instance-otep a>e [1 2]", "instance-vedge a>d [1 2]", "vedge-network d>f [2]",
				"vnic-network c>f [2]", "vnic-otep b>e [1]", "vnic-otep c>e [2]"}},
		{"no way back, and an end to circles", constraints, []string{"a-b a>b", "b-a b>a", "b-c b>c", "c-b c>b"},
			[]string{"a-c a>c", "c-a c>a"}},
		{"not over an explicit link", constraints, []string{"a-b a>b", "b-c b>c", "a-c a>c"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := ImplicitLinks(parseLinks(test.links...), test.constraints)
			if diff := cmp.Diff(append([]string{}, test.want...), show(got)); diff != "" {
				t.Errorf("implicit links (-want +got):\n%s", diff)
			}
			if !slices.IsSortedFunc(got, func(a, b model.Link) int { return strings.Compare(a.ID, b.ID) }) {
				t.Error("they are not sorted by id")
			}
		})
	}
}

func TestImplicitLinkDocument(t *testing.T) {
	t.Parallel()
	links := parseLinks("instance-vnic a>b 1", "vnic-vedge b>c 1 down")
	links[1].Host, links[1].Switch = "", "s"
	want := []model.Link{{ID: model.LinkID("test", "instance-vedge", "a", "c"), Environment: "test", LinkType: "instance-vedge",
		Source: "a", SourceID: "a", Target: "c", TargetID: "c", State: "down", Implicit: true, Host: "h", Switch: "s",
		Attributes: model.LinkAttributes{Network: []string{"1"}}}}
	if diff := cmp.Diff(want, ImplicitLinks(links, []model.CliqueConstraint{{Constraints: []string{"network"}}})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Clique types that use implicit links see them, others don't.
func TestCliqueOfImplicitLinks(t *testing.T) {
	t.Parallel()
	c := newCloud()
	c.env.Name = "implicit-links-ex"
	h := c.host("n").tunnel()
	focal := h.instance("vm", true, "blue")
	links := h.links()
	_, constraints := defaults(t, c.env, "instance")
	links = append(links, ImplicitLinks(links, []model.CliqueConstraint{{Constraints: constraints}})...)
	graph := graphOf(t, links)
	for name, want := range map[string][]string{
		"implicit-links-ex": {"instance-network vm>blue [blue]"},
		"another": {"host_pnic-network ens4-n>blue [blue]", "instance-vnic vm>n-tapvm-0 [blue]", "otep-host_pnic n-otep>ens4-n [blue]",
			"vconnector-vedge n-qbrvm-0-8000.1>agent-n [blue]", "vedge-otep agent-n>n-otep [blue]",
			"vnic-vconnector n-tapvm-0>n-qbrvm-0-8000.1 [blue]"},
	} {
		ct, _ := defaults(t, &model.Environment{Name: name}, "instance")
		clique, _ := graph.Clique(focal, ct, constraints)
		if diff := cmp.Diff(want, showClique(links, clique)); diff != "" {
			t.Errorf("environment %s (-want +got):\n%s", name, diff)
		}
	}
}
