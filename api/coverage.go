package api

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/coverage"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func coverageRoutes() []route {
	return []route{
		{"GET", "/scans/:id/coverage", login, coverageParams(flag("failed")), (*server).scanCoverage,
			doc{about: "What each fetcher of a scan did, for each parent.", answer: wire.CoverageList{}, also: []string{mediaCSV}}},
		{"GET", "/scans/:id/stale", login, coverageParams(), (*server).scanStale,
			doc{about: "The objects that a scan could not read and that nobody has read since.", answer: wire.StaleList{}, also: []string{mediaCSV}}},
	}
}

func coverageParams(more ...param) []param {
	return append(more, text("host").many(), oneOf("format", "json", "csv"))
}

// scanCoverage answers GET /scans/{id}/coverage: what each fetcher did for each parent.
func (s *server) scanCoverage(c *gin.Context, q query) error {
	_, steps, err := s.scanAndSteps(c, q)
	if err != nil {
		return err
	}
	rows := coverage.Filter(model.Coverage(steps), nil, q.flag("failed"))
	return writeReport(c, q, wire.CoverageList{Coverage: rows}, func(w io.Writer) error { return coverage.WriteCSV(w, rows) })
}

// scanStale answers GET /scans/{id}/stale: the objects that the scan could not read and that nobody has read since.
func (s *server) scanStale(c *gin.Context, q query) error {
	scan, steps, err := s.scanAndSteps(c, q)
	if err != nil {
		return err
	}
	objects, err := s.staleObjects(c.Request.Context(), scan, steps)
	if err != nil {
		return err
	}
	return writeReport(c, q, wire.StaleList{Stale: objects}, func(w io.Writer) error { return coverage.WriteStaleCSV(w, objects) })
}

// writeReport answers in the format that is asked for.
func writeReport(c *gin.Context, q query, report any, asCSV func(io.Writer) error) error {
	if q.text("format") != "csv" {
		c.JSON(http.StatusOK, report)
		return nil
	}
	c.Header("Content-Type", "text/csv; charset=utf-8")
	c.Status(http.StatusOK)
	return asCSV(c.Writer)
}

// scanAndSteps reads the scan that the path names, and those of its steps that are about the hosts that are asked for.
func (s *server) scanAndSteps(c *gin.Context, q query) (scan model.Scan, steps []model.Step, err error) {
	ctx := c.Request.Context()
	if scan, err = s.DB.Scans.Get(ctx, c.Param("id")); err != nil {
		return scan, nil, err
	}
	if steps, err = s.stepsOf(ctx, scan.ID); err != nil || !q.has("host") {
		return scan, steps, err
	}
	for _, host := range q.list("host") {
		if !slices.ContainsFunc(steps, func(step model.Step) bool { return step.ParentID == host }) {
			return scan, nil, invalid("host", "the scan has no step for \""+host+"\"")
		}
	}
	return scan, slices.DeleteFunc(steps, func(step model.Step) bool { return !slices.Contains(q.list("host"), step.ParentID) }), nil
}

// staleObjects returns what the steps of a scan could not read and is still marked as stale, in the order of hosts and
// types. Where a step was given up, that is also what the steps below it would have read.
func (s *server) staleObjects(ctx context.Context, scan model.Scan, steps []model.Step) ([]model.StaleObject, error) {
	inv, err := s.DB.Inventory(ctx, scan.Inventory)
	if err != nil {
		return nil, err
	}
	objects := []model.StaleObject{}
	unread := newUnread(steps)
	for _, scopes := range unread.conds() {
		err := inv.Objects.Each(ctx, store.Where(store.Is(store.Environment, scan.Environment), scopes), func(o model.Object) error {
			if stale := o.Map("stale"); stale != nil && !model.IsFolder(o.Type) && unread.has(&o) {
				objects = append(objects, staleObject(&o, stale))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(objects, func(a, b model.StaleObject) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
	return objects, nil
}

func staleObject(o *model.Object, stale map[string]any) model.StaleObject {
	since, _ := stale["since"].(string)
	reason, _ := stale["reason"].(string)
	at, _ := time.Parse(time.RFC3339Nano, since) // the zero time when it is not known
	return model.StaleObject{Type: o.Type, ID: o.ID, Name: o.Name, Host: o.Host, Since: at, Reason: reason}
}

// unread says where a scan could not read: by scope, the fetchers that failed.
type unread struct {
	fetchers map[string][]string
	givenUp  []string // scopes of which nothing is known, with all that is below them
}

func newUnread(steps []model.Step) unread {
	u := unread{fetchers: map[string][]string{}}
	for _, step := range steps {
		if step.Phase != model.PhaseInventory {
			continue
		}
		if step.Status == model.StepFailed && len(step.Results) == 0 {
			u.givenUp = append(u.givenUp, step.Scope)
		}
		for _, r := range step.Results {
			if r.Status == model.ResultFailed {
				u.fetchers[step.Scope] = append(u.fetchers[step.Scope], r.Fetcher)
			}
		}
	}
	return u
}

// conds are conditions on scopes of which each object that was not read meets one.
func (u unread) conds() []store.Cond {
	scopes := slices.Clone(u.givenUp)
	for scope := range u.fetchers {
		scopes = append(scopes, scope)
	}
	conds := []store.Cond{store.Is(store.Scope, scopes...)}
	for _, scope := range u.givenUp {
		conds = append(conds, store.HasPrefix(store.Scope, scope+"/"))
	}
	return conds
}

func (u unread) has(o *model.Object) bool {
	fetchers, failed := u.fetchers[o.Scope]
	return !failed || slices.Contains(fetchers, o.Fetcher)
}
