package topology

import (
	"maps"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// ImplicitLinks returns what the links of an environment imply: a link from A to C wherever links lead from A by way of
// others to C without contradicting each other. Clique types that use implicit links need them; their number grows with
// the square of the paths' lengths. They are sorted by id; there is none where an explicit link of that type joins the
// same ends. Two links contradict each other when both tell what they carry, have nothing in common, and one of the
// constraints is about networks.
func ImplicitLinks(links []model.Link, constraints []model.CliqueConstraint) []model.Link {
	c := newClosure(links, constraints)
	for pass := links; len(pass) > 0; {
		pass = c.extend(pass)
	}
	found := make([]model.Link, 0, len(c.found))
	for _, id := range slices.Sorted(maps.Keys(c.found)) {
		if !c.explicit[id] {
			found = append(found, c.found[id])
		}
	}
	return found
}

type closure struct {
	bound    bool                    // whether constraints are about networks
	from     map[string][]model.Link // explicit links by their source
	explicit map[string]bool         // ids
	done     map[string]bool         // ids, with state and networks, of what was extended already
	found    map[string]model.Link   // by id; what it carries is what any of its ways carries
}

func newClosure(links []model.Link, constraints []model.CliqueConstraint) *closure {
	c := &closure{from: map[string][]model.Link{}, explicit: map[string]bool{}, done: map[string]bool{}, found: map[string]model.Link{}}
	for _, l := range links {
		c.from[l.Source] = append(c.from[l.Source], l)
		c.explicit[l.ID] = true
	}
	c.bound = slices.ContainsFunc(constraints, func(cc model.CliqueConstraint) bool {
		return slices.Contains(cc.Constraints, "network")
	})
	return c
}

// extend makes each link longer by one explicit link, and returns what is new.
func (c *closure) extend(pass []model.Link) []model.Link {
	var next []model.Link
	for _, first := range pass {
		for _, then := range c.from[first.Target] {
			link, ok := c.chain(first, then)
			if !ok {
				continue
			}
			way := link.ID + link.State + strings.Join(link.Attributes.Network, " ")
			if !c.done[way] {
				c.done[way] = true
				next = append(next, link)
				c.note(link)
			}
		}
	}
	return next
}

func (c *closure) note(link model.Link) {
	if other, known := c.found[link.ID]; known {
		if link.Attributes.Network != nil && other.Attributes.Network != nil {
			link.Attributes.Network = union(link.Attributes.Network, other.Attributes.Network)
		} else {
			link.Attributes.Network = nil
		}
		if other.State == model.LinkUp {
			link.State = model.LinkUp
		}
	}
	c.found[link.ID] = link
}

// chain returns the link that leads along both links, unless they contradict each other or lead back.
func (c *closure) chain(first, then model.Link) (model.Link, bool) {
	if first.LinkType == then.LinkType || first.Source == then.Target {
		return model.Link{}, false
	}
	networks, ok := c.common(first.Attributes.Network, then.Attributes.Network)
	from, _, _ := strings.Cut(first.LinkType, "-")
	_, to, _ := strings.Cut(then.LinkType, "-")
	link := model.Link{
		Environment: first.Environment, LinkType: from + "-" + to, Implicit: true, State: model.LinkUp,
		Source: first.Source, SourceID: first.SourceID, Target: then.Target, TargetID: then.TargetID,
		Host: same(first.Host, then.Host), Switch: same(first.Switch, then.Switch),
		Attributes: model.LinkAttributes{Network: networks},
	}
	if first.State == model.LinkDown || then.State == model.LinkDown {
		link.State = model.LinkDown
	}
	link.ID = model.LinkID(link.Environment, link.LinkType, link.Source, link.Target)
	return link, ok
}

// common returns the networks that both lists have, a nil list saying nothing.
func (c *closure) common(a, b []string) (networks []string, ok bool) {
	switch {
	case !c.bound:
		return nil, true
	case a == nil:
		return b, true
	case b == nil:
		return a, true
	}
	networks = slices.DeleteFunc(slices.Clone(a), func(n string) bool { return !slices.Contains(b, n) })
	return networks, len(networks) > 0
}

// same returns the value that both have or that only one has.
func same(a, b string) string {
	switch {
	case a == "" || a == b:
		return b
	case b == "":
		return a
	}
	return ""
}
