package mongo

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"calipso.io/calipso/pkg/store"
)

// Keys of a stored document: {_id, generation, version, f: {<field>: <text>, …}, doc: {…}, parts: {<name>: {…}, …}}.
const (
	keyID         = "_id"
	keyGeneration = "generation"
	keyVersion    = "version"
	keyFields     = "f"
	keyDoc        = "doc"
	keyParts      = "parts"
)

// key is the path of a field in a stored document.
func key(f store.Field) string { return keyFields + "." + string(f) }

// filter writes the conditions as a MongoDB filter. Values are always operands of an operator that takes them as they are.
func filter(query store.Query) bson.D {
	all := bson.A{}
	for _, c := range query.Where {
		all = append(all, condition(c))
	}
	if query.After != "" {
		all = append(all, compare(keyID, "$gt", query.After))
	}
	if query.Past != nil {
		all = append(all, past(query)...)
	}
	if len(all) == 0 {
		return bson.D{}
	}
	return bson.D{{Key: "$and", Value: all}}
}

func condition(c store.Cond) bson.D {
	switch c.Op {
	case store.OpIn:
		return in(key(c.Field), c.Values)
	case store.OpIDIn:
		return in(keyID, c.Values)
	case store.OpNotIn:
		return compare(key(c.Field), "$nin", list(c.Values))
	case store.OpPrefix:
		return prefix(key(c.Field), c.Values[0])
	case store.OpLike:
		return contains(key(c.Field), c.Values[0])
	case store.OpGreater:
		return compare(key(c.Field), "$gt", c.Values[0])
	case store.OpLess:
		return compare(key(c.Field), "$lt", c.Values[0])
	case store.OpOlder:
		return compare(keyGeneration, "$lt", c.Generation)
	case store.OpSince:
		return compare(keyGeneration, "$gte", c.Generation)
	case store.OpChanged:
		return compare(keyVersion, "$gt", c.Version)
	}
	panic(fmt.Sprintf("mongo: no such condition: %d", c.Op)) // a mistake in this program
}

// past selects what comes after a place in the query's order. The first comparison is for the index.
func past(query store.Query) bson.A {
	beyond := compare(keyID, "$gt", query.Past.ID)
	if len(query.Sort) == 0 {
		return bson.A{beyond}
	}
	by, further := key(query.Sort[0].By), "$gt"
	if query.Sort[0].Desc {
		further = "$lt"
	}
	return bson.A{compare(by, further+"e", query.Past.Key),
		bson.D{{Key: "$or", Value: bson.A{compare(by, further, query.Past.Key), beyond}}}}
}

func compare(key, operator string, value any) bson.D {
	return bson.D{{Key: key, Value: bson.D{{Key: operator, Value: value}}}}
}

func in(key string, values []string) bson.D {
	if len(values) == 1 {
		return compare(key, "$eq", values[0])
	}
	return compare(key, "$in", list(values))
}

// list makes an empty list of no list, which operators would refuse.
func list(values []string) []string { return append([]string{}, values...) }

func prefix(key, text string) bson.D {
	bounds := bson.D{{Key: "$gte", Value: text}}
	if end, ok := store.PrefixEnd(text); ok {
		bounds = append(bounds, bson.E{Key: "$lt", Value: end})
	}
	return bson.D{{Key: key, Value: bounds}}
}

// contains looks for the text without a pattern, so nothing in it has a meaning. $toLower changes ASCII letters only.
func contains(key, text string) bson.D {
	lower := func(v any) bson.D { return bson.D{{Key: "$toLower", Value: v}} }
	at := bson.D{{Key: "$indexOfBytes", Value: bson.A{lower("$" + key), lower(bson.D{{Key: "$literal", Value: text}})}}}
	return bson.D{{Key: "$expr", Value: bson.D{{Key: "$gte", Value: bson.A{at, 0}}}}}
}

// sort orders by the query's keys and then by id.
func sort(query store.Query) bson.D {
	keys := bson.D{}
	for _, o := range query.Sort {
		direction := 1
		if o.Desc {
			direction = -1
		}
		keys = append(keys, bson.E{Key: key(o.By), Value: direction})
	}
	return append(keys, bson.E{Key: keyID, Value: 1})
}
