package model

import (
	"crypto/x509"
	"encoding/pem"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// rule says what a value must be.
type rule struct {
	right  string // what it must be: "a host name or an IP address"
	ok     func(v any) bool
	secret bool // the value must not be in a message
}

// value checks a value that is there.
func (c *checker) value(path string, v any, r rule) {
	_, isText := v.(string)
	switch {
	case r.ok(v):
	case r.secret && isText:
		c.add(path, "must be %s", r.right)
	case r.secret:
		c.add(path, "must be %s, not %s", r.right, kind(v))
	default:
		c.add(path, "must be %s, not %s", r.right, show(v))
	}
}

// needed checks a value that must be there.
func (c *checker) needed(path string, v any, r rule) {
	if isAbsent(v) {
		c.missing(path, r.right)
		return
	}
	c.value(path, v, r)
}

func (c *checker) missing(path, right string) { c.add(path, "is missing: it must be %s", right) }

func isAbsent(v any) bool { return v == nil || v == "" }

// show writes a value for a message.
func show(v any) string {
	switch v := v.(type) {
	case string:
		if runes := []rune(v); len(runes) > 60 {
			v = string(runes[:60]) + "…"
		}
		return strconv.Quote(v)
	case bool, int, int64, float64:
		return "the " + strings.TrimPrefix(kind(v), "a ") + " " + textOf(v)
	}
	return kind(v)
}

// kind says what a value is, without the value.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "text"
	case bool:
		return "a boolean"
	case []any, []string, []map[string]any, []Section:
		return "a list"
	case map[string]any, Section:
		return "an object"
	}
	return "a number"
}

// Rules for values.
var (
	aText = rule{right: "text on one line (in quotes)", ok: func(v any) bool { return isText(v, false) }}

	aSecret = rule{right: "text (in quotes)", secret: true, ok: func(v any) bool { _, ok := v.(string); return ok }}

	aBoolean = rule{right: "true or false", ok: func(v any) bool { _, ok := v.(bool); return ok }}

	textList = rule{right: "a list of texts", ok: func(v any) bool {
		list, ok := v.([]any)
		return ok && len(Strings(list)) == len(list)
	}}

	aHost = rule{right: "a host name or an IP address", ok: isHost}

	aPort = rule{right: "a port number from 1 to 65535", ok: func(v any) bool {
		n, ok := wholeNumber(v)
		return ok && n >= 1 && n <= 65535
	}}

	aPositive = rule{right: "a number greater than 0", ok: func(v any) bool {
		n, ok := wholeNumber(v)
		return ok && n > 0
	}}

	aPath = rule{right: "an absolute path", ok: func(v any) bool {
		s, _ := v.(string)
		return isText(v, false) && path.IsAbs(s)
	}}

	aPrivateKey = rule{right: "the PEM text of a private key, or the absolute path of its file", secret: true, ok: isPrivateKey}

	someCertificates = rule{right: "the PEM text of one or more certificates", ok: isCertificates}

	aKnownHosts = rule{right: "text in known_hosts format (lines with host names, key type and key)", ok: isKnownHosts}

	aSafeName = rule{right: "letters, digits and any of _.:@- (no \"-\" at the start)", ok: func(v any) bool {
		s, _ := v.(string)
		return safeNamePattern.MatchString(s)
	}}
)

var safeNamePattern = regexp.MustCompile(`^[A-Za-z0-9_.:@][A-Za-z0-9_.:@-]{0,254}$`)

var hostNamePattern = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?$`)

// oneOf is the rule for a value from a list.
func oneOf(values ...string) rule {
	right := "one of " + strings.Join(values, ", ")
	if len(values) == 1 {
		right = strconv.Quote(values[0])
	}
	return rule{right: right, ok: func(v any) bool {
		s, ok := v.(string)
		return ok && slices.Contains(values, s)
	}}
}

// isText tells whether a value is text without control characters; line ends may be allowed.
func isText(v any, lines bool) bool {
	s, ok := v.(string)
	return ok && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !(lines && (r == '\n' || r == '\r' || r == '\t'))
	})
}

func isHost(v any) bool {
	s, _ := v.(string)
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.Zone() == ""
	}
	return len(s) <= 253 && hostNamePattern.MatchString(s)
}

// wholeNumber reads a number, or text that is one.
func wholeNumber(v any) (int, bool) {
	switch v.(type) {
	case string, int, int64, float64:
		n, err := strconv.Atoi(textOf(v))
		return n, err == nil
	}
	return 0, false
}

// What stands in the place of a secret, in package auth's documents.
const (
	MaskedSecret = "********" // shown; in an update it means that the secret stays what it was
	SealedPrefix = "enc:v1:"  // begins an encrypted one
)

func isHidden(s string) bool { return s == MaskedSecret || strings.HasPrefix(s, SealedPrefix) }

func isPrivateKey(v any) bool {
	s, _ := v.(string)
	if isHidden(s) || path.IsAbs(s) && isText(v, false) {
		return true
	}
	block, _ := pem.Decode([]byte(s))
	return block != nil && strings.HasSuffix(block.Type, "PRIVATE KEY")
}

func isCertificates(v any) bool {
	s, _ := v.(string)
	rest, found := []byte(s), false
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return found && strings.TrimSpace(string(rest)) == ""
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil || block.Type != "CERTIFICATE" {
			return false
		}
		found = true
	}
}

// isKnownHosts looks at the form only; the keys are read when they are used.
func isKnownHosts(v any) bool {
	s, ok := v.(string)
	for line := range strings.Lines(s) {
		fields := strings.Fields(line)
		if len(fields) > 0 && !strings.HasPrefix(fields[0], "#") && len(fields) < 3 {
			return false
		}
	}
	return ok && isText(v, true)
}
