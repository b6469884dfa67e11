package fleet

import (
	"fmt"
	"maps"
	"slices"

	"calipso.io/calipso/pkg/model"
)

// Problems compares the first scan of an environment, and its coverage report, with the truth. It returns a text for
// each difference; none when all is as expected.
func (t Truth) Problems(scan model.Scan, rows []model.CoverageRow) (problems []string) {
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if scan.Status != t.Status {
		problem("the scan is %s instead of %s: %s", scan.Status, t.Status, scan.Error)
	}
	found := Found(scan)
	for _, objectType := range slices.Sorted(maps.Keys(union(found, t.Objects))) {
		if found[objectType] != t.Objects[objectType] {
			problem("%s: %d instead of %d", objectType, found[objectType], t.Objects[objectType])
		}
	}
	seen := make([]bool, len(t.Failed))
	for _, r := range rows {
		at := slices.IndexFunc(t.Failed, func(f Failure) bool { return f.Fits(r) })
		read := r.Status == model.ResultOK || r.Status == model.ResultEmpty
		switch {
		case at < 0 && !read:
			problem("%s %s: %s is %s: %s", r.ParentType, r.Parent, r.Fetcher, r.Status, r.Error)
		case at >= 0 && r.Status != model.ResultFailed:
			problem("%s %s: %s is %s instead of failed", r.ParentType, r.Parent, r.Fetcher, r.Status)
		}
		if at >= 0 {
			seen[at] = true
		}
	}
	for i, f := range t.Failed {
		if !seen[i] {
			problem("%s %s: %s is not in the coverage report", f.ParentType, f.Parent, f.Fetcher)
		}
	}
	return problems
}

// Found returns how many objects of each type a scan has found, folders aside.
func Found(scan model.Scan) map[string]int {
	found := map[string]int{}
	if scan.Summary != nil {
		maps.Copy(found, scan.Summary.Objects)
	}
	maps.DeleteFunc(found, func(objectType string, _ int) bool { return model.IsFolder(objectType) })
	return found
}

func union(a, b map[string]int) map[string]int {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
