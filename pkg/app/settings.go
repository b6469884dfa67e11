package app

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// settings reads environment variables, and collects what is wrong with them.
type settings struct{ problems []error }

// secret returns the value of a variable or, where the variable with "_FILE" behind its name is set, what is in the file
// that that one names, without the newline at its end. What shows a process's environment then shows no secret.
func (s *settings) secret(name string) string {
	value, file := os.Getenv(name), os.Getenv(name+"_FILE")
	if file == "" {
		return value
	}
	if value != "" {
		s.problem("%s and %s_FILE are both set: keep one of them", name, name)
		return ""
	}
	data, err := os.ReadFile(file)
	if err != nil {
		s.problem("%s_FILE: %w", name, err)
		return ""
	}
	if value = strings.TrimRight(string(data), "\r\n"); value == "" {
		s.problem("%s_FILE: %s is empty", name, file)
	}
	return value
}

// networks returns a variable's list of addresses and networks, which commas separate.
func (s *settings) networks(name string) (networks []netip.Prefix) {
	for text := range strings.SplitSeq(os.Getenv(name), ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		network, err := netip.ParsePrefix(text)
		if addr, addrErr := netip.ParseAddr(text); addrErr == nil {
			network, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			s.problem("%s: %q is neither an address, as 10.0.0.1, nor a network, as 10.0.0.0/8", name, text)
			continue
		}
		networks = append(networks, network)
	}
	return networks
}

// origins returns a variable's list of origins of web pages, which commas separate.
func (s *settings) origins(name string) (origins []string) {
	for text := range strings.SplitSeq(os.Getenv(name), ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		u, err := url.Parse(text)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || text != u.Scheme+"://"+u.Host {
			s.problem("%s: %q is no origin, as https://ui.example.org or http://10.0.0.1:8080", name, text)
			continue
		}
		origins = append(origins, text)
	}
	return origins
}

// duration returns a variable's length of time; 0 when it is not set.
func (s *settings) duration(name string, least, most time.Duration) time.Duration {
	text := os.Getenv(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > most {
		s.problem("%s: %q is not a length of time from %v to %v, such as 12h or 30m", name, text, least, most)
		return 0
	}
	return d
}

// mebibytes returns a variable's number of MiB in bytes; 0 when it is not set.
func (s *settings) mebibytes(name string) int64 {
	text := os.Getenv(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 1 {
		s.problem("%s: %q is not a number of MiB, such as 4096", name, text)
		return 0
	}
	return n << 20
}

func (s *settings) problem(format string, args ...any) {
	s.problems = append(s.problems, fmt.Errorf(format, args...))
}

func (s *settings) err() error { return errors.Join(s.problems...) }
