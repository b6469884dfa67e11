package lab_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/model"
)

// TestDead: who connects to a dead cloud is neither let in nor refused.
func TestDead(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{Dead: true, Address: "127.0.3.7"})
	for _, name := range []string{model.SectionOpenStack, model.SectionCLI, model.SectionMySQL} {
		if host := section(l, name).Str("host"); host != "127.0.3.7" {
			t.Errorf("%s is at %s", name, host)
		}
		if err := connect(address(l, name)); !isTimeout(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// connect connects until that fails: right after the start of a lab, a port is not closed to the first ones yet.
func connect(address string) error {
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		c, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			return err
		}
		c.Close()
	}
	return errors.New("everybody is let in")
}

func isTimeout(err error) bool {
	var failure net.Error
	return errors.As(err, &failure) && failure.Timeout()
}
