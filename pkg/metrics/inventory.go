package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// Inventory adds the metrics of what the store holds: environments, their scans, and the default inventory. It is
// counted at a scrape, but not more often than every 30 s, and so that counting takes a twentieth of the time at most.
// Processes that share the store all report the same: let few of them do so.
func (m *Metrics) Inventory(db *store.DB, now func() time.Time) {
	m.registry.MustRegister(&inventory{db: db, now: now})
}

type inventory struct {
	db  *store.DB
	now func() time.Time

	mu      sync.Mutex
	due     time.Time
	up      bool
	counted []prometheus.Metric // the last complete count
}

// The store is counted every countEvery; a scrape waits for it for up to storeTimeout.
const (
	countEvery   = 30 * time.Second
	storeTimeout = 8 * time.Second
	restFactor   = 20 // times the time that the count took
)

var (
	storeUp     = desc("calipso_store_up", "Whether the document store answered when it was last asked.")
	environment = desc("calipso_environment_info", "1 for each environment.", "environment", "type", "distribution")
	listened    = desc("calipso_listened", "For each environment that wants to be listened to and was scanned: whether its message bus is listened to.", "environment")
	objects     = desc("calipso_objects", "Objects in the inventory.", "environment", "type")
	links       = desc("calipso_links", "Links in the inventory.", "environment")
	cliques     = desc("calipso_cliques", "Cliques in the inventory.", "environment")
	scans       = desc("calipso_scans", "Scans that are in the store, by status.", "environment", "status")
	stale       = desc("calipso_stale_objects", "Objects that the last whole scan could not read again and kept.", "environment")
	lastSuccess = desc("calipso_last_scan_success_timestamp_seconds", "When the last whole scan that read something ended.", "environment")
	lastSeconds = desc("calipso_last_scan_duration_seconds", "Time that the last whole scan that read something took.", "environment")
	lastFailed  = desc("calipso_last_scan_failed", "Whether the last whole scan could read nothing or was aborted.", "environment")
)

// Describe implements prometheus.Collector.
func (i *inventory) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{storeUp, environment, listened, objects, links, cliques, scans, stale, lastSuccess, lastSeconds, lastFailed} {
		out <- d
	}
}

// Collect implements prometheus.Collector. While the store does not answer, calipso_store_up is 0 and the others are as
// they were last.
func (i *inventory) Collect(out chan<- prometheus.Metric) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if started := i.now(); !started.Before(i.due) {
		counted, err := i.count()
		if i.up = err == nil; i.up {
			i.counted = counted
		}
		ended := i.now()
		i.due = ended.Add(max(countEvery, restFactor*ended.Sub(started)))
	}
	gauge(out, storeUp, flag(i.up))
	for _, m := range i.counted {
		out <- m
	}
}

// count counts everything, or returns an error.
func (i *inventory) count() ([]prometheus.Metric, error) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	environments, err := i.db.Environments.Find(ctx, store.Query{})
	if err != nil {
		return nil, err
	}
	inv, err := i.db.Inventory(ctx, store.DefaultInventory)
	if err != nil {
		return nil, err
	}
	c := counter{ctx: ctx, db: i.db, inv: inv}
	for _, env := range environments {
		c.add(environment, 1, env.Name, env.Kind(), env.Distribution)
		if env.Listen && env.Scanned {
			c.add(listened, flag(env.Operational == model.OperationalRunning), env.Name)
		}
		if err := c.countEnvironment(env.Name); err != nil {
			return nil, err
		}
	}
	return c.counted, nil
}

// counter collects one count.
type counter struct {
	ctx     context.Context
	db      *store.DB
	inv     *store.Inventory
	counted []prometheus.Metric
}

func (c *counter) add(d *prometheus.Desc, value float64, labels ...string) {
	c.counted = append(c.counted, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...))
}

func (c *counter) countEnvironment(env string) error {
	of := store.Is(store.Environment, env)
	byType, err := c.inv.Objects.CountBy(c.ctx, store.Type, of)
	if err != nil {
		return err
	}
	for objectType, n := range byType {
		if !model.IsFolder(objectType) {
			c.add(objects, float64(n), env, objectType)
		}
	}
	nLinks, err := c.inv.Links.Count(c.ctx, of)
	if err != nil {
		return err
	}
	nCliques, err := c.inv.Cliques.Count(c.ctx, of)
	if err != nil {
		return err
	}
	c.add(links, float64(nLinks), env)
	c.add(cliques, float64(nCliques), env)
	return c.countScans(env)
}

func (c *counter) countScans(env string) error {
	byStatus, err := c.db.Scans.CountBy(c.ctx, store.Status, store.Is(store.Environment, env))
	if err != nil {
		return err
	}
	for _, status := range []string{model.ScanPending, model.ScanRunning, model.ScanCompleted, model.ScanCompletedWithErrors,
		model.ScanFailed, model.ScanAborted} {
		c.add(scans, float64(byStatus[status]), env, status) // 0 too, so that a first failure is seen as an increase
	}
	succeeded, err := c.lastWhole(env, model.ScanCompleted, model.ScanCompletedWithErrors)
	if err != nil {
		return err
	}
	failed, err := c.lastWhole(env, model.ScanFailed, model.ScanAborted)
	if err != nil {
		return err
	}
	c.addLast(env, succeeded, failed)
	return nil
}

// addLast adds what is known of the last whole scan that succeeded, if there was one, and whether a later one failed.
func (c *counter) addLast(env string, succeeded, failed *model.Scan) {
	c.add(lastFailed, flag(failed != nil && (succeeded == nil || succeeded.SubmitTimestamp.Before(failed.SubmitTimestamp))), env)
	if succeeded == nil || succeeded.EndTimestamp == nil {
		return
	}
	c.add(lastSuccess, float64(succeeded.EndTimestamp.UnixMilli())/1000, env)
	if succeeded.StartTimestamp != nil {
		c.add(lastSeconds, succeeded.EndTimestamp.Sub(*succeeded.StartTimestamp).Seconds(), env)
	}
	if succeeded.Summary != nil {
		c.add(stale, float64(succeeded.Summary.Stale), env)
	}
}

// lastWhole returns the last scan of a whole environment into its default inventory that has one of the statuses, or
// nil. Of the scans that were made of parts alone, it looks at few: more in a row are unusual.
func (c *counter) lastWhole(env string, statuses ...string) (*model.Scan, error) {
	found, err := c.db.Scans.Find(c.ctx, store.Query{
		Where: []store.Cond{store.Is(store.Environment, env), store.Is(store.Status, statuses...), store.Is(store.ObjectID, "")},
		Sort:  []store.Order{{By: store.Submitted, Desc: true}}, Limit: 10,
	})
	if err != nil {
		return nil, err
	}
	for _, s := range found {
		if s.OriginType != model.OriginImport && !s.ScanOnlyLinks && !s.ScanOnlyCliques && s.Inventory == store.DefaultInventory {
			return &s, nil
		}
	}
	return nil, nil
}
