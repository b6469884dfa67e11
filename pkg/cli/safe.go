package cli

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// safe writes control characters, and others that don't print, as escapes: names come from clouds, and may not drive
// the terminal that they are shown on.
func safe(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, unprintable) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unprintable(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unprintable(r rune) bool { return !strconv.IsPrint(r) }

// safeJSON does the same to JSON text, in JSON's own way. Such characters can only be in its strings: the encoder has
// escaped the others. What needs two escapes in JSON, which YAML does not know, is left: it drives no terminal.
func safeJSON(text []byte) []byte {
	safe := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r >= 0x7f && r <= 0xffff && unprintable(r) {
			safe = fmt.Appendf(safe, `\u%04x`, r)
		} else {
			safe = append(safe, text[:size]...)
		}
		text = text[size:]
	}
	return safe
}
