// Package wire holds what goes over the API: the bodies of requests and the answers, beside the documents of package
// model. The server and its client share these types, and the API's description is made of them and of their comments.
package wire

import "embed"

// Source is this package's source, of which the API's description takes the comments.
//
//go:embed *.go
var Source embed.FS

// Done is the answer to what changed something.
type Done struct {
	ID      string `json:"id,omitempty"` // of the document that was made or changed
	Message string `json:"message"`      // what was done, in words
}

// Count is the answer to what changed or deleted several documents.
type Count struct {
	Count int `json:"count"` // so many documents
}

// Page is what every list tells of the page after it.
type Page struct {
	Next string `json:"next,omitempty"` // value of the parameter cursor for the next page; absent when there is none
}

// Ready tells which of the things that the server needs answer.
type Ready struct {
	Store string `json:"store"` // ok, or no answer
	Redis string `json:"redis"` // ok, or no answer
}
