package envsource

import "strings"

// ParseRC reads the variables that an rc file exports: lines "export OS_AUTH_URL=…". What a shell would have to work out,
// as $(…) or ${…}, is left out.
func ParseRC(text []byte) map[string]string {
	variables := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "export ")
		name, value, ok := strings.Cut(line, "=")
		if !ok || !isName(name) {
			continue
		}
		if value, ok = unquote(value); ok {
			variables[name] = value
		}
	}
	return variables
}

func isName(text string) bool {
	return text != "" && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// unquote returns a word of a shell without its quotes; false when it is more than a word.
func unquote(word string) (string, bool) {
	word = strings.TrimSpace(word)
	if len(word) > 1 && word[0] == '\'' && word[len(word)-1] == '\'' {
		return word[1 : len(word)-1], true
	}
	if len(word) > 1 && word[0] == '"' && word[len(word)-1] == '"' {
		word = word[1 : len(word)-1]
	} else if before, _, comment := strings.Cut(word, " #"); comment {
		word = strings.TrimSpace(before)
	}
	return word, !strings.ContainsAny(word, "$`")
}

// accountOf is the account that an rc file is about.
func accountOf(rc map[string]string) account {
	project := rc["OS_PROJECT_NAME"]
	if project == "" {
		project = rc["OS_TENANT_NAME"] // until Keystone's version 3
	}
	return account{authURL: rc["OS_AUTH_URL"], user: rc["OS_USERNAME"], password: rc["OS_PASSWORD"], project: project,
		userDomain: rc["OS_USER_DOMAIN_NAME"], projectDomain: rc["OS_PROJECT_DOMAIN_NAME"], region: rc["OS_REGION_NAME"]}
}
