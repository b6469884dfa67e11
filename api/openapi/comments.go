package openapi

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"reflect"
	"strings"
)

// Comments are what the source says of types and their fields, by package path, type and field.
type Comments map[[3]string]string

// ReadComments reads the comments of structures and their fields from the source of packages, by their paths.
func ReadComments(sources map[string]fs.FS) (Comments, error) {
	comments := Comments{}
	for pkg, source := range sources {
		names, err := fs.Glob(source, "*.go")
		if err != nil {
			return nil, err
		}
		comments[[3]string{pkg}] = "" // it is known
		for _, name := range names {
			if err := comments.read(pkg, source, name); err != nil {
				return nil, err
			}
		}
	}
	return comments, nil
}

func (c Comments) read(pkg string, source fs.FS, name string) error {
	text, err := fs.ReadFile(source, name)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
	if err != nil {
		return fmt.Errorf("read the source of %s: %w", pkg, err)
	}
	for _, decl := range file.Decls {
		types, _ := decl.(*ast.GenDecl)
		if types == nil {
			continue
		}
		for _, spec := range types.Specs {
			if t, ok := spec.(*ast.TypeSpec); ok {
				c.note(pkg, t, types.Doc)
			}
		}
	}
	return nil
}

func (c Comments) note(pkg string, t *ast.TypeSpec, about *ast.CommentGroup) {
	c[[3]string{pkg, t.Name.Name}] = oneLine(about)
	structure, _ := t.Type.(*ast.StructType)
	if structure == nil {
		return
	}
	for _, field := range structure.Fields.List {
		for _, name := range field.Names {
			said := oneLine(field.Comment)
			if said == "" {
				said = oneLine(field.Doc)
			}
			c[[3]string{pkg, t.Name.Name, name.Name}] = said
		}
	}
}

// of returns what is said of a type or, with its name, of one of its fields.
func (c Comments) of(t reflect.Type, field string) string {
	name, _, _ := strings.Cut(t.Name(), "[")
	return c[[3]string{t.PkgPath(), name, field}]
}

func oneLine(comment *ast.CommentGroup) string {
	return strings.Join(strings.Fields(comment.Text()), " ")
}
