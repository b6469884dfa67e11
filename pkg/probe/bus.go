package probe

import (
	"context"
	"strings"

	"calipso.io/calipso/pkg/conn/amqp"
	"calipso.io/calipso/pkg/model"
)

// bus logs in at the broker, and makes a queue there for a moment, bound as one that is listened to.
func bus(cfg Config, section model.Section, t *trial) {
	config, err := amqp.FromSection(section)
	config.Queue = cfg.Queue
	var probe *amqp.Probe
	ok := t.try("log in at virtual host "+config.VHost, func(ctx context.Context) (string, error) {
		if err != nil {
			return "", err
		}
		if probe, err = amqp.Dial(ctx, config); err != nil {
			return "", err
		}
		return probe.Broker(), nil
	})
	if !ok {
		return
	}
	defer probe.Close()
	t.try("make a queue, and bind it to "+strings.Join(config.Exchanges, ", "), func(context.Context) (string, error) {
		missing, err := probe.Bind()
		if len(missing) > 0 {
			return "it may; but there is no exchange " + strings.Join(missing, ", ") + " (yet): is that the name of the service's control_exchange?", err
		}
		return "it may", err
	})
}
