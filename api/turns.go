package api

import (
	"context"
	"net/http"
	"runtime"
)

// turnsPerProcessor is how many requests are answered at once for each processor: enough to keep it at work while some wait
// for the store.
const turnsPerProcessor = 4

// turns bounds how many requests that only read are answered at once. The others wait, and those that came first are next: so
// none is slow because all are, and connections to the store and documents in memory are few, however many ask.
type turns chan struct{}

func newTurns() turns { return make(turns, turnsPerProcessor*runtime.GOMAXPROCS(0)) }

// take waits for a turn. Who has it gives it back by done.
func (t turns) take(ctx context.Context) (done func(), err error) { return begin(ctx, t) }

// inTurn answers a request that only reads when it is its turn. What may take any time, and what waits for something else than
// the store, needs none.
func (s *server) inTurn(ctx context.Context, r route, answer func() error) error {
	if r.method != http.MethodGet || r.access == public || !r.bounded() || r.path == searchPath {
		return answer()
	}
	done, err := s.turns.take(ctx)
	if err != nil {
		return err
	}
	defer done()
	return answer()
}
