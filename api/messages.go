package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func messageRoutes() []route {
	return []route{
		{"GET", "/messages", login, messageParams(), (*server).listMessages,
			doc{about: "List messages, the latest first; with an id, that message.", answer: either{wire.MessageList{}, wire.WholeMessage{}}}},
		{"PATCH", "/messages", login, chosenMessages(), (*server).markMessages,
			doc{about: "Note that messages of an environment have been viewed, or have not: some, or all.", body: wire.MessageMark{}, answer: wire.Count{}}},
		{"DELETE", "/messages", login, chosenMessages(), (*server).deleteMessages,
			doc{about: "Delete messages of an environment: some, or all.", answer: wire.Count{}}},
	}
}

func messageParams() []param {
	return paged(text("env_name"), text("source_system").many(), text("id"), oneOf("level", model.Levels()...).many(),
		text("related_object").many(), text("related_object_type").many(), text("origin_id").many(),
		instant("start_time"), instant("end_time"), flag("viewed"))
}

// listMessages answers GET /messages: the latest first; with an id, that message.
func (s *server) listMessages(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	if q.has("id") {
		message, err := s.DB.Messages.Get(ctx, q.text("id"))
		if err == nil && q.has("env_name") && message.Environment != q.text("env_name") {
			err = store.Errorf(store.NotFound, "there is no message %q of environment %q", message.ID, q.text("env_name"))
		}
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, wire.WholeMessage{Message: message, Key: message.ID})
		return nil
	}
	conds := q.where(store.SourceSystem, store.Level, store.RelatedObject, store.RelatedType, store.OriginID)
	if q.has("env_name") {
		if err := s.checkEnvironment(ctx, q.text("env_name")); err != nil {
			return err
		}
		conds = append(conds, store.Is(store.Environment, q.text("env_name")))
	}
	page := q.page(append(conds, q.between(store.Timestamp, "start_time", "end_time")...)...)
	page.Sort = []store.Order{{By: store.Timestamp, Desc: true}}
	messages, err := s.findMessages(c, q, page)
	if err != nil {
		return err
	}
	entries := make([]wire.MessageEntry, 0, len(messages))
	for _, m := range messages {
		entries = append(entries, messageEntry(&m))
	}
	c.JSON(http.StatusOK, wire.MessageList{Messages: entries, Page: next(q, page, messages, func(m *model.Message) store.Place {
		return store.Place{Key: store.Time(m.Timestamp), ID: m.ID}
	})})
	return nil
}

func messageEntry(m *model.Message) wire.MessageEntry {
	return wire.MessageEntry{ID: m.ID, Environment: m.Environment, SourceSystem: m.SourceSystem, Level: m.Level, Message: m.Message,
		DisplayContext: m.DisplayContext, RelatedObject: m.RelatedObject, RelatedObjectType: m.RelatedObjectType, Timestamp: m.Timestamp,
		ReceivedTimestamp: m.ReceivedTimestamp, FinishedTimestamp: m.FinishedTimestamp, Viewed: m.Viewed, OriginType: m.OriginType, OriginID: m.OriginID}
}

func (s *server) findMessages(c *gin.Context, q query, page store.Query) ([]model.Message, error) {
	if !q.has("viewed") {
		return s.DB.Messages.Find(c.Request.Context(), page)
	}
	return pick(c.Request.Context(), s.DB.Messages, page, func(m *model.Message) bool { return m.Viewed == q.flag("viewed") })
}

// between makes conditions of two parameters that are the first and the last moment of a field.
func (q query) between(field store.Field, start, end string) (conds []store.Cond) {
	if q.has(start) {
		conds = append(conds, store.Greater(field, store.Time(q.instant(start).Add(-time.Nanosecond))))
	}
	if q.has(end) {
		conds = append(conds, store.Less(field, store.Time(q.instant(end).Add(time.Nanosecond))))
	}
	return conds
}

// chosenMessages declares the parameters of what changes messages: some of an environment's, or all.
func chosenMessages() []param {
	return params(text("env_name").must(), text("ids").many(), flag("all"))
}

// chosen makes conditions of these parameters.
func (s *server) chosen(c *gin.Context, q query) ([]store.Cond, error) {
	if q.has("ids") == q.flag("all") {
		return nil, invalid("ids", "give either the ids of messages, or all=true")
	}
	if err := s.checkEnvironment(c.Request.Context(), q.text("env_name")); err != nil {
		return nil, err
	}
	conds := []store.Cond{store.Is(store.Environment, q.text("env_name"))}
	if q.has("ids") {
		conds = append(conds, store.IDs(q.list("ids")...))
	}
	return conds, nil
}

// deleteMessages answers DELETE /messages.
func (s *server) deleteMessages(c *gin.Context, q query) error {
	conds, err := s.chosen(c, q)
	if err != nil {
		return err
	}
	n, err := s.DB.Messages.Delete(c.Request.Context(), conds...)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.Count{Count: n})
	return nil
}

// markMessages answers PATCH /messages with {"viewed": true} or false: somebody has seen them, or not.
func (s *server) markMessages(c *gin.Context, q query) error {
	body, err := decodeBody[wire.MessageMark](c)
	if err != nil {
		return err
	}
	if body.Viewed == nil {
		return invalid("viewed", "this key is missing")
	}
	conds, err := s.chosen(c, q)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	ids, err := s.DB.Messages.IDs(ctx, store.Where(conds...))
	if err != nil {
		return err
	}
	for _, id := range ids {
		_, err := s.DB.Messages.Update(ctx, id, func(m *model.Message) error { m.Viewed = *body.Viewed; return nil })
		if err != nil && store.CodeOf(err) != store.NotFound {
			return err
		}
	}
	c.JSON(http.StatusOK, wire.Count{Count: len(ids)})
	return nil
}
