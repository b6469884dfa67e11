package wire

// Error is the body of every answer that is an error, unless the client accepts a Problem.
type Error struct {
	Error ErrorBody `json:"error"`
}

// ErrorBody says what is wrong.
type ErrorBody struct {
	Message  string         `json:"message"` // what is wrong, and what would be right
	Code     string         `json:"code"`    // the HTTP status, as text
	Title    string         `json:"title"`   // the HTTP status, in words
	Field    string         `json:"field,omitempty"`
	Request  string         `json:"request"`            // id of the request; the server's log has it, too
	Problems []FieldProblem `json:"problems,omitempty"` // all that is wrong with a document, when that is more than one field
}

// Problem is the same in the form of RFC 9457, for clients that accept application/problem+json.
type Problem struct {
	Type     string         `json:"type"`     // always about:blank: the status says what kind of problem it is
	Title    string         `json:"title"`    // the HTTP status, in words
	Status   int            `json:"status"`   // the HTTP status
	Detail   string         `json:"detail"`   // what is wrong, and what would be right
	Instance string         `json:"instance"` // urn:calipso:request:, and the id of the request
	Code     string         `json:"code"`     // the HTTP status, as text
	Field    string         `json:"field,omitempty"`
	Problems []FieldProblem `json:"problems,omitempty"` // all that is wrong with a document, when that is more than one field
}

// FieldProblem is something in a document that is not as it must be.
type FieldProblem struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}
