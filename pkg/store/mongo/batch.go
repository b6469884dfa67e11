package mongo

import (
	"iter"

	"calipso.io/calipso/pkg/store"
)

// Limits of a batch of writes. The server's own limit is 48 MB; a batch that the client had to cut in two would number
// its errors anew.
const (
	batchRecords = 1000
	batchBytes   = 8 << 20
)

// chunks cuts records into batches.
func chunks(records []store.Record) iter.Seq[[]store.Record] {
	return func(yield func([]store.Record) bool) {
		for len(records) > 0 {
			n := chunk(records)
			if !yield(records[:n:n]) {
				return
			}
			records = records[n:]
		}
	}
}

// chunk returns how many records the first batch has: at least one.
func chunk(records []store.Record) int {
	bytes := 0
	for i, r := range records {
		bytes += len(r.Doc)
		if i == batchRecords || (i > 0 && bytes > batchBytes) {
			return i
		}
	}
	return len(records)
}
