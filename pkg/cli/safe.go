package cli

import (
	"fmt"
	"unicode/utf8"

	"calipso.io/calipso/pkg/plain"
)

// safe is what may be shown on a terminal of a text that may come from a cloud.
func safe(s string) string { return plain.Text(s) }

// safeJSON does the same to JSON text, in JSON's own way. Such characters can only be in its strings: the encoder has
// escaped the others. What needs two escapes in JSON, which YAML does not know, is left: it drives no terminal.
func safeJSON(text []byte) []byte {
	safe := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r >= 0x7f && r <= 0xffff && plain.Unprintable(r) {
			safe = fmt.Appendf(safe, `\u%04x`, r)
		} else {
			safe = append(safe, text[:size]...)
		}
		text = text[size:]
	}
	return safe
}
