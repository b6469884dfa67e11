package auth

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// Masked is what is shown in the place of a secret. In an update it means: keep what is stored.
const Masked = model.MaskedSecret

// isSecret tells whether a section's value must not be seen. A key may be a private key, or the path of one.
func isSecret(key, value string) bool {
	switch key {
	case "pwd", "password", "admin_token", "token", "nfv_token", "rabbitmq_pass", "ssh_password":
		return value != ""
	case "key":
		return value != "" && !filepath.IsAbs(value)
	}
	return false
}

// place is where a secret stands: "environment/section/key", or "environment/CLI/hosts/name/key".
type place struct {
	context string
	section model.Section // that has it, as it was
	owner   model.Section // the section of the environment that it is in
	key     string
}

// SealEnvironment returns a copy of the environment whose secrets are sealed; those that were already stay as they are.
func (s *Sealer) SealEnvironment(e *model.Environment) *model.Environment {
	sealed, _ := mapSecrets(e, func(value string, at place) (string, error) {
		if IsSealed(value) {
			return value, nil
		}
		return s.Seal(value, at.context), nil
	})
	return sealed
}

// OpenEnvironment returns a copy of the environment with its secrets in plain text. Those that are not sealed stay
// as they are.
func (s *Sealer) OpenEnvironment(e *model.Environment) (*model.Environment, error) {
	return mapSecrets(e, func(value string, at place) (string, error) {
		if !IsSealed(value) {
			return value, nil
		}
		plain, err := s.Open(value, at.context)
		if err != nil {
			return "", fmt.Errorf("open secret %s: %w", at.context, err)
		}
		return plain, nil
	})
}

// MaskEnvironment returns a copy of the environment that may be shown: each secret is replaced by Masked.
func MaskEnvironment(e *model.Environment) *model.Environment {
	masked, _ := mapSecrets(e, func(string, place) (string, error) { return Masked, nil })
	return masked
}

// KeepSecrets returns a copy of an updated environment in which the secrets that are Masked are those of the stored
// one. It is an error when there is none, or when the section is now about another machine: whoever may edit an
// environment could else have its passwords sent to a machine of theirs.
func KeepSecrets(updated, stored *model.Environment) (*model.Environment, error) {
	known := map[string]place{}
	_, _ = mapSecrets(stored, func(value string, at place) (string, error) {
		known[strings.TrimPrefix(at.context, stored.Name)] = at
		return value, nil
	})
	return mapSecrets(updated, func(value string, at place) (string, error) {
		if value != Masked {
			return value, nil
		}
		path := strings.TrimPrefix(at.context, updated.Name)
		old, ok := known[path]
		switch {
		case !ok:
			return "", fmt.Errorf("%s: there is no stored value to keep: give it", path[1:])
		case updated.Name != stored.Name:
			return "", fmt.Errorf("%s: the stored value is another environment's: give it again", path[1:])
		}
		if key := moved(old, at); key != "" {
			return "", fmt.Errorf("%s: give it again, since %s is another one than the stored value was for", path[1:], key)
		}
		return old.section.Str(old.key), nil
	})
}

// moved returns the key that says that a secret would now be sent elsewhere, or in another way.
func moved(old, now place) string {
	for _, key := range []string{"host", "port", "server_ip", "protocol", "tls", "path", "ca_cert", "known_hosts"} {
		if old.section.Str(key) != now.section.Str(key) || old.owner.Str(key) != now.owner.Str(key) {
			return key
		}
	}
	return ""
}

// mapSecrets returns a copy of the environment with the secrets that change returns for its secrets.
func mapSecrets(e *model.Environment, change func(value string, at place) (string, error)) (*model.Environment, error) {
	result := *e
	result.Configuration = make([]model.Section, len(e.Configuration))
	for i, section := range e.Configuration {
		context := e.Name + "/" + section.Name()
		changed, err := mapSection(section, section, context, change)
		if err != nil {
			return nil, err
		}
		result.Configuration[i] = changed
		if section["hosts"] == nil {
			continue
		}
		hosts := []any{}
		for _, host := range section.Hosts() {
			changed, err := mapSection(host, section, context+"/hosts/"+host.Name(), change)
			if err != nil {
				return nil, err
			}
			hosts = append(hosts, map[string]any(changed))
		}
		changed["hosts"] = hosts
	}
	return &result, nil
}

func mapSection(s, owner model.Section, context string, change func(string, place) (string, error)) (model.Section, error) {
	result := maps.Clone(s)
	for _, key := range slices.Sorted(maps.Keys(s)) {
		value := s.Str(key)
		if !isSecret(key, value) {
			continue
		}
		changed, err := change(value, place{context: context + "/" + key, section: s, owner: owner, key: key})
		if err != nil {
			return nil, err
		}
		result[key] = changed
	}
	return result, nil
}

// HasSealed tells whether an environment has a secret that is sealed.
func HasSealed(e *model.Environment) bool {
	found := false
	_, _ = mapSecrets(e, func(value string, _ place) (string, error) { found = found || IsSealed(value); return value, nil })
	return found
}
