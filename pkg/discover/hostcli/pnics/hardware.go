package pnics

import (
	"path"
	"strconv"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/model"
)

// Hardware is what a NIC is to the bus that it is on.
type Hardware struct {
	Address          string // on the bus: 0000:3b:00.0
	Driver           string // of the kernel, "" when none has it
	TotalVFs         int    // how many virtual functions it may have; 0: no SR-IOV
	VFs              int    // how many it has
	PhysicalFunction string // of a virtual function: the name of the NIC that it is a part of
}

// ParseHardware reads the section of one NIC.
func ParseHardware(out []byte) (h Hardware, warnings []model.Warning) {
	for line := range hostcli.Lines(out) {
		word, value, _ := strings.Cut(line, " ")
		reason := ""
		switch {
		case line == "" || value == "":
		case word == "device":
			h.Address = path.Base(value)
		case word == "driver":
			h.Driver = path.Base(value)
		case word == "sriov_totalvfs":
			h.TotalVFs, reason = readCount(value)
		case word == "sriov_numvfs":
			h.VFs, reason = readCount(value)
		case word == "physfn":
			h.PhysicalFunction = value
		default:
			reason = "not a property of a NIC"
		}
		if reason != "" {
			warnings = append(warnings, hostcli.Warning(hostcli.Hardware.Name, line, reason))
		}
	}
	return h, warnings
}

// readCount reads how many virtual functions there are; reason says what is wrong.
func readCount(text string) (n int, reason string) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, "not a number of virtual functions"
	}
	return n, ""
}

func addHardware(attrs map[string]any, h Hardware) {
	for key, value := range map[string]string{
		"bus_address": h.Address, "driver": h.Driver, "physical_function": h.PhysicalFunction,
	} {
		if value != "" {
			attrs[key] = value
		}
	}
	if h.TotalVFs > 0 {
		attrs["sriov_totalvfs"], attrs["sriov_numvfs"] = h.TotalVFs, h.VFs
	}
}
