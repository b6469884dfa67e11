// Package discover finds a cloud's objects: a scan plan, which is data, says which fetchers look for what below which
// type of object, and Run carries out one step of it.
package discover

import (
	"context"
	"fmt"

	"calipso.io/calipso/pkg/conn/apic"
	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/conn/sqldb"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

// A Fetcher finds the objects of one type below one parent, and the folders that hold them.
//
// Of each object it sets ID, Name, ParentID and ParentType (the parent of the request when empty), Host where it is on
// one, and Attrs. The type, when empty, becomes the one that the plan names; paths and the rest are filled in by Run.
// An error means that not all objects could be read: of those known from before, the ones that are not returned beside
// the error are kept, and marked stale. Single things that are passed over are warned about, not errors.
type Fetcher interface {
	Fetch(ctx context.Context, req *Request) ([]model.Object, error)
}

// Commander is implemented by fetchers that read host commands: the commands of all fetchers of a host are collected
// first and run in one round trip. No commands means that there is nothing to fetch on this host.
type Commander interface {
	Commands(env *model.Environment, host *model.Object) []hostcmd.Command
}

// Reader is implemented by fetchers that read the cloud's API or database: the reads of all fetchers of a step are
// begun at once, before the first Fetch. The sources remember their answers, errors too, so a read that two fetchers
// want is made once.
type Reader interface {
	Reads(req *Request) []func(context.Context)
}

// Constructor makes a fetcher. Fetchers keep no state between calls.
type Constructor func() Fetcher

// Request is what a fetcher is asked, and where it may read.
type Request struct {
	Env      *model.Environment
	Parent   *model.Object   // the object to look below
	Cloud    *cloud.Client   // the cloud's API; nil for environments that have none
	Database *sqldb.Client   // the cloud's database; nil when the environment has no mysql section
	Fabric   *apic.Client    // the fabric's controller; nil when aci_enabled is not set
	Outputs  hostcmd.Outputs // what the host's commands printed
	HostErr  error           // why the host could not be reached; then there are no Outputs

	cutOff   error // why the host's answer may have broken off
	known    map[string][]*model.Object
	warnings []model.Warning
}

// NewRequest makes a request that knows the given objects. Run makes requests itself; this is for tests of fetchers.
func NewRequest(env *model.Environment, parent *model.Object, known ...model.Object) *Request {
	req := &Request{Env: env, Parent: parent}
	for i := range known {
		req.learn(&known[i])
	}
	return req
}

// Known returns the objects of a type that the fetcher may build on: in a host's step those of this host (its ports,
// agents, instances, …) and all networks; in every step what earlier fetchers of the step found. Parts of objects are
// merged in. They must not be changed.
func (r *Request) Known(objectType string) []*model.Object { return r.known[objectType] }

// Output returns what a command of the fetcher's printed. The error says why there is nothing: the host could not be
// reached, the output broke off before this command, or the command failed.
func (r *Request) Output(command hostcmd.Command) (hostcmd.Output, error) {
	if r.HostErr != nil {
		return hostcmd.Output{}, r.HostErr
	}
	out, ok := r.Outputs[command.Name]
	if !ok {
		err := fmt.Errorf("%s: the host's answer broke off before it", command.Name)
		if r.cutOff != nil {
			err = fmt.Errorf("%w: %w", err, r.cutOff)
		}
		return out, err
	}
	if err := out.Err(); err != nil {
		return out, fmt.Errorf("%s: %w", command.Name, err)
	}
	return out, nil
}

// Warn reports things that could not be read and were passed over. At most 100 of a fetcher are kept.
func (r *Request) Warn(warnings ...model.Warning) {
	for _, w := range warnings {
		if len(r.warnings) < maxWarnings {
			r.warnings = append(r.warnings, w)
		}
	}
}

// Warnings returns what was passed to Warn.
func (r *Request) Warnings() []model.Warning { return r.warnings }

const maxWarnings = 100

func (r *Request) learn(o *model.Object) {
	if r.known == nil {
		r.known = map[string][]*model.Object{}
	}
	r.known[o.Type] = append(r.known[o.Type], o)
}

// Folder returns the folder for objects of the given plural below a parent; the text is what people see of it.
func Folder(parentType, parentID, plural, text string) model.Object {
	return model.Object{
		Type: model.FolderType(plural), ID: model.FolderID(parentID, plural), Name: text, ObjectName: text,
		ParentType: parentType, ParentID: parentID, Attrs: map[string]any{"text": text},
	}
}
