package search

import "strings"

// filter is a Bloom filter of all groups of three bytes in texts, and of the one or two bytes that words in them begin with:
// what it does not have is in none of them, as far as it would be found there.
type filter [filterBits / 64]uint64

const filterBits = 16384

// add adds joined findables: their texts, not the names of attributes, which all objects share.
func (f *filter) add(joined string) {
	for line := range strings.Lines(joined) {
		_, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		for i := range len(text) {
			f.note(text[i:min(i+3, len(text))])
			if i == 0 || beginsWord(text, i) {
				f.note(text[i : i+1])
				f.note(text[i:min(i+2, len(text))])
			}
		}
	}
}

func (f *filter) note(group string) {
	at := place(group)
	f[at/64] |= 1 << (at % 64)
}

func (f *filter) noted(group string) bool {
	at := place(group)
	return f[at/64]&(1<<(at%64)) != 0
}

// has tells whether a text may be in one of those that were added. One of less than three bytes is only looked for where
// words begin.
func (f *filter) has(text string) bool {
	if len(text) < 3 {
		return text == "" || f.noted(text)
	}
	for i := 0; i+3 <= len(text); i++ {
		if !f.noted(text[i : i+3]) {
			return false
		}
	}
	return true
}

// place spreads groups of up to three bytes evenly: the multiplier is that of Knuth's multiplicative hashing.
func place(group string) uint32 {
	n := uint32(0)
	for i := range len(group) {
		n = n<<8 | uint32(group[i])
	}
	return n * 2654435761 >> 18 % filterBits
}
