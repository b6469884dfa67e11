package workers

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// linkChange is a link that is not what it was: before or now is nil when it was not there, or is not anymore.
type linkChange struct{ before, now *model.Link }

// relink finds the links of the hosts that were touched, and writes those that are new or different. Those that are gone
// stay until the cliques are made anew.
func (r *reconciler) relink(ctx context.Context) error {
	before, err := r.linksBefore(ctx)
	if err != nil {
		return err
	}
	var put []model.Link
	told := set{}
	for _, host := range r.of(model.TypeHost) {
		if !r.touched[host.ID] {
			continue
		}
		told[host.ID] = true
		links, err := r.hostLinks(ctx, r.session, r.scan, host.ID, r.isGone)
		if err != nil {
			return err
		}
		for i := range links {
			was, known := before[links[i].ID]
			delete(before, links[i].ID)
			if unchanged, err := same(was, links[i]); err != nil {
				return err
			} else if unchanged {
				continue
			}
			put = append(put, links[i])
			c := linkChange{now: &links[i]}
			if known {
				c.before = &was
			}
			r.links = append(r.links, c)
		}
	}
	for _, was := range before {
		// Of what joins two things of a switch, which is on no host, other hosts may tell.
		if told[was.Host] || r.isGone(was.Source) || r.isGone(was.Target) {
			r.links = append(r.links, linkChange{before: &was})
		}
	}
	if err := r.lease.fence(ctx); err != nil {
		return err
	}
	refused, err := r.session.inventory.Links.Put(ctx, r.generation, put...)
	r.Metrics.Fenced(r.scan.Environment, refused)
	if err != nil {
		return fmt.Errorf("write links: %w", err)
	}
	return nil
}

// linksBefore returns the links that the inventory has on the hosts that were touched, on no host, and of what is gone, by document id.
func (r *reconciler) linksBefore(ctx context.Context) (map[string]model.Link, error) {
	links := map[string]model.Link{}
	gone := slices.Sorted(maps.Keys(r.gone))
	conds := []store.Cond{store.Is(store.Host, append(slices.Sorted(maps.Keys(r.touched)), "")...)}
	for chunk := range slices.Chunk(gone, mostIDs) {
		conds = append(conds, store.Is(store.Source, chunk...), store.Is(store.Target, chunk...))
	}
	for _, cond := range conds {
		err := r.session.inventory.Links.Each(ctx, store.Where(store.Is(store.Environment, r.scan.Environment), cond), func(l model.Link) error {
			links[l.ID] = l
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
	}
	return links, nil
}

func (r *reconciler) removeLinks(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if err := r.lease.fence(ctx); err != nil {
		return err
	}
	for chunk := range slices.Chunk(ids, mostIDs) {
		if _, err := r.session.inventory.Links.Delete(ctx, store.IDs(chunk...), store.Older(r.generation)); err != nil {
			return fmt.Errorf("remove links: %w", err)
		}
	}
	return nil
}
