package model

import (
	"fmt"
	"strings"
)

// ListenProblem says why the message bus of an environment can't be listened to; "" when it can.
func (e *Environment) ListenProblem() string {
	if e.Kind() != EnvironmentOpenStack {
		return fmt.Sprintf("environments of type %s can't be listened to", e.Kind())
	}
	var c checker
	c.sections(e)
	for _, p := range c.problems {
		if strings.Contains(p.Path, SectionAMQP) {
			return p.Path + ": " + p.Message
		}
	}
	return ""
}
