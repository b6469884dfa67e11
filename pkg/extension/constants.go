package extension

import (
	"slices"
	"strings"

	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/model"
)

// constants returns the lists of the files, and those that follow from the rest. What a file adds to a list that is there
// comes after what is in it.
func (e *Extension) constants(f files) (model.Constants, error) {
	sources := f.sources("constants")
	list, err := parseConstants(sources[0])
	if err != nil {
		return nil, err
	}
	for _, c := range e.following() {
		if list.Find(c.Name) == nil {
			list = append(list, c)
		}
	}
	for _, source := range sources[1:] {
		more, err := parseConstants(source)
		if err != nil {
			return nil, err
		}
		list = added(list, more)
	}
	slices.SortFunc(list, func(a, b model.Constant) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func added(list, more model.Constants) model.Constants {
	for _, c := range more {
		there := list.Find(c.Name)
		if there == nil {
			list = append(list, c)
			continue
		}
		for _, v := range c.Data {
			there.Data = slices.DeleteFunc(there.Data, func(o model.ConstantValue) bool { return o.Value == v.Value })
			there.Data = append(there.Data, v)
		}
	}
	return list
}

func parseConstants(source document.Source) (model.Constants, error) {
	var list model.Constants
	doc, err := document.Read(source, &list)
	if err != nil {
		return nil, err
	}
	for i, c := range list {
		if c.Name == "" || list.Find(c.Name) != &list[i] {
			return nil, doc.Errorf(document.Path{i, "name"}, "constant %q: each needs a name of its own", c.Name)
		}
		for j, v := range c.Data {
			if v.Value == "" {
				return nil, doc.Errorf(document.Path{i, "data", j}, "constant %s: a value is missing", c.Name)
			}
			if v.Label == "" {
				c.Data[j].Label = v.Value
			}
		}
	}
	return list, nil
}

// following returns the lists that follow from other data.
func (e *Extension) following() model.Constants {
	var distributions, versions, linkTypes, ends, found []string
	for _, row := range e.Variances {
		distributions = append(distributions, row.Environment.Distribution...)
		versions = append(versions, row.Environment.Versions...)
	}
	for _, lt := range e.LinkTypes {
		linkTypes, ends = append(linkTypes, lt.Type), append(ends, lt.EndPointA, lt.EndPointB)
	}
	for _, step := range e.Plan {
		for _, entry := range step.Find {
			found = append(found, entry.ObjectType())
		}
	}
	objects := slices.Concat(model.ObjectTypes(), slices.DeleteFunc(slices.Clone(found), model.IsFolder))
	anyVersion := func(v string) bool { return v == "*" }
	return model.Constants{
		constant("distributions", distributions), constant("distribution_versions", slices.DeleteFunc(versions, anyVersion)),
		constant(model.ConstantMechanismDrivers, model.MechanismDrivers()), constant(model.ConstantTypeDrivers, model.TypeDrivers()),
		constant("link_types", linkTypes), constant("object_types_for_links", ends),
		constant("object_types", objects), constant("scan_object_types", found),
	}
}

// constant makes a list of values, each once.
func constant(name string, values []string) model.Constant {
	c := model.Constant{Name: name, Data: []model.ConstantValue{}}
	for _, v := range values {
		if v != "" && !slices.Contains(c.Data, model.ConstantValue{Value: v, Label: v}) {
			c.Data = append(c.Data, model.ConstantValue{Value: v, Label: v})
		}
	}
	return c
}
