package api

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func auditRoutes() []route {
	return []route{
		{"GET", "/audit", access(auth.ManageUsers), auditParams(), (*server).listAudit,
			doc{about: "The audit log: who changed what, logged in or tried to; the latest first.", answer: wire.AuditList{}}},
	}
}

func auditParams() []param {
	return paged(text("user").many(), text("env_name"), text("kind").many(), oneOf("result", model.AuditResults()...).many(),
		instant("start_time"), instant("end_time"))
}

// listAudit answers GET /audit. It tells of all environments, so it takes the right to see all of them, too.
func (s *server) listAudit(c *gin.Context, q query) error {
	if !s.user.Has(auth.ViewEnv) {
		return store.Errorf(store.Forbidden, "this takes the role %s, too: the audit log tells of all environments", auth.ViewEnv)
	}
	conds := append(q.where(store.Username, store.Kind, store.Result), q.between(store.Timestamp, "start_time", "end_time")...)
	if q.has("env_name") {
		conds = append(conds, store.InLines(store.Environments, q.text("env_name")))
	}
	page := q.page(conds...)
	page.Sort = []store.Order{{By: store.Timestamp, Desc: true}}
	found, err := pick(c.Request.Context(), s.root.Audit, page, func(e *model.AuditEntry) bool {
		return !q.has("env_name") || slices.Contains(e.Environments, q.text("env_name"))
	})
	if err != nil {
		return err
	}
	answer := wire.AuditList{Audit: make([]wire.AuditRecord, 0, len(found)), Page: next(q, page, found, func(e *model.AuditEntry) store.Place {
		return store.Place{Key: store.Time(e.Timestamp), ID: e.ID}
	})}
	for _, e := range found {
		answer.Audit = append(answer.Audit, wire.AuditRecord{ID: e.ID, AuditEntry: e})
	}
	c.JSON(http.StatusOK, answer)
	return nil
}
