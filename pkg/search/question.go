package search

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"calipso.io/calipso/pkg/model"
)

// shortText is how many letters a text has of which only beginnings of words are found: nearly everything has it somewhere.
const shortText = 2

// question is what somebody looks for.
type question struct {
	texts   []string     // any of these: what was typed, and the same in another notation
	network netip.Prefix // or an address in this network; invalid where no network is meant
	short   bool         // of so few letters that most objects have them somewhere
}

// Notations of MAC addresses, or of their beginnings.
var (
	macPairs = regexp.MustCompile(`^[0-9a-f]{2}([:-][0-9a-f]{2}){1,5}[:-]?$`)
	macQuads = regexp.MustCompile(`^[0-9a-f]{4}(\.[0-9a-f]{4}){1,2}\.?$`)
	macBare  = regexp.MustCompile(`^[0-9a-f]{12}$`)
)

// ask makes a question of what somebody typed.
func ask(typed string) *question {
	text := model.FoldText(typed)
	q := &question{texts: []string{text}, short: utf8.RuneCountInString(text) <= shortText}
	if network, err := netip.ParsePrefix(text); err == nil {
		q.network = network.Masked()
		q.texts = append(q.texts, q.network.String())
	}
	if address, err := netip.ParseAddr(text); err == nil && address.String() != text {
		q.texts = append(q.texts, address.String())
	}
	if macPairs.MatchString(text) || macQuads.MatchString(text) || macBare.MatchString(text) {
		q.texts = append(q.texts, inPairs(text))
	}
	return q
}

// inPairs writes the digits of a MAC address as fa:16:3e:00:00:01.
func inPairs(mac string) string {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(":-.", r) {
			return -1
		}
		return r
	}, mac)
	var b strings.Builder
	for i := 0; i < len(digits); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(digits[i:min(i+2, len(digits))])
	}
	return b.String()
}

// mayBeIn tells whether one of the texts behind a filter may fit.
func (q *question) mayBeIn(f *filter) bool {
	if q.network.IsValid() {
		return true
	}
	for _, text := range q.texts {
		if f.has(text) {
			return true
		}
	}
	return false
}

// mayFit tells in a moment of most texts that they don't fit.
func (q *question) mayFit(joined string) bool {
	if q.network.IsValid() {
		return true
	}
	for _, text := range q.texts {
		if strings.Contains(joined, text) {
			return true
		}
	}
	return false
}

// match finds the attribute of an object that fits best.
func (q *question) match(o *object) Hit {
	best := Hit{ID: o.id, Match: none}
	for rest := o.text; rest != ""; {
		var line string
		line, rest = q.nextLine(rest)
		attribute, text, _ := strings.Cut(line, "=")
		if m := q.fits(text); m < best.Match {
			best.Match, best.Attribute, best.Text = m, attribute, text
		}
	}
	return best
}

// nextLine cuts the next line off that may fit: most have nothing of what is looked for.
func (q *question) nextLine(lines string) (line, rest string) {
	if len(q.texts) == 1 && !q.network.IsValid() {
		at := strings.Index(lines, q.texts[0])
		if at < 0 {
			return "", ""
		}
		lines = lines[strings.LastIndexByte(lines[:at], '\n')+1:]
	}
	line, rest, _ = strings.Cut(lines, "\n")
	return line, rest
}

func (q *question) fits(text string) Match {
	best := none
	for _, wanted := range q.texts {
		best = min(best, fit(text, wanted))
	}
	if best > Prefix && q.network.IsValid() {
		if address, err := netip.ParseAddr(text); err == nil && q.network.Contains(address) {
			return Prefix
		}
	}
	return best
}

// fit says how a text fits what is wanted.
func fit(text, wanted string) Match {
	first := strings.Index(text, wanted)
	switch {
	case first < 0 || wanted == "":
		return none
	case len(text) == len(wanted):
		return Exact
	case first == 0:
		return Prefix
	}
	for at := first; at < len(text); {
		if beginsWord(text, at) {
			return Word
		}
		next := strings.Index(text[at+1:], wanted)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	if len(wanted) <= shortText*utf8.UTFMax && utf8.RuneCountInString(wanted) <= shortText {
		return none
	}
	return Substring
}

// beginsWord tells whether what stands before a place in the text is no letter and no digit.
func beginsWord(text string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	return !unicode.IsLetter(before) && !unicode.IsDigit(before)
}
