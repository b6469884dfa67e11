package vservices

import (
	"testing"

	"calipso.io/calipso/pkg/discover/golden"
)

func TestFetchServices(t *testing.T) { golden.Run(t, "testdata/services", New()) }

func TestFetchVnics(t *testing.T) { golden.Run(t, "testdata/vnics", NewVnics()) }
