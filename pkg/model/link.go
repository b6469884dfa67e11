package model

import "time"

// Link joins two inventory objects. Source and Target are document ids, SourceID and TargetID the objects' own ids.
type Link struct {
	ID          string         `json:"_id"`
	Environment string         `json:"environment"`
	LinkType    string         `json:"link_type"` // "<source type>-<target type>"
	LinkName    string         `json:"link_name"`
	Source      string         `json:"source"`
	Target      string         `json:"target"`
	SourceID    string         `json:"source_id"`
	TargetID    string         `json:"target_id"`
	SourceLabel string         `json:"source_label"`
	TargetLabel string         `json:"target_label"`
	State       string         `json:"state"` // LinkUp or LinkDown
	LinkWeight  int            `json:"link_weight"`
	Implicit    bool           `json:"implicit"`
	Host        string         `json:"host,omitempty"`
	Switch      string         `json:"switch,omitempty"`
	Attributes  LinkAttributes `json:"attributes"`
	LastScanned time.Time      `json:"last_scanned"`
}

// LinkAttributes are what a link says of itself. Network holds the ids of the networks whose traffic the link carries,
// these and no other. An empty list says that it carries none: such a link is in no network's clique. A nil list, absent
// in JSON, means that the link does not tell.
type LinkAttributes struct {
	Network    []string `json:"network,omitzero"`
	MACAddress string   `json:"mac_address,omitempty"`
	VedgeType  string   `json:"vedge_type,omitempty"`
	Role       string   `json:"role,omitempty"` // of the port that a switch-switch_pnic link leads to
}

// States of a link.
const (
	LinkUp   = "up"
	LinkDown = "down"
)

// LinkID derives a link's document id from its natural key: environment, link type, and the document ids of its ends.
func LinkID(environment, linkType, source, target string) string {
	return DBID(environment, linkType, source, target)
}

// Clique is the whole path around one object, its focal point, as a graph of links.
type Clique struct {
	ID             string              `json:"_id"`
	Environment    string              `json:"environment"`
	FocalPoint     string              `json:"focal_point"` // document id
	FocalPointType string              `json:"focal_point_type"`
	FocalPointID   string              `json:"focal_point_object_id"`
	CliqueType     string              `json:"clique_type"`              // document id of the clique type it was built by
	Constraints    map[string][]string `json:"constraints"`              // e.g. network: ids of the networks that the focal point is on
	Links          []string            `json:"links"`                    // document ids, in the order of the clique type's link types
	Nodes          []string            `json:"nodes"`                    // document ids
	LinksDetailed  []Link              `json:"links_detailed,omitempty"` // filled in when read, not stored
	LastScanned    time.Time           `json:"last_scanned"`
}

// CliqueID derives a clique's document id from its natural key.
func CliqueID(environment, focalPoint string) string {
	return DBID(environment, "clique", focalPoint)
}

// CliqueType says which links, in which order, make the clique of a type of focal point, and for which environments.
// A link type may be limited to ports of a role: "switch-switch_pnic:uplink".
type CliqueType struct {
	ID                  string   `json:"_id"`
	Name                string   `json:"name"`
	FocalPointType      string   `json:"focal_point_type"`
	LinkTypes           []string `json:"link_types"`
	Environment         string   `json:"environment,omitempty"` // a name, "ANY", or empty: by the fields below
	EnvironmentType     string   `json:"environment_type,omitempty"`
	Distribution        string   `json:"distribution,omitempty"`
	DistributionVersion string   `json:"distribution_version,omitempty"`
	MechanismDrivers    []string `json:"mechanism_drivers,omitempty"`
	TypeDrivers         string   `json:"type_drivers,omitempty"`
	ACIEnabled          bool     `json:"aci_enabled,omitempty"` // for environments whose fabric is read
	UseImplicitLinks    bool     `json:"use_implicit_links,omitempty"`
}

// LinkType is an entry of the catalogue of link types. Both directions of a link have one; links are stored in one of
// them, clique types may name either.
type LinkType struct {
	ID          string `json:"_id,omitempty"`
	Type        string `json:"type"` // "<type of A>-<type of B>"
	EndPointA   string `json:"endPointA"`
	EndPointB   string `json:"endPointB"`
	Description string `json:"description"`
}

// LinkTypeID derives a link type's document id from its natural key.
func LinkTypeID(linkType string) string { return DBID("link_type", linkType) }

// CliqueConstraint names the attributes of a type of focal point that a link of its clique may not contradict: in one
// environment, or in all that have no other for this type.
type CliqueConstraint struct {
	ID             string   `json:"_id,omitempty"`
	Environment    string   `json:"environment,omitempty"`
	FocalPointType string   `json:"focal_point_type"`
	Constraints    []string `json:"constraints"`
}

// CliqueConstraintID derives a clique constraint's document id from its natural key.
func CliqueConstraintID(environment, focalType string) string {
	return DBID(environment, "clique_constraint", focalType)
}
