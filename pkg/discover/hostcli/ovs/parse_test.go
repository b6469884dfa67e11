package ovs

import (
	"testing"

	"calipso.io/calipso/pkg/discover/golden"
)

func TestFetchVedges(t *testing.T) { golden.Run(t, "testdata/vedges", NewVedges()) }

func TestFetchOteps(t *testing.T) { golden.Run(t, "testdata/oteps", NewOteps()) }
