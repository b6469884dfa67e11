package integration

import (
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
)

// TestConnections: a test says what can be reached of a simulated cloud, before and after it is registered, and keeps no secret.
func TestConnections(t *testing.T) {
	t.Parallel()
	simulated, err := lab.Start(t.Context(), lab.Config{Environments: []lab.EnvConfig{{Name: "lab", Hosts: 2, Instances: 2, Fabric: true}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(simulated.Close)
	env := simulated.Environments()[0]
	c := start(t)
	var sections []map[string]any
	for _, s := range env.Configuration {
		sections = append(sections, s)
	}
	before := c.test(wire.ConnectionTestRequest{Environment: "lab", TargetsConfiguration: sections})
	c.usable(before, model.SectionOpenStack, model.SectionMySQL, model.SectionCLI, model.SectionACI)

	c.add(env)
	c.completed(client.ScanRequest{Environment: "lab"})
	after := c.test(wire.ConnectionTestRequest{Environment: "lab", TestTargets: []string{model.SectionCLI}})
	c.usable(after, model.SectionCLI)
	if first := after.Targets[model.SectionCLI].Tried[0].Result; !strings.Contains(first, "has the host key that is known") {
		t.Errorf("after a scan the host key is %s", first)
	}

	if err := simulated.SetFaults("lab", lab.Faults{RefuseSQL: true, Closed: []string{"keystone"}}); err != nil {
		t.Fatal(err)
	}
	broken := c.test(wire.ConnectionTestRequest{Environment: "lab"})
	want := map[string]bool{model.SectionOpenStack: false, model.SectionMySQL: false, model.SectionCLI: true, model.SectionACI: true}
	for name, ok := range want {
		if broken.TestResults[name] != ok || (broken.Errors[name] == "") != ok {
			t.Errorf("%s is %t: %s", name, broken.TestResults[name], broken.Errors[name])
		}
	}
	for _, s := range broken.TargetsConfiguration {
		if s["pwd"] != auth.Masked {
			t.Errorf("the answer has the password of section %s: %v", s.Name(), s["pwd"])
		}
	}
}

// TestOpenStackConnections: all interfaces of a real cloud can be reached, its message bus too, and the test leaves nothing there.
func TestOpenStackConnections(t *testing.T) {
	t.Parallel()
	cloud := realCloud(t)
	c := start(t)
	c.add(cloud.listened("tested"))
	c.usable(c.test(wire.ConnectionTestRequest{Environment: "tested"}), model.SectionOpenStack, model.SectionMySQL, model.SectionCLI, model.SectionAMQP)
}

func (c *calipso) test(request wire.ConnectionTestRequest) model.ConnectionTest {
	c.t.Helper()
	answer, err := c.TestConnection(c.t.Context(), request)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer
}

// usable makes sure that these targets and no others were tried, and that all can be used.
func (c *calipso) usable(answer model.ConnectionTest, targets ...string) {
	c.t.Helper()
	tried := slices.Sorted(slices.Values(answer.TestTargets))
	if slices.Sort(targets); !slices.Equal(tried, targets) || answer.ResponseTimestamp == nil || answer.ResponseTime == "" || answer.Worker == "" {
		c.t.Errorf("tried were %q: %+v", tried, answer)
	}
	for _, name := range targets {
		result := answer.Targets[name]
		if !answer.TestResults[name] || !result.OK {
			c.t.Errorf("%s can't be used: %s (%s)", name, result.Error, result.Hint)
		}
		for _, step := range result.Tried {
			c.t.Logf("%s: %s: %s (%d ms)", name, step.Step, step.Result, step.Milliseconds)
		}
	}
}
