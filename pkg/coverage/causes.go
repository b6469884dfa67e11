package coverage

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// Cause is why things could not be read, or were passed over, and where that is so.
type Cause struct {
	Status     string // model.ResultFailed, model.ResultNotReached, or "warning"
	Text       string // "…" stands for what is different from one parent to the other: its name, its address
	ParentType string
	Parents    []string
	Fetchers   []string
	Reads      int

	mixed bool // the lines don't say it in the same words
}

// StatusWarning is the status of causes for which something was passed over.
const StatusWarning = "warning"

// String tells the cause in one line: "12 hosts × 9 fetchers: connect to …: timed out".
func (c *Cause) String() string { return c.Where() + ": " + c.Text }

// Where names what the cause is about when it is little, and counts it when it is much.
func (c *Cause) Where() string {
	return few(c.ParentType, c.Parents) + " × " + few("fetcher", c.Fetchers)
}

func few(noun string, names []string) string {
	if len(names) > 3 {
		return fmt.Sprintf("%d %ss", len(names), noun)
	}
	return strings.Join(names, ", ")
}

// Causes joins the lines that tell the same of different parents and fetchers, the most frequent first: what failed,
// then what was not reached, then warnings.
func Causes(rows []model.CoverageRow) []Cause {
	all := causes{index: map[string]int{}}
	for i := range rows {
		row := &rows[i]
		if Unread(*row) {
			text := cmp.Or(row.Error, "the scan has not come to it")
			common := general(text, row.Parent)
			all.add(row, row.Status, text, common, common)
		}
		for _, w := range row.Warnings {
			reason := general(w.Source+": "+w.Reason, row.Parent)
			all.add(row, StatusWarning, Warning(w), reason, reason+", such as "+strconv.Quote(w.Line))
		}
	}
	slices.SortStableFunc(all.list, func(a, b Cause) int {
		if a.Status != b.Status {
			return strings.Index(order, a.Status) - strings.Index(order, b.Status)
		}
		return b.Reads - a.Reads
	})
	return all.list
}

// order has the statuses of causes, the worst first.
const order = model.ResultFailed + model.ResultNotReached + StatusWarning

// causes collects causes; equal ones have the same place in the list.
type causes struct {
	list  []Cause
	index map[string]int
}

// add notes why a line is not as it should be: what it says, what all lines of the same cause have in common, and what
// is said of them together where they differ.
func (c *causes) add(row *model.CoverageRow, status, text, common, together string) {
	key := strings.Join([]string{status, row.ParentType, common}, "\x00")
	i, known := c.index[key]
	if !known {
		i = len(c.list)
		c.index[key] = i
		c.list = append(c.list, Cause{Status: status, Text: text, ParentType: row.ParentType})
	}
	cause := &c.list[i]
	if cause.Text != text && !cause.mixed {
		cause.Text, cause.mixed = together, true
	}
	cause.Reads++
	cause.Parents = added(cause.Parents, row.Parent)
	cause.Fetchers = added(cause.Fetchers, row.Fetcher)
}

// added appends a name that is not there yet. Lines come parent by parent, so it mostly is the last one.
func added(names []string, name string) []string {
	if len(names) > 0 && names[len(names)-1] == name || slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

var address = regexp.MustCompile(`(\b\d{1,3}(\.\d{1,3}){3}\b|\[[0-9a-fA-F:]{2,}\])(:\d+)?`)

// general replaces in a text what tells one parent from the other.
func general(text, parent string) string {
	return address.ReplaceAllString(replaceWord(text, parent, "…"), "…")
}

// replaceWord replaces a word where it is not a part of a longer one: node-1 is not in node-10.
func replaceWord(text, word, by string) string {
	if word == "" {
		return text
	}
	var b strings.Builder
	for {
		i := strings.Index(text, word)
		if i < 0 {
			return b.String() + text
		}
		end := i + len(word)
		if i > 0 && isWord(text[i-1]) || end < len(text) && isWord(text[end]) {
			b.WriteString(text[:end])
		} else {
			b.WriteString(text[:i] + by)
		}
		text = text[end:]
	}
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c >= 0x80
}
