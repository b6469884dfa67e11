package main

import (
	"context"
	"fmt"
	"strings"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store/open"
)

// known is what is in a store that is read: examples for requests.
type known struct {
	objects, links, cliques int
	environments            []string
	some                    []model.Object // of the last environment
	focal                   []model.Object // those with a clique
}

// fill writes copies of the documents, an environment each, until there are so many objects.
func fill(ctx context.Context, address string, docs documents, objects int) (k known, err error) {
	db, err := open.Store(ctx, address)
	if err != nil {
		return k, err
	}
	defer db.Close()
	inv, err := db.Inventory(ctx, "")
	if err != nil {
		return k, err
	}
	for k.objects < objects {
		name := fmt.Sprint("cloud-", len(k.environments)+1)
		copied := docs.in(name)
		if err := db.Environments.Create(ctx, model.Environment{Name: name, Scanned: true}); err != nil {
			return k, err
		}
		if err := copied.write(ctx, inv, 1); err != nil {
			return k, err
		}
		k.add(name, copied)
	}
	return k, nil
}

func (k *known) add(environment string, docs documents) {
	k.environments = append(k.environments, environment)
	k.objects, k.links, k.cliques = k.objects+len(docs.objects), k.links+len(docs.links), k.cliques+len(docs.cliques)
	k.some, k.focal = nil, nil
	for _, o := range docs.objects {
		if model.IsFolder(o.Type) {
			continue
		}
		k.some = append(k.some, o)
		if o.Bool("clique") {
			k.focal = append(k.focal, o)
		}
	}
}

// in returns the same documents as those of another environment: ids are derived from it.
func (d documents) in(environment string) documents {
	ids := map[string]string{}
	for _, o := range d.objects {
		was := o.DBID()
		o.Environment = environment
		ids[was] = o.DBID()
	}
	for _, l := range d.links {
		ids[l.ID] = model.LinkID(environment, l.LinkType, ids[l.Source], ids[l.Target])
	}
	var copied documents
	for _, o := range d.objects {
		_, path, _ := strings.Cut(o.IDPath[1:], "/")
		_, names, _ := strings.Cut(o.NamePath[1:], "/")
		o.IDPath, o.NamePath = "/"+environment+"/"+path, "/"+environment+"/"+names
		if o.ParentType == model.TypeEnvironment {
			o.ParentID = environment
		}
		o.Environment = environment
		copied.objects = append(copied.objects, o)
	}
	for _, l := range d.links {
		l.ID, l.Source, l.Target, l.Environment = ids[l.ID], ids[l.Source], ids[l.Target], environment
		copied.links = append(copied.links, l)
	}
	for _, c := range d.cliques {
		c.Environment, c.FocalPoint = environment, ids[c.FocalPoint]
		c.ID, c.Links, c.Nodes = model.CliqueID(environment, c.FocalPoint), renamed(c.Links, ids), renamed(c.Nodes, ids)
		copied.cliques = append(copied.cliques, c)
	}
	return copied
}

func renamed(list []string, names map[string]string) []string {
	others := make([]string, len(list))
	for i, name := range list {
		others[i] = names[name]
	}
	return others
}
