package tasks

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/hibiken/asynq"
)

// QueueState is what waits in a queue, and what is being done of it.
type QueueState struct {
	Name      string
	Pending   int // could be done now
	Active    int
	Scheduled int
	Retry     int // wait to be tried again
	Archived  int // given up
	Paused    bool
}

// WorkerState is a process that does tasks, and how much of it is busy.
type WorkerState struct {
	Name        string // "<machine>/<process id>"
	Active      int
	Concurrency int
}

// State returns the state of all queues that exist and of the workers that have reported in the last seconds.
func (e *Enqueuer) State() ([]QueueState, []WorkerState, error) {
	inspector := asynq.NewInspectorFromRedisClient(e.redis)
	names, err := inspector.Queues()
	if err != nil {
		return nil, nil, fmt.Errorf("list the queues: %w", err)
	}
	var queues []QueueState
	for _, name := range slices.Sorted(slices.Values(names)) {
		info, err := inspector.GetQueueInfo(name)
		if err != nil {
			return nil, nil, fmt.Errorf("look at queue %s: %w", name, err)
		}
		queues = append(queues, QueueState{Name: name, Pending: info.Pending, Active: info.Active, Scheduled: info.Scheduled,
			Retry: info.Retry, Archived: info.Archived, Paused: info.Paused})
	}
	servers, err := inspector.Servers()
	if err != nil {
		return nil, nil, fmt.Errorf("list the workers: %w", err)
	}
	return queues, workerStates(servers), nil
}

func workerStates(servers []*asynq.ServerInfo) []WorkerState {
	var workers []WorkerState
	for _, s := range servers {
		if _, only := s.Queues[QueueTests]; only {
			continue // the same process, with those that wait for tests
		}
		workers = append(workers, WorkerState{Name: s.Host + "/" + strconv.Itoa(s.PID), Active: len(s.ActiveWorkers), Concurrency: s.Concurrency})
	}
	slices.SortFunc(workers, func(a, b WorkerState) int { return cmp.Compare(a.Name, b.Name) })
	return workers
}
