// Package plain makes text that came from clouds safe to show where text can do more than be read: on terminals, and in
// spreadsheets.
package plain

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text writes control characters, and others that don't print, as escapes: names come from clouds, and may not drive
// the terminal that they are shown on.
func Text(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, Unprintable) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if Unprintable(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Unprintable tells whether a character does something else than to be seen.
func Unprintable(r rune) bool { return !strconv.IsPrint(r) }

// Cell is Text for the cell of a spreadsheet, which takes what begins like a formula for one.
func Cell(s string) string {
	s = Text(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}
