package domains

import (
	"testing"

	"calipso.io/calipso/pkg/discover/hostcli/golden"
)

func TestFetch(t *testing.T) { golden.Run(t, "testdata", New()) }
