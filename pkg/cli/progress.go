package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"calipso.io/calipso/pkg/model"
)

// progress shows how far the phases of a scan are, each time that it changed.
type progress interface {
	show(phases []model.PhaseProgress, ended bool)
}

// newProgress returns bars for a terminal, and lines for everything else.
func newProgress(w io.Writer) progress {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &bars{w: w, width: func() int { return terminalWidth(f) }}
	}
	return &lines{w: w, shown: map[string]int{}}
}

func terminalWidth(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// bars draws one bar a phase, over what it drew before.
type bars struct {
	w     io.Writer
	width func() int
	drawn int // lines
}

const barCells = 24

func (b *bars) show(phases []model.PhaseProgress, _ bool) {
	var frame strings.Builder
	if b.drawn > 0 {
		fmt.Fprintf(&frame, "\x1b[%dA", b.drawn)
	}
	for _, p := range phases {
		line := []rune(fmt.Sprintf("%-9s %s %s", p.Phase, bar(p), counts(p)))
		fmt.Fprintf(&frame, "\r\x1b[2K%s\n", string(line[:min(len(line), max(b.width()-1, 0))]))
	}
	b.drawn = len(phases)
	io.WriteString(b.w, frame.String())
}

func bar(p model.PhaseProgress) string {
	full := 0
	if p.Total > 0 {
		full = min(barCells*(p.Done+p.Failed)/p.Total, barCells)
	}
	return strings.Repeat("█", full) + strings.Repeat("░", barCells-full)
}

func counts(p model.PhaseProgress) string {
	text := fmt.Sprintf("%d/%d steps", p.Done+p.Failed, p.Total)
	if p.Phase != model.PhaseFinish { // it looks for nothing
		text += fmt.Sprintf(", %d found", p.Found)
	}
	if p.Failed > 0 {
		text += fmt.Sprintf(", %d failed", p.Failed)
	}
	return text
}

// lines prints a line for each tenth of a phase's steps, and one for its end.
type lines struct {
	w     io.Writer
	shown map[string]int // steps done when the phase's last line was printed
}

func (l *lines) show(phases []model.PhaseProgress, ended bool) {
	for i, p := range phases {
		over := ended || i+1 < len(phases) && phases[i+1].Total > 0
		if l.due(p, over) {
			l.shown[p.Phase] = p.Done + p.Failed
			fmt.Fprintf(l.w, "%s: %s\n", p.Phase, counts(p))
		}
	}
}

func (l *lines) due(p model.PhaseProgress, over bool) bool {
	done, shown := p.Done+p.Failed, l.shown[p.Phase]
	if p.Total == 0 || done == shown {
		return false
	}
	return over || (done-shown)*10 >= p.Total
}
