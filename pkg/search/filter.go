package search

import "strings"

// filter is a Bloom filter of all groups of three bytes in texts: what it does not have is in none of them.
type filter [filterBits / 64]uint64

const filterBits = 16384

// add adds joined findables: their texts, not the names of attributes, which all objects share.
func (f *filter) add(joined string) {
	for line := range strings.Lines(joined) {
		_, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		for i := 0; i+3 <= len(text); i++ {
			at := place(text[i : i+3])
			f[at/64] |= 1 << (at % 64)
		}
	}
}

// has tells whether a text may be in one of those that were added. It knows nothing of texts of less than three bytes.
func (f *filter) has(text string) bool {
	for i := 0; i+3 <= len(text); i++ {
		if at := place(text[i : i+3]); f[at/64]&(1<<(at%64)) == 0 {
			return false
		}
	}
	return true
}

// place spreads groups of bytes evenly: the multiplier is that of Knuth's multiplicative hashing.
func place(three string) uint32 {
	group := uint32(three[0])<<16 | uint32(three[1])<<8 | uint32(three[2])
	return group * 2654435761 >> 18 % filterBits
}
