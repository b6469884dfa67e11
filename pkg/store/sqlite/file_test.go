package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/sqlite"
)

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	garbage := filepath.Join(folder, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(folder, "missing", "x.db"): "no such file or directory",
		folder:                                   "is a directory",
		garbage:                                  "file is not a database",
		filepath.Join(garbage, "x.db"):           "not a directory",
	} {
		_, err := sqlite.Open(t.Context(), path)
		if store.CodeOf(err) != store.Unavailable || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: the error is %v, want %q and the path", path, err, want)
		}
	}
}

func TestOpenAnyName(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, name := range []string{"a b.db", "50%.db", "what?mode=memory", "x#y", "%41", ":memory:", "é"} {
		_ = open(t, filepath.Join(folder, name))
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Errorf("%q: %v", name, err)
		} else if info.Size() == 0 || info.Mode().Perm() != 0o600 {
			t.Errorf("%q has %d bytes and the mode %v, want some and that its owner alone reads it", name, info.Size(), info.Mode())
		}
	}
}

// TestProcessesShareAFile stands for processes by drivers, which share nothing but the file either.
func TestProcessesShareAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "calipso.db")
	const processes, rounds = 4, 10
	var group errgroup.Group
	for range processes {
		group.Go(func() error {
			d, err := sqlite.Open(t.Context(), path)
			if err != nil {
				return err
			}
			defer d.Close()
			db, err := store.NewDB(t.Context(), d)
			for i := 0; i < rounds && err == nil; i++ {
				_, err = db.NextGeneration(t.Context(), "env")
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	db, err := store.NewDB(t.Context(), open(t, path))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := db.NextGeneration(t.Context(), "env"); err != nil || n != (processes*rounds+1)*model.GenerationsPerScan {
		t.Errorf("the next generation is %d (%v), want the %d. one", n, err, processes*rounds+1)
	}
}

// TestReadersSeeWhatWasWhole reads while another driver writes: a batch is there as a whole or not at all.
func TestReadersSeeWhatWasWhole(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "calipso.db")
	writer, reader := open(t, path), open(t, path)
	spec := store.Spec{Name: "things", Fields: []store.Field{store.Name}}
	if err := writer.Open(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	var group errgroup.Group
	group.Go(func() error {
		for generation := range int64(20) {
			records := make([]store.Record, 100)
			for i := range records {
				records[i] = store.Record{ID: fmt.Sprint(i), Generation: generation, Doc: []byte(`{}`), Fields: map[store.Field]string{store.Name: fmt.Sprint(generation)}}
			}
			if _, err := writer.Put(t.Context(), spec, records); err != nil {
				return err
			}
		}
		return nil
	})
	for range 50 {
		counts, err := reader.Count(t.Context(), spec, store.Query{}, store.Name)
		if err != nil || len(counts) > 1 {
			t.Errorf("documents of several generations: %v (%v)", counts, err)
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}
