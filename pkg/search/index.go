// Package search finds objects of an inventory by what people know of them: a part of a name or an id, an address. The index
// is in memory, made of one field of each object and kept up to date by what changed since: documents are written no slower
// for it, and any part of a text is found in milliseconds.
package search

import (
	"cmp"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// Match says how well a text fits what was asked for; less is better.
type Match int

// Matches, from the best.
const (
	Exact     Match = iota // it is the text
	Prefix                 // it begins so
	Word                   // a word in it begins so
	Substring              // it is somewhere in it
	none
)

// matchNames are what matches are called in answers.
var matchNames = [...]string{"exact", "prefix", "word", "substring"}

func (m Match) String() string { return matchNames[m] }

// Hit is an object that was found.
type Hit struct {
	ID        string // of its document
	Match     Match
	Attribute string // that fits, and its text
	Text      string
}

// object is an object as the index knows it.
type object struct {
	id, environment, objectType string
	version                     int64
	text                        string // findables, joined
}

// blockSize is how many objects share a filter of what is in their texts.
const blockSize = 64

// index is what can be searched: it never changes. Its objects are in the order in which equally good hits are shown.
type index struct {
	objects []*object
	filters []filter // of blockSize objects each
}

// newIndex orders the objects by the weights of their types, and then by name.
func newIndex(objects []*object) *index {
	type ranked struct {
		*object
		weight int
		name   string
	}
	order := make([]ranked, len(objects))
	for i, o := range objects {
		order[i] = ranked{o, weight(o.objectType), nameOf(o.text)}
	}
	slices.SortFunc(order, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.weight, b.weight), cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	})
	x := &index{objects: make([]*object, len(order)), filters: make([]filter, (len(order)+blockSize-1)/blockSize)}
	for i, o := range order {
		x.objects[i] = o.object
		x.filters[i/blockSize].add(o.text)
	}
	return x
}

// byWeight are the types of objects in the order in which people look for them; others come last.
var byWeight = [...]string{model.TypeHost, model.TypeInstance, model.TypeNetwork, model.TypeProject, model.TypeVservice, model.TypeSwitch,
	model.TypeRegion, model.TypeAvailabilityZone, model.TypeAggregate, model.TypeHostPnic, model.TypeVedge, model.TypeVconnector,
	model.TypePort, model.TypeVnic, model.TypeOtep, model.TypeSwitchPnic, model.TypeNetworkAgent, model.TypeHostRef}

func weight(objectType string) int {
	if i := slices.Index(byWeight[:], objectType); i >= 0 {
		return i
	}
	return len(byWeight)
}

func nameOf(text string) string {
	_, name, _ := strings.Cut("\n"+text, "\nname=")
	name, _, _ = strings.Cut(name, "\n")
	return name
}

// manyHits is how many hits of one or two letters are counted: nearly everything would be looked at for the rest of them.
const manyHits = 1000

// find returns the best hits of a question among the objects that are wanted, and how many there are altogether.
func (x *index) find(q *question, wanted func(*object) bool, skip, limit int) (hits []Hit, total int) {
	var found [none][]Hit // each in the order of the objects
	for b := range x.filters {
		if !q.mayBeIn(&x.filters[b]) {
			continue
		}
		for _, o := range x.objects[b*blockSize : min((b+1)*blockSize, len(x.objects))] {
			if !q.mayFit(o.text) || !wanted(o) {
				continue
			}
			if hit := q.match(o); hit.Match < none {
				total++
				if len(found[hit.Match]) < skip+limit {
					found[hit.Match] = append(found[hit.Match], hit)
				}
			}
		}
		if q.short && total >= manyHits && len(found[Exact])+len(found[Prefix]) >= skip+limit {
			break
		}
	}
	hits = slices.Concat(found[:]...)
	return hits[min(skip, len(hits)):min(skip+limit, len(hits))], total
}
