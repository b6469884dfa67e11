package api

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// board shows many watchers the same: what it shows is made once for all of them, as long as there are any, and only
// what has changed is passed on.
type board struct {
	read  func(context.Context) (map[string]string, error)   // the fragments of the page, by their ids
	pause func(ctx context.Context, took time.Duration) bool // waits until they are to be made again; false when that is over

	mu       sync.Mutex
	watchers int
	stop     context.CancelFunc
	latest   *frame        // nil when nobody has watched
	version  int           // of the latest frame, over all times
	newer    chan struct{} // closed when there is another latest frame
}

// boards has a board for each set of environments that somebody watches.
type boards struct {
	mu     sync.Mutex
	boards map[string]*board
}

// enter adds a watcher to the board with the key, which is made when there is none. The watcher must leave.
func (b *boards) enter(key string, read func(context.Context) (map[string]string, error)) (_ *board, leave func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	shown := b.boards[key]
	if shown == nil {
		shown = &board{read: read, pause: pauseFor}
		b.boards[key] = shown
	}
	left := shown.enter()
	return shown, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if left(); shown.watchers == 0 {
			delete(b.boards, key)
		}
	}
}

// frame is what the board shows at a moment.
type frame struct {
	version   int
	fragments map[string]fragment
	old       bool // nothing newer could be read
}

type fragment struct {
	html  string
	since int // the version that it has not changed since
}

// boardEvery is how often a board looks for something new.
const boardEvery = time.Second

// pauseFor waits a second; longer when making the fragments takes long, so that it never takes more than a tenth of the time.
func pauseFor(ctx context.Context, took time.Duration) bool {
	timer := time.NewTimer(max(boardEvery, 9*took))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// enter adds a watcher, who must leave.
func (b *board) enter() (leave func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watchers++; b.watchers == 1 {
		ctx, stop := context.WithCancel(context.Background())
		b.stop, b.newer = stop, make(chan struct{})
		go b.run(ctx)
	}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.watchers--; b.watchers == 0 {
			b.stop()
			b.latest = nil
		}
	}
}

// run makes frames until nobody watches anymore.
func (b *board) run(ctx context.Context) {
	for {
		began := time.Now()
		fragments, err := b.read(ctx)
		b.show(ctx, fragments, err != nil)
		if !b.pause(ctx, time.Since(began)) {
			return
		}
	}
}

// show makes a frame of fragments, if any of them has changed. Where they could not be read the frame is the one before.
func (b *board) show(ctx context.Context, fragments map[string]string, unread bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ctx.Err() != nil {
		return // of watchers that have left
	}
	before := b.latest
	if before == nil {
		before = &frame{}
	}
	next := &frame{version: b.version + 1, fragments: map[string]fragment{}, old: unread}
	if unread {
		next.fragments = before.fragments
	}
	changed := b.latest == nil || before.old != next.old || len(before.fragments) != len(fragments) && !unread
	for id, html := range fragments {
		f := fragment{html: html, since: next.version}
		if before.fragments[id].html == html {
			f = before.fragments[id]
		}
		changed = changed || f.since == next.version
		next.fragments[id] = f
	}
	if changed {
		b.latest, b.version = next, next.version
		close(b.newer)
		b.newer = make(chan struct{})
	}
}

// look returns the latest frame, nil if there is none yet, and a channel that is closed when there is another one.
func (b *board) look() (*frame, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.latest, b.newer
}

// update is what a watcher has to change.
type update struct {
	Replace map[string]string `json:"replace,omitempty"` // HTML by the id of its element
	Remove  []string          `json:"remove,omitempty"`
	Old     bool              `json:"old,omitempty"` // nothing newer could be read
}

// since returns how a frame differs from an earlier one, which may be nil.
func (f *frame) since(before *frame) update {
	u := update{Replace: map[string]string{}, Old: f.old}
	seen := 0
	if before != nil {
		seen = before.version
		for _, id := range slices.Sorted(maps.Keys(before.fragments)) {
			if _, ok := f.fragments[id]; !ok {
				u.Remove = append(u.Remove, id)
			}
		}
	}
	for id, fragment := range f.fragments {
		if fragment.since > seen {
			u.Replace[id] = fragment.html
		}
	}
	return u
}
