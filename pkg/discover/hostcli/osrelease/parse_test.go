package osrelease

import (
	"testing"

	"calipso.io/calipso/pkg/discover/golden"
)

func TestFetch(t *testing.T) { golden.Run(t, "testdata", New()) }
