package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"calipso.io/calipso/api/client"
)

// A process that serves the API leaves a file in the data folder that says where; only the folder's owner can read it,
// so only they come in by the token in it.
const serverFile = "server.json"

type server struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

// announce writes the file; forget removes it.
func announce(data, url, token string) (forget func(), err error) {
	path := filepath.Join(data, serverFile)
	text, err := json.Marshal(server{URL: url, Token: token})
	if err != nil {
		return nil, err
	}
	// Written beside and moved, so that nobody ever reads half of it.
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return nil, fmt.Errorf("data folder (CALIPSO_DATA): %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return nil, fmt.Errorf("data folder (CALIPSO_DATA): %w", err)
	}
	return func() {
		// Another server may have taken over the folder meanwhile.
		if now, err := os.ReadFile(path); err == nil && string(now) == string(text) {
			os.Remove(path)
		}
	}, nil
}

// Connect returns a client for commands: of the configured server, of one that runs on the data folder, or of one that
// it starts inside this process, with workers when work is true. close ends what it started.
func Connect(ctx context.Context, c Config, work bool) (cl *client.Client, close func(), err error) {
	if c.Server != "" {
		return client.New(c.Server, c.Token), func() {}, nil
	}
	if s, ok := running(ctx, c.Data); ok {
		return client.New(s.URL, s.Token), func() {}, nil
	}
	return inside(ctx, c, work)
}

// running returns the server that the data folder's file names, if it answers.
func running(ctx context.Context, data string) (s server, ok bool) {
	text, err := os.ReadFile(filepath.Join(data, serverFile))
	if err != nil || json.Unmarshal(text, &s) != nil {
		return s, false
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/healthz", nil)
	if err != nil {
		return s, false
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return s, false
	}
	answer.Body.Close()
	return s, answer.StatusCode == http.StatusOK
}

// inside runs a server in this process, on an address that only this process is told.
func inside(ctx context.Context, c Config, work bool) (*client.Client, func(), error) {
	unlock := func() {}
	if work {
		var err error
		if unlock, err = Lock(c); err != nil {
			return nil, nil, err
		}
	}
	c.Listen = "127.0.0.1:0"
	// What the workers have to say is in the scan's summary and coverage; their log would only cut the progress up.
	a, err := Open(ctx, c, slog.DiscardHandler)
	if err != nil {
		unlock()
		return nil, nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	started, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- a.Run(ctx, Roles{API: true, Private: true, Workers: work, Scheduler: work, Concurrency: DefaultConcurrency,
			Started: func(url, _ string) { started <- url }})
	}()
	finish := func() {
		stop()
		<-ended
		a.Close()
		unlock()
	}
	select {
	case url := <-started:
		return client.New(url, a.token), finish, nil
	case err := <-ended:
		ended <- nil
		finish()
		return nil, nil, err
	}
}

// DefaultConcurrency is how many tasks a process's workers run at once when nothing else is said. Tasks mostly wait for
// the cloud's answers.
const DefaultConcurrency = 16

// Lock makes this process the only one that works on the data folder: an embedded Redis is known to its own process
// only. It does nothing when both the store and Redis are configured. unlock ends it, and so does the process's end.
func Lock(c Config) (unlock func(), err error) {
	if c.Store != "" && c.Redis != "" {
		return func() {}, nil
	}
	if err := c.prepare(); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(c.Data, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder (CALIPSO_DATA): %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, fmt.Errorf("data folder %s is in use by another calipso process; stop that one, or use another folder (CALIPSO_DATA)", c.Data)
	}
	return func() { file.Close() }, nil
}
