package hosts

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"mvdan.cc/sh/v3/interp"

	"calipso.io/calipso/integration/lab/sim"
)

// file is a file, folder or symbolic link of a simulated host. It is its own fs.FileInfo and fs.DirEntry.
type file struct {
	name   string
	mode   fs.FileMode
	target string   // of a link
	text   string   // of a plain file
	inside []string // names of what is in a folder
}

func (f *file) Name() string               { return f.name }
func (f *file) Size() int64                { return int64(len(f.text)) }
func (f *file) Mode() fs.FileMode          { return f.mode }
func (f *file) ModTime() time.Time         { return time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC) }
func (f *file) IsDir() bool                { return f.mode.IsDir() }
func (f *file) Sys() any                   { return nil }
func (f *file) Type() fs.FileMode          { return f.mode.Type() }
func (f *file) Info() (fs.FileInfo, error) { return f, nil }

const debianRelease = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
`

// osRelease is the text of /etc/os-release.
func osRelease(os sim.OS) string {
	if os.ID == "debian" {
		return debianRelease
	}
	return fmt.Sprintf("NAME=%q\nVERSION=%q\nID=%q\nPRETTY_NAME=%q\n", os.Name, os.Version, os.ID, os.Name+" "+os.Version)
}

// file returns what is at an absolute path of the host, or nil.
func (v *view) file(name string) *file {
	name = path.Clean(name)
	f := &file{name: path.Base(name), mode: 0o644}
	dir, base := path.Split(name)
	switch {
	case v.files[name] != "":
		f.text = v.files[name]
	case name == "/etc/os-release":
		f.text = osRelease(v.setup.OS)
	case name == "/etc/hostname":
		f.text = v.name + "\n"
	case name == "/dev/null":
		f.mode = fs.ModeDevice | 0o666
	case dir == "/sys/class/net/":
		return v.deviceLink(base)
	case strings.HasPrefix(name, "/sys/class/net/") && strings.Contains(name, "/device"):
		return v.hardware(name)
	case v.bond != nil && v.bond.Team && strings.HasPrefix(name, "/proc/net/bonding"):
		return nil
	case name == "/proc/net/bonding" && v.bond != nil:
		f.mode, f.inside = fs.ModeDir|0o555, []string{v.bond.Name}
	case dir == "/proc/net/bonding/" && v.bond != nil && base == v.bond.Name:
		f.text = bondText(v)
	case slices.Contains([]string{"/", "/etc", "/dev", "/proc", "/proc/net", "/sys", "/sys/class", "/home", "/tmp", "/usr", "/usr/bin"}, name):
		f.mode = fs.ModeDir | 0o755
	case name == "/sys/class/net":
		f.mode, f.inside = fs.ModeDir|0o755, names(v.devices, func(d device) string { return d.name })
		slices.Sort(f.inside)
	default:
		return nil
	}
	return f
}

// deviceLink is the link of a device in /sys/class/net; it leads to where the device is plugged in.
func (v *view) deviceLink(name string) *file {
	at, ok := v.byName[name]
	if !ok {
		return nil
	}
	target := "../../devices/virtual/net/" + name
	if slot := v.devices[at].pci; slot > 0 {
		target = fmt.Sprintf("../../devices/pci0000:00/0000:00:%02x.0/net/%s", slot, name)
	}
	return &file{name: name, mode: fs.ModeSymlink | 0o777, target: target}
}

func bondText(v *view) string {
	text := "Ethernet Channel Bonding Driver: v6.1.0-18-amd64\n\nBonding Mode: IEEE 802.3ad Dynamic link aggregation\n" +
		"Transmit Hash Policy: layer3+4 (1)\nMII Status: up\nMII Polling Interval (ms): 100\nUp Delay (ms): 0\nDown Delay (ms): 0\n" +
		"Peer Notification Delay (ms): 0\n\n802.3ad info\nLACP active: on\nLACP rate: slow\nMin links: 0\n" +
		"Aggregator selection policy (ad_select): stable\n"
	for _, n := range v.members {
		text += fmt.Sprintf("\nSlave Interface: %s\nMII Status: up\nSpeed: 10000 Mbps\nDuplex: full\nLink Failure Count: 0\n"+
			"Permanent HW addr: %s\nSlave queue ID: 0\nAggregator ID: 1\nActor Churn State: none\nPartner Churn State: none\n"+
			"Actor Churned Count: 0\nPartner Churned Count: 0\n", n.Name, n.MAC)
	}
	return text
}

func absolute(ctx context.Context, name string) string {
	if path.IsAbs(name) {
		return name
	}
	return path.Join(interp.HandlerCtx(ctx).Dir, name)
}

func missing(op, name string) error { return &os.PathError{Op: op, Path: name, Err: fs.ErrNotExist} }

// open opens a file of the host for reading. Nothing but /dev/null can be written.
func (s *session) open(ctx context.Context, name string, flag int, _ os.FileMode) (io.ReadWriteCloser, error) {
	name = absolute(ctx, name)
	if name == "/dev/null" {
		return os.OpenFile(os.DevNull, flag, 0)
	}
	if flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE) != 0 {
		return nil, &os.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	f := s.view.file(name)
	if f == nil || f.IsDir() {
		return nil, missing("open", name)
	}
	return reading{strings.NewReader(f.text)}, nil
}

// reading is an open file.
type reading struct{ io.Reader }

func (reading) Write([]byte) (int, error) { return 0, fs.ErrPermission }
func (reading) Close() error              { return nil }

func (s *session) stat(ctx context.Context, name string, follow bool) (fs.FileInfo, error) {
	name = absolute(ctx, name)
	f := s.view.file(name)
	if dir, base := path.Split(name); dir == "/usr/bin/" && s.find(base) != nil {
		f = &file{name: base, mode: 0o755}
	}
	if f == nil {
		return nil, missing("stat", name)
	}
	if follow && f.mode&fs.ModeSymlink != 0 {
		return &file{name: f.name, mode: fs.ModeDir | 0o755}, nil
	}
	return f, nil
}

func (s *session) access(_ context.Context, name string, _ interp.AccessMode) error {
	if s.view.file(name) == nil {
		return missing("access", name)
	}
	return nil
}

func (s *session) readDir(_ context.Context, name string) ([]fs.DirEntry, error) {
	f := s.view.file(name)
	if f == nil || !f.IsDir() {
		return nil, missing("open", name)
	}
	var entries []fs.DirEntry
	for _, inside := range f.inside {
		entries = append(entries, s.view.file(path.Join(name, inside)))
	}
	return entries, nil
}
