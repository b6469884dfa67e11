package hosts

import (
	"fmt"
	"io"
	"path"
	"strings"
)

// cat plays cat.
func cat(c *call) int {
	code := 0
	if len(c.args) == 1 {
		io.Copy(c.out, c.in)
	}
	for _, name := range c.args[1:] {
		f := c.view.file(name)
		if f == nil {
			fmt.Fprintf(c.err, "cat: %s: No such file or directory\n", name)
			code = 1
			continue
		}
		io.WriteString(c.out, f.text)
	}
	return code
}

// ls plays ls -1 and ls -l.
func ls(c *call) int {
	long, code := false, 0
	var paths []string
	for _, arg := range c.args[1:] {
		if strings.HasPrefix(arg, "-") {
			long = long || strings.Contains(arg, "l")
		} else {
			paths = append(paths, arg)
		}
	}
	for _, name := range paths {
		f := c.view.file(name)
		if f == nil {
			fmt.Fprintf(c.err, "ls: cannot access '%s': No such file or directory\n", name)
			code = 2
			continue
		}
		c.list(path.Clean(name), f, long)
	}
	return code
}

func (c *call) list(name string, f *file, long bool) {
	inside := []*file{f}
	if f.IsDir() {
		inside = nil
		for _, n := range f.inside {
			inside = append(inside, c.view.file(path.Join(name, n)))
		}
		if long {
			fmt.Fprintln(c.out, "total 0")
		}
	}
	for _, i := range inside {
		if long {
			fmt.Fprintln(c.out, i.long())
		} else {
			fmt.Fprintln(c.out, i.name)
		}
	}
}

// long is a line of ls -l. The links of /sys have a size only when their target was made with the device.
func (f *file) long() string {
	if f.target == "" {
		return fmt.Sprintf("-rw-r--r-- 1 root root %d Jan  5 08:00 %s", len(f.text), f.name)
	}
	size := 0
	if !strings.Contains(f.target, "/virtual/") {
		size = len(f.target)
	}
	return fmt.Sprintf("lrwxrwxrwx 1 root root %2d Jan  5 08:00 %s -> %s", size, f.name, f.target)
}
