package api

import (
	"encoding/json"
	"fmt"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/event/feed"
)

func eventRoutes() []route {
	return []route{
		{"GET", "/environment_configs/:name/events", login, nil, (*server).watchEvents,
			doc{about: "What becomes of an environment's notifications from now on, as events named event. It does not end.", answer: feed.Entry{}, media: mediaEvents}},
	}
}

// watchEvents answers GET /environment_configs/{name}/events: what becomes of the environment's events from now on, each
// as an event "event". It ends when the login does, or the right to see the environment.
func (s *server) watchEvents(c *gin.Context, _ query) error {
	name := c.Param("name")
	if _, err := s.DB.Environments.Get(c.Request.Context(), name); err != nil {
		return err
	}
	watch := s.watch()
	defer watch.Stop()
	return feed.Watch(c.Request.Context(), s.Redis, name, s.lookEvery(), func(entries ...feed.Entry) error {
		select {
		case <-watch.C:
			if err := s.stillSees(c, name); err != nil {
				return err
			}
		default:
		}
		if len(entries) == 0 {
			return send(c, ": still there\n\n")
		}
		for _, e := range entries {
			data, err := json.Marshal(e)
			if err != nil {
				return fmt.Errorf("encode event %s: %w", e.MessageID, err)
			}
			if err := sendEvent(c, "event", data); err != nil {
				return err
			}
		}
		return nil
	})
}

// stillSees is an error when the login has ended, or the environment may not be seen anymore.
func (s *server) stillSees(c *gin.Context, environment string) error {
	now, err := s.still(c)
	if err == nil {
		_, err = now.DB.Environments.Get(c.Request.Context(), environment)
	}
	return err
}
