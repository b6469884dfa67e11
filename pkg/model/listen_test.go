package model

import "testing"

func TestListenProblem(t *testing.T) {
	t.Parallel()
	bus := Section{"name": SectionAMQP, "host": "10.0.0.1", "port": 5672, "user": "rabbit", "pwd": SealedPrefix + "x", "exchanges": []any{"nova"}}
	for name, tt := range map[string]struct {
		env  Environment
		want string
	}{
		"right":   {Environment{Listen: true, Configuration: []Section{bus}}, ""},
		"none":    {Environment{Listen: true}, "configuration.AMQP: the section is missing: listen needs it"},
		"another": {Environment{Listen: true, EnvironmentType: "Kubernetes", Configuration: []Section{bus}}, "environments of type Kubernetes can't be listened to"},
		"wrong":   {Environment{Listen: true, Configuration: []Section{{"name": SectionAMQP}}}, "configuration[0].AMQP.host: is missing: it must be a host name or an IP address"},
	} {
		if got := tt.env.ListenProblem(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
