package store

import (
	"context"
	"strings"
	"sync"
	"time"

	"calipso.io/calipso/pkg/model"
)

// DB is the document store: typed collections on a driver.
type DB struct {
	Environments *Collection[model.Environment]
	Scans        *Collection[model.Scan]
	Steps        *Collection[model.Step]
	Schedules    *Collection[model.ScheduledScan]
	Messages     *Collection[model.Message]
	Events       *Collection[model.Event]
	CliqueTypes  *Collection[model.CliqueType]       // those that were made over the API
	LinkTypes    *Collection[model.LinkType]         // those that were made over the API
	Constraints  *Collection[model.CliqueConstraint] // those that were made over the API
	Tests        *Collection[model.ConnectionTest]
	HostKeys     *Collection[HostKey]
	Users        *Collection[User]
	Tokens       *Collection[Token]
	Counters     *Collection[Counter]
	Audit        *Collection[model.AuditEntry]

	leases *Collection[Lease] // see Leases

	driver Driver
	whole  *DB     // what this one shows a part of, or nil: see Within
	rights *Rights // what may be seen and changed in this one; nil for everything

	mu     sync.Mutex
	opened map[string]*Inventory
}

// Inventory is one inventory: what scans of environments found. An installation has one, and alternates beside it.
type Inventory struct {
	Name    string
	Objects *Collection[model.Object]
	Links   *Collection[model.Link]
	Cliques *Collection[model.Clique]
}

// HostKey is an SSH host key that was accepted for a host of an environment.
type HostKey struct {
	ID          string    `json:"_id"` // "<environment>/<host>:<port>"
	Environment string    `json:"environment"`
	Host        string    `json:"host"` // "<address>:<port>"
	Key         string    `json:"key"`  // in the format of authorized_keys: "ssh-ed25519 AAAA…"
	Accepted    time.Time `json:"accepted"`
}

// HostKeyID returns the id of the key of a host, "<address>:<port>", of an environment.
func HostKeyID(environment, host string) string { return environment + "/" + host }

// User is somebody who may log in.
type User struct {
	Name         string    `json:"name"`
	PasswordHash string    `json:"password_hash"`   // bcrypt
	Roles        []string  `json:"roles,omitempty"` // for all environments; see auth.Roles
	Created      time.Time `json:"created"`
}

// Counter is a number that only grows.
type Counter struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
}

// DefaultInventory is the name of the inventory that is used when none is named.
const DefaultInventory = "inventory"

// NewDB makes the collections that don't belong to an inventory.
func NewDB(ctx context.Context, driver Driver) (*DB, error) {
	db := newDB(driver)
	for _, spec := range []Spec{db.Environments.spec, db.Scans.spec, db.Steps.spec, db.Schedules.spec,
		db.Messages.spec, db.Events.spec, db.CliqueTypes.spec, db.LinkTypes.spec, db.Constraints.spec, db.Tests.spec, db.HostKeys.spec, db.Users.spec, db.Tokens.spec, db.Counters.spec, db.Audit.spec, db.leases.spec} {
		if err := driver.Open(ctx, spec); err != nil {
			return nil, err
		}
	}
	return db, nil
}

// Patient returns the same database for those who wait for it, for so long, when it can't be reached: see the function
// Patient. Close the first one only.
func (db *DB) Patient(wait time.Duration) *DB { return newDB(Patient(db.driver, wait)) }

func newDB(driver Driver) *DB {
	db := &DB{driver: driver, opened: map[string]*Inventory{}}
	db.Environments = collection(driver, Spec{Name: "environments_config", Noun: "environment", Owner: ByID},
		func(e *model.Environment) string { return e.Name },
		func(e *model.Environment) map[Field]string { return nil })
	db.Scans = collection(driver, Spec{Name: "scans",
		Fields:  []Field{Environment, Status, Submitted, ObjectID},
		Indexes: [][]Field{{Environment, Submitted}, {Status}}},
		func(s *model.Scan) string { return s.ID },
		func(s *model.Scan) map[Field]string {
			return map[Field]string{Environment: s.Environment, Status: s.Status, ObjectID: s.ObjectID,
				Submitted: Time(s.SubmitTimestamp)}
		})
	db.Steps = collection(driver, Spec{Name: "steps",
		Fields:  []Field{Environment, ScanID, Phase, Status, Scope},
		Indexes: [][]Field{{ScanID, Phase, Status}, {Environment, Scope}}},
		func(s *model.Step) string { return s.ID },
		func(s *model.Step) map[Field]string {
			return map[Field]string{Environment: s.Environment, ScanID: s.Scan, Phase: s.Phase, Status: s.Status, Scope: s.Scope}
		})
	db.Schedules = collection(driver, Spec{Name: "scheduled_scans",
		Fields: []Field{Environment, Freq, Scheduled}, Indexes: [][]Field{{Environment}, {Scheduled}}},
		func(s *model.ScheduledScan) string { return s.ID },
		func(s *model.ScheduledScan) map[Field]string {
			return map[Field]string{Environment: s.Environment, Freq: s.Freq, Scheduled: Time(s.ScheduledTimestamp)}
		})
	db.Messages = collection(driver, Spec{Name: "messages",
		Fields:  []Field{Environment, SourceSystem, Level, RelatedObject, RelatedType, Timestamp, OriginID},
		Indexes: [][]Field{{Environment, Timestamp}, {OriginID}, {Timestamp}}},
		func(m *model.Message) string { return m.ID },
		func(m *model.Message) map[Field]string {
			return map[Field]string{Environment: m.Environment, SourceSystem: m.SourceSystem, Level: m.Level, OriginID: m.OriginID,
				RelatedObject: m.RelatedObject, RelatedType: m.RelatedObjectType, Timestamp: Time(m.Timestamp)}
		})
	db.Events = collection(driver, Spec{Name: "events",
		Fields: []Field{Environment, Status, Received}, Indexes: [][]Field{{Environment, Status, Received}}},
		func(e *model.Event) string { return e.ID },
		func(e *model.Event) map[Field]string {
			return map[Field]string{Environment: e.Environment, Status: e.Status, Received: Time(e.Received)}
		})
	db.CliqueTypes = collection(driver, Spec{Name: "clique_types", Noun: "clique type", Owner: Shared, Fields: []Field{Environment}, Indexes: [][]Field{{Environment}}},
		func(ct *model.CliqueType) string { return ct.ID },
		func(ct *model.CliqueType) map[Field]string { return map[Field]string{Environment: ct.Environment} })
	db.LinkTypes = collection(driver, Spec{Name: "link_types", Noun: "link type", Owner: Shared, Fields: []Field{Environment}},
		func(lt *model.LinkType) string { return lt.ID },
		func(lt *model.LinkType) map[Field]string { return map[Field]string{Environment: ""} })
	db.Constraints = collection(driver, Spec{Name: "clique_constraints", Noun: "clique constraint", Owner: Shared, Fields: []Field{Environment},
		Indexes: [][]Field{{Environment}}},
		func(c *model.CliqueConstraint) string { return c.ID },
		func(c *model.CliqueConstraint) map[Field]string { return map[Field]string{Environment: c.Environment} })
	db.Tests = collection(driver, Spec{Name: "connection_tests", Noun: "connection test", Fields: []Field{Environment, Status, Submitted},
		Indexes: [][]Field{{Environment, Submitted}, {Status}, {Submitted}}},
		func(t *model.ConnectionTest) string { return t.ID },
		func(t *model.ConnectionTest) map[Field]string {
			return map[Field]string{Environment: t.Environment, Status: t.Status, Submitted: Time(t.SubmitTimestamp)}
		})
	db.HostKeys = collection(driver, Spec{Name: "host_keys", Fields: []Field{Environment}, Indexes: [][]Field{{Environment}}},
		func(k *HostKey) string { return k.ID },
		func(k *HostKey) map[Field]string { return map[Field]string{Environment: k.Environment} })
	db.Users = collection(driver, Spec{Name: "users", Owner: Nobodys},
		func(u *User) string { return u.Name }, func(u *User) map[Field]string { return nil })
	db.Tokens = collection(driver, Spec{Name: "api_tokens", Owner: Nobodys, Fields: []Field{TokenOwner, Expires}, Indexes: [][]Field{{TokenOwner}, {Expires}}},
		func(t *Token) string { return t.Hash },
		func(t *Token) map[Field]string {
			return map[Field]string{TokenOwner: t.Owner(), Expires: Time(t.Expires)}
		})
	db.Counters = collection(driver, Spec{Name: "counters", Owner: Internal},
		func(c *Counter) string { return c.Name }, func(c *Counter) map[Field]string { return nil })
	db.Audit = collection(driver, Spec{Name: "audit", Owner: Nobodys, Fields: []Field{Timestamp, Username, Kind, Result, Environments},
		Indexes: [][]Field{{Timestamp}, {Username, Timestamp}}},
		func(e *model.AuditEntry) string { return e.ID },
		func(e *model.AuditEntry) map[Field]string {
			return map[Field]string{Timestamp: Time(e.Timestamp), Username: e.User, Kind: e.Kind, Result: e.Result,
				Environments: lines(e.Environments)}
		})
	db.leases = collection(driver, Spec{Name: "leases", Owner: Nobodys},
		func(l *Lease) string { return l.Name }, func(l *Lease) map[Field]string { return nil })
	return db
}

// Inventory opens the inventory with the given name, "" meaning the default one. A name that begins with "inventory"
// gives its collections' names by replacing that word: inventory2, links2, cliques2; any other name is put before
// them: RDO_inventory, RDO_links, RDO_cliques.
func (db *DB) Inventory(ctx context.Context, name string) (*Inventory, error) {
	if name == "" {
		name = DefaultInventory
	}
	if err := checkInventoryName(name); err != nil {
		return nil, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if inv := db.opened[name]; inv != nil {
		return inv, nil
	}
	inv, err := db.openInventory(ctx, name)
	if err == nil {
		db.opened[name] = inv
	}
	return inv, err
}

func (db *DB) openInventory(ctx context.Context, name string) (*Inventory, error) {
	inv := db.inventory(name)
	if db.whole != nil {
		_, err := db.whole.Inventory(ctx, name)
		return inv, err
	}
	for _, spec := range []Spec{inv.Objects.spec, inv.Links.spec, inv.Cliques.spec} {
		if err := db.driver.Open(ctx, spec); err != nil {
			return nil, err
		}
	}
	return inv, nil
}

func (db *DB) inventory(name string) *Inventory {
	inv := &Inventory{Name: name}
	inv.Objects = collection(db.driver, Spec{Name: inventoryCollection(name, "inventory"),
		Fields: []Field{Environment, Type, ID, Name, ParentID, ParentType, IDPath, Host, Scope, Fetcher, Search, LastScanned}, Followed: true,
		Indexes: [][]Field{{Environment, Type, ID}, {Environment, ID}, {Environment, ParentID, ParentType}, {Environment, Host},
			{Environment, IDPath}, {Environment, Scope}}},
		func(o *model.Object) string { return o.DBID() },
		func(o *model.Object) map[Field]string {
			return map[Field]string{Environment: o.Environment, Type: o.Type, ID: o.ID, Name: o.Name, ParentID: o.ParentID,
				ParentType: o.ParentType, IDPath: o.IDPath, Host: o.Host, Scope: o.Scope, Fetcher: o.Fetcher,
				Search: model.JoinFindables(o.Findables()), LastScanned: Time(o.LastScanned)}
		})
	inv.Links = collection(db.driver, Spec{Name: inventoryCollection(name, "links"),
		Fields:  []Field{Environment, LinkType, LinkName, Source, Target, SourceID, TargetID, State, Host},
		Indexes: [][]Field{{Environment, LinkType}, {Environment, Host}, {Source}, {Target}}},
		func(l *model.Link) string { return l.ID },
		func(l *model.Link) map[Field]string {
			return map[Field]string{Environment: l.Environment, LinkType: l.LinkType, LinkName: l.LinkName, Source: l.Source,
				Target: l.Target, SourceID: l.SourceID, TargetID: l.TargetID, State: l.State, Host: l.Host}
		})
	inv.Cliques = collection(db.driver, Spec{Name: inventoryCollection(name, "cliques"),
		Fields:  []Field{Environment, FocalPoint, FocalPointType},
		Indexes: [][]Field{{Environment, FocalPointType}, {FocalPoint}}},
		func(c *model.Clique) string { return c.ID },
		func(c *model.Clique) map[Field]string {
			return map[Field]string{Environment: c.Environment, FocalPoint: c.FocalPoint, FocalPointType: c.FocalPointType}
		})
	return inv
}

// lines puts texts that have no line breaks into one field, so that InLines finds it by each of them.
func lines(texts []string) string { return "\n" + strings.Join(texts, "\n") + "\n" }

// InLines selects documents whose field is a list that has the text, in upper or lower case.
func InLines(f Field, text string) Cond { return Contains(f, lines([]string{text})) }

// Time writes an instant as the fields of documents have it: in UTC, so that texts sort as instants do.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }

// NextGeneration returns a number for an environment's next scan that is greater than any it returned before.
func (db *DB) NextGeneration(ctx context.Context, environment string) (int64, error) {
	name := "generation/" + environment
	if _, err := db.Counters.Insert(ctx, Counter{Name: name}); err != nil {
		return 0, err
	}
	counter, err := db.Counters.Update(ctx, name, func(c *Counter) error { c.Value += model.GenerationsPerScan; return nil })
	return counter.Value, err
}

// Installation returns a number that tells this installation from others, for as long as its store lives.
func (db *DB) Installation(ctx context.Context) (int64, error) {
	const name = "installation"
	if _, err := db.Counters.Insert(ctx, Counter{Name: name, Value: NewVersion()}); err != nil {
		return 0, err
	}
	counter, err := db.Counters.Get(ctx, name)
	return counter.Value, err
}

// Ping returns an error with the code Unavailable when the database does not answer.
func (db *DB) Ping(ctx context.Context) error { return db.driver.Ping(ctx) }

// Close ends the connection to the database.
func (db *DB) Close() error { return db.driver.Close() }

func collection[T any](driver Driver, spec Spec, id func(*T) string, fields func(*T) map[Field]string) *Collection[T] {
	return &Collection[T]{driver: driver, spec: spec, id: id, fields: fields}
}

func inventoryCollection(inventory, collection string) string {
	if strings.HasPrefix(inventory, DefaultInventory) {
		return strings.Replace(inventory, DefaultInventory, collection, 1)
	}
	return inventory + "_" + collection
}

func checkInventoryName(name string) error {
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' {
			return &Error{Code: Invalid, Field: "inventory", Message: "inventory: \"" + name +
				"\" is not a name of letters, digits, \"_\" and \"-\""}
		}
	}
	if strings.HasPrefix(name, "links") || strings.HasPrefix(name, "cliques") {
		return &Error{Code: Invalid, Field: "inventory", Message: "inventory: a name that begins with \"links\" or " +
			"\"cliques\" could share its collections with another inventory"}
	}
	if len(name) > 64 {
		return &Error{Code: Invalid, Field: "inventory", Message: "inventory: the name is longer than 64 characters"}
	}
	return nil
}
