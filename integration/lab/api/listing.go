package api

import (
	"bytes"
	"slices"
	"sync"
)

// listing is a collection in its JSON form, in the order in which the API gives it.
type listing struct {
	ids   []string
	items [][]byte
	at    map[string]int
}

// add appends a document.
func (l *listing) add(id string, item []byte) {
	if l.at == nil {
		l.at = map[string]int{}
	}
	l.at[id] = len(l.ids)
	l.ids = append(l.ids, id)
	l.items = append(l.items, item)
}

// sort puts the documents in the order of their ids.
func (l *listing) sort() {
	sorted := slices.Clone(l.ids)
	slices.Sort(sorted)
	var result listing
	for _, id := range sorted {
		result.add(id, l.items[l.at[id]])
	}
	*l = result
}

// page returns what follows the marker, at most limit documents (0: all), and whether the marker is known.
func (l *listing) page(marker string, limit int) (ids []string, items [][]byte, ok bool) {
	from := 0
	if marker != "" {
		at, known := l.at[marker]
		if !known {
			return nil, nil, false
		}
		from = at + 1
	}
	to := len(l.ids)
	if limit > 0 {
		to = min(to, from+limit)
	}
	return l.ids[from:to], l.items[from:to], true
}

// join writes a page: {"ports": [...], "ports_links": [...]}.
func join(key string, items [][]byte, links []doc) []byte {
	size := 64
	for _, item := range items {
		size += len(item) + 2
	}
	b := bytes.NewBuffer(make([]byte, 0, size))
	b.WriteString(`{"` + key + `": [`)
	for i, item := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		b.Write(item)
	}
	b.WriteByte(']')
	if links != nil {
		b.WriteString(`, "` + key + `_links": `)
		b.Write(encode(links))
	}
	b.WriteByte('}')
	return b.Bytes()
}

// cache keeps listings until the cloud changes.
type cache struct {
	mu      sync.Mutex
	version uint64
	kept    map[string]*kept
}

type kept struct {
	once    sync.Once
	listing *listing
}

// get returns the listing of that name for a version of the cloud, and makes it if it is not there.
func (c *cache) get(version uint64, name string, build func() *listing) *listing {
	c.mu.Lock()
	if c.kept == nil || c.version != version {
		c.kept, c.version = map[string]*kept{}, version
	}
	k := c.kept[name]
	if k == nil {
		k = &kept{}
		c.kept[name] = k
	}
	c.mu.Unlock()
	k.once.Do(func() { k.listing = build() })
	return k.listing
}
