package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/model"
)

// Fleet is a running fleet.
type Fleet struct {
	*lab.Lab
	Truths []Truth // in the order of Environments
}

// Start runs the clouds of a fleet until ctx ends or Close is called.
func Start(ctx context.Context, s Spec) (*Fleet, error) {
	members, err := Members(s)
	if err != nil {
		return nil, err
	}
	return run(ctx, s.Seed, members)
}

func run(ctx context.Context, seed int64, members []Member) (*Fleet, error) {
	config := lab.Config{Seed: seed}
	for _, m := range members {
		config.Environments = append(config.Environments, m.EnvConfig)
	}
	l, err := lab.Start(ctx, config)
	if err != nil {
		return nil, err
	}
	f := &Fleet{Lab: l}
	for _, m := range members {
		f.Truths = append(f.Truths, Expect(m, l.Truth(m.Name)))
	}
	return f, nil
}

// The files that Write writes, each a list in JSON.
const (
	environmentsFile = "environments.json" // as `calipso env add` takes it
	truthFile        = "truth.json"
)

// Write writes the environments' documents and truths to a folder.
func (f *Fleet) Write(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make a folder for the fleet: %w", err)
	}
	for name, list := range map[string]any{environmentsFile: f.Environments(), truthFile: f.Truths} {
		text, err := json.MarshalIndent(list, "", " ")
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), append(text, '\n'), 0o600) // there are passwords in it
		}
		if err != nil {
			return fmt.Errorf("write %s of the fleet: %w", name, err)
		}
	}
	return nil
}

// Read reads what Write has written.
func Read(folder string) (environments []model.Environment, truths []Truth, err error) {
	for name, list := range map[string]any{environmentsFile: &environments, truthFile: &truths} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			err = json.Unmarshal(text, list)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read %s of the fleet: %w", name, err)
		}
	}
	return environments, truths, nil
}
