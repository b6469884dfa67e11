package discover

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// keeper collects what a step finds, and completes it: folders, paths, and what every document has.
type keeper struct {
	plan  Plan
	in    Input
	order []string // document ids, in the order found
	docs  map[string]*model.Object
	parts []model.Object
	near  map[[2]string]*model.Object // parents by type and id; nil for those that there are not
}

func newKeeper(plan Plan, in Input) *keeper {
	k := &keeper{plan: plan, in: in, docs: map[string]*model.Object{}, near: map[[2]string]*model.Object{}}
	k.near[[2]string{in.Parent.Type, in.Parent.ID}] = in.Parent
	for i := range in.Known {
		k.near[[2]string{in.Known[i].Type, in.Known[i].ID}] = &in.Known[i]
	}
	return k
}

// add completes a fetcher's objects and makes them known to the fetchers after it. It returns how many objects of
// the entry's type were kept. An object whose parent there is not has no place in the tree and is warned about.
func (k *keeper) add(ctx context.Context, req *Request, entry Entry, objects []model.Object) (found int) {
	for i := range objects {
		o := &objects[i]
		o.Environment = k.in.Env.Name
		if o.Type == "" {
			o.Type = entry.Type
		}
		if o.Part != "" {
			k.addPart(req, *o)
			found++
			continue
		}
		if entry.KnownOnly {
			req.learn(o)
			found++
			continue
		}
		if err := k.keep(ctx, o, entry.Fetcher); err != nil {
			req.Warn(model.Warning{Source: entry.Fetcher, Line: o.Type + " " + o.ID, Reason: err.Error()})
			continue
		}
		req.learn(o)
		k.folders(ctx, o, entry.Fetcher)
		if o.Type == entry.Type {
			found++
		}
	}
	return found
}

func (k *keeper) addPart(req *Request, part model.Object) {
	k.parts = append(k.parts, part)
	for _, o := range req.known[part.Type] {
		if o.ID == part.ID {
			if o.Attrs == nil {
				o.Attrs = map[string]any{}
			}
			maps.Copy(o.Attrs, part.Attrs)
		}
	}
}

// keep completes one object.
func (k *keeper) keep(ctx context.Context, o *model.Object, fetcher string) error {
	if o.ID == "" {
		return fmt.Errorf("it has no id")
	}
	if o.Name == "" {
		o.Name = o.ID
	}
	if o.ObjectName == "" {
		o.ObjectName = o.Name
	}
	if o.ParentID == "" {
		o.ParentID, o.ParentType = k.in.Parent.ID, k.in.Parent.Type
	}
	parent, err := k.parent(ctx, o.ParentType, o.ParentID)
	if err != nil {
		return err
	}
	o.IDPath = parent.IDPath + "/" + pathPart(o.ID)
	o.NamePath = parent.NamePath + "/" + pathPart(o.ObjectName)
	o.ShowInTree = true
	o.LastScanned = k.in.Now
	o.Scope, o.Fetcher = k.in.Scope, fetcher
	id := o.DBID()
	if k.docs[id] == nil {
		k.order = append(k.order, id)
	}
	k.docs[id] = o
	k.near[[2]string{o.Type, o.ID}] = o
	return nil
}

// folders makes the folders that the plan has for an object.
func (k *keeper) folders(ctx context.Context, o *model.Object, fetcher string) {
	// Those of a step's own parent were made together with it, but for the root, which is not a document.
	if o == k.in.Parent && o.Type != model.TypeEnvironment {
		return
	}
	for _, e := range k.plan.step(o.Type).Find {
		if e.Folder == "" || !e.When.Hold(k.in.Env, o) {
			continue
		}
		folder := Folder(o.Type, o.ID, e.Folder, e.Text)
		folder.Environment, folder.Host = o.Environment, o.Host
		if e.Type != "" {
			folder.Type = e.Type
		}
		// The parent was kept just now, so this can't fail.
		_ = k.keep(ctx, &folder, fetcher)
	}
}

func (k *keeper) parent(ctx context.Context, objectType, id string) (*model.Object, error) {
	key := [2]string{objectType, id}
	parent, known := k.near[key]
	if !known && k.in.Lookup != nil {
		var err error
		if parent, err = k.in.Lookup(ctx, objectType, id); err != nil {
			return nil, err
		}
		k.near[key] = parent
	}
	if parent == nil {
		return nil, fmt.Errorf("its parent, %s %q, is not known", objectType, id)
	}
	return parent, nil
}

// objects returns what is to be written: whole objects first, then the parts that add to them.
func (k *keeper) objects() []model.Object {
	all := make([]model.Object, 0, len(k.order)+len(k.parts))
	for _, id := range k.order {
		if k.wanted(k.docs[id].IDPath) {
			all = append(all, *k.docs[id])
		}
	}
	for _, part := range k.parts {
		if o := k.near[[2]string{part.Type, part.ID}]; o != nil && k.wanted(o.IDPath) {
			all = append(all, part)
		}
	}
	return all
}

func (k *keeper) wanted(path string) bool {
	return k.in.Only == nil || path == k.in.Only.IDPath || strings.HasPrefix(path, k.in.Only.IDPath+"/")
}

// pathPart makes a name fit for a path, in which "/" stands between names.
func pathPart(name string) string { return strings.ReplaceAll(name, "/", "%2F") }
