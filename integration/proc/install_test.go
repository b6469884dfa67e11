package proc_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"calipso.io/calipso/integration/proc"
)

// TestInstall: many programs are written and run side by side; without care, some of them would be "text file busy".
func TestInstall(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for n := range 50 {
				program := filepath.Join(folder, fmt.Sprintf("%d-%d", worker, n))
				if err := proc.Install(program, []byte("#!/bin/sh\nexit 0\n")); err != nil {
					t.Error(err)
				}
				if err := exec.CommandContext(t.Context(), program).Run(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
