package wire

import "time"

// SearchAnswer holds objects that were found, the best first.
type SearchAnswer struct {
	Objects []Hit `json:"objects"`
	Total   int   `json:"total"` // how many there are altogether; of one or two letters, a thousand or more are not all counted
}

// Hit is an object that was found, and why.
type Hit struct {
	DBID        string    `json:"_id"`
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	ObjectName  string    `json:"object_name"`
	Type        string    `json:"type"`
	Environment string    `json:"environment"`
	Host        string    `json:"host,omitempty"`
	IDPath      string    `json:"id_path"`
	NamePath    string    `json:"name_path"`
	LastScanned time.Time `json:"last_scanned"`
	Match       string    `json:"match" enum:"exact,prefix,word,substring"`
	Attribute   string    `json:"attribute"` // what of the object fits
	Text        string    `json:"text"`      // and how it reads, in small letters
}
