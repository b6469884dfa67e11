package model

import (
	"encoding/json"
	"time"
)

// Event is a notification of a cloud that is not yet handled, or is kept to be handled again: a document of events. It
// is a hint at what to look at, never the truth about it.
type Event struct {
	ID          string          `json:"_id"` // EventID
	Environment string          `json:"environment"`
	MessageID   string          `json:"message_id"` // the notification's, or a hash of one that has none
	Type        string          `json:"event_type"` // as it came, e.g. "compute.instance.create.end"
	Hint        Hint            `json:"hint"`
	Level       string          `json:"level"` // LevelInfo, LevelWarn or LevelError, by the notification's priority
	Body        json.RawMessage `json:"body"`  // the notification, without its envelope
	Timestamp   time.Time       `json:"timestamp"`
	Received    time.Time       `json:"received_timestamp"`

	Status    string    `json:"status"`               // EventWaiting or EventHandled
	NotBefore time.Time `json:"not_before,omitempty"` // of one that came too early
	Attempts  int       `json:"attempts"`             // at handling it
	Handled   time.Time `json:"handled_timestamp,omitempty"`
	Unready   time.Time `json:"unready_timestamp,omitzero"` // when a look began that found that the cloud had not finished: the last one
}

// Ready returns from when on it can be asked of Calipso to have handled the event: the notification, or the last look that
// found that the cloud had not finished what it told of. The cloud may have finished it any time after that.
func (e *Event) Ready() time.Time {
	if e.Unready.After(e.Timestamp) {
		return e.Unready
	}
	return e.Timestamp
}

// Hint is what a notification says about where to look.
type Hint struct {
	Kind    string            `json:"kind"`              // EventInstance, EventNetwork, …
	Object  string            `json:"object"`            // the cloud's own id of the object
	Deleted bool              `json:"deleted,omitempty"` // the notification says that the object is gone
	Hosts   []string          `json:"hosts,omitempty"`   // that the notification names, e.g. both of a migration
	Related map[string]string `json:"related,omitempty"` // kind to id, e.g. the network of a port, the instance that has it
}

// Statuses of events.
const (
	EventWaiting = "waiting"
	EventHandled = "handled" // while a scan runs that may have read before it
)

// Kinds of objects that events are about.
const (
	EventInstance    = "instance"
	EventNetwork     = "network"
	EventSubnet      = "subnet"
	EventPort        = "port"
	EventRouter      = "router" // its interfaces and gateway, too
	EventAggregate   = "aggregate"
	EventAgent       = "agent"
	EventServerGroup = "server_group"
	EventFloatingIP  = "floatingip"
	EventTrunk       = "trunk"

	// EventCloud is about all that the cloud's APIs list. No cloud sends it: see NewReconcile.
	EventCloud = "cloud"
)

// NewReconcile returns the event by which an environment is compared with its cloud's APIs. The name says which of them it is.
func NewReconcile(environment, name string, now time.Time) Event {
	return Event{ID: EventID(environment, name), Environment: environment, MessageID: name, Type: "calipso.reconcile", Level: LevelInfo,
		Hint: Hint{Kind: EventCloud, Object: environment}, Body: json.RawMessage(`{"event_type":"calipso.reconcile"}`),
		Timestamp: now.UTC(), Received: now.UTC(), Status: EventWaiting}
}

// EventID returns the id of the event that an environment's notification is: one that comes twice is one event.
func EventID(environment, messageID string) string { return environment + "/" + messageID }

// relatedTypes are the types of objects that events are about, where they are others than their kinds.
var relatedTypes = map[string]string{EventSubnet: TypeNetwork, EventRouter: TypeVservice, EventAgent: TypeNetworkAgent,
	EventServerGroup: TypeRegion, EventFloatingIP: TypePort, EventTrunk: TypePort}

// Message returns the message of an event that was handled at a time. It has the event's id, so that there is one of
// each, however often it is handled.
func (e *Event) Message(now time.Time) Message {
	now, received := now.UTC(), e.Received.UTC()
	m := Message{ID: e.ID, Environment: e.Environment, SourceSystem: SourceOpenStack, Level: e.Level, Message: e.Body,
		RelatedObject: e.Hint.Object, RelatedObjectType: e.Hint.Kind, DisplayContext: e.Hint.Object,
		Timestamp: e.Timestamp.UTC(), ReceivedTimestamp: &received, FinishedTimestamp: &now,
		OriginType: OriginEvent, OriginID: e.ID}
	if name, other := relatedTypes[e.Hint.Kind]; other {
		m.RelatedObjectType = name
	}
	if e.Hint.Kind == EventCloud {
		m.SourceSystem, m.RelatedObjectType = SourceCalipso, TypeEnvironment
	}
	if e.Hint.Kind == EventRouter {
		m.RelatedObject = "qrouter-" + e.Hint.Object
		m.DisplayContext = m.RelatedObject
	}
	if network := e.Hint.Related[EventNetwork]; network != "" {
		m.DisplayContext = network
	}
	return m
}

// GivenUp returns the message that says that the cloud had not finished in time what an event told of, and why.
func (e *Event) GivenUp(why string, now time.Time) Message {
	m := e.Message(now)
	m.ID, m.Level, m.SourceSystem = e.ID+".late", LevelWarn, SourceCalipso
	m.Message = e.Type + " of " + e.Hint.Object + ": " + why
	return m
}
