package integration

import (
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/model"
)

// TestCliqueConstraintsOfAnEnvironment: without a constraint cliques of instances go on into the networks of others; with the
// one that is made they stop at their own. It holds from the next scan on, in its environment alone.
func TestCliqueConstraintsOfAnEnvironment(t *testing.T) {
	t.Parallel()
	c, l := start(t), simulate(t, lab.EnvConfig{Name: "bound", Instances: 8}, lab.EnvConfig{Name: "usual", Instances: 8})
	for _, name := range []string{"bound", "usual"} {
		c.add(document(t, l, name))
		c.completed(client.ScanRequest{Environment: name})
	}
	bind := func(attributes ...any) {
		t.Helper()
		_, err := c.Import(t.Context(), wire.Import{CliqueConstraints: []map[string]any{
			{"environment": "bound", "focal_point_type": model.TypeInstance, "constraints": append([]any{}, attributes...)}}}, false, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"bound", "usual"} {
			c.completed(client.ScanRequest{Environment: name, ScanOnlyCliques: true})
		}
	}
	if n := c.look("bound", "").foreignNetworks(); n != 0 {
		t.Errorf("as shipped, cliques lead to %d networks that are not their instances'", n)
	}
	bind()
	if n := c.look("bound", "").foreignNetworks(); n == 0 {
		t.Error("without constraint no clique leads to the network of another instance")
	}
	if n := c.look("usual", "").foreignNetworks(); n != 0 {
		t.Errorf("the other environment's cliques lead to %d networks that are not their instances'", n)
	}
	bind("network")
	if n := c.look("bound", "").foreignNetworks(); n != 0 {
		t.Errorf("with the constraint, cliques lead to %d networks that are not their instances'", n)
	}
}

// foreignNetworks counts the networks to which the cliques of instances lead that are not on them.
func (f *found) foreignNetworks() (n int) {
	for _, o := range f.of(model.TypeInstance) {
		clique, _ := f.clique(o.DBID())
		for _, id := range clique.Links {
			l := f.links[id]
			if strings.HasSuffix(l.LinkType, "-network") && !slices.Contains(o.Strs("network"), l.TargetID) {
				n++
			}
		}
	}
	return n
}
