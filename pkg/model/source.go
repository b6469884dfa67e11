package model

import "embed"

// Source is this package's source, of which the API's description takes the comments of documents.
//
//go:embed *.go
var Source embed.FS
