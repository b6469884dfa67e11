package model

// Constant is a named list of the values that something may have, for forms and for readers of what is stored.
type Constant struct {
	Name string          `json:"name"`
	Data []ConstantValue `json:"data"`
}

// ConstantValue is one of a constant's values, and what people see of it.
type ConstantValue struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// Constants are all lists.
type Constants []Constant

// Find returns the list with a name; nil when there is none.
func (cs Constants) Find(name string) *Constant {
	for i := range cs {
		if cs[i].Name == name {
			return &cs[i]
		}
	}
	return nil
}

// Values returns the values of a list.
func (cs Constants) Values(name string) (values []string) {
	if c := cs.Find(name); c != nil {
		for _, v := range c.Data {
			values = append(values, v.Value)
		}
	}
	return values
}

// Names of the lists that an environment's values come from.
const (
	ConstantMechanismDrivers = "mechanism_drivers"
	ConstantTypeDrivers      = "type_drivers"
)

// MechanismDrivers returns Calipso's names of mechanism drivers.
func MechanismDrivers() []string { return []string{"OVS", "VPP", "LXB", "SRIOV", "Arista", "Nexus"} }

// TypeDrivers returns the names of type drivers.
func TypeDrivers() []string { return []string{"local", "vlan", "vxlan", "gre", "flat", "geneve"} }
