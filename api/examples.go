package api

import (
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// The examples of bodies that the API's description shows.

func environmentDraft() draft {
	return draft{needed: []string{"name", "distribution", "distribution_version", "mechanism_drivers", "type_drivers", "configuration"},
		document: model.Environment{Name: "lab", Type: "environment", Distribution: "Canonical", DistributionVersion: "22.04",
			MechanismDrivers: []string{"OVS"}, TypeDrivers: "vxlan", Configuration: []model.Section{
				{"name": model.SectionOpenStack, "host": "10.0.0.1", "port": 5000, "user": "calipso", "pwd": "…", "admin_token": "…"},
				{"name": model.SectionMySQL, "host": "10.0.0.1", "port": 3306, "user": "calipso", "pwd": "…"},
				{"name": model.SectionCLI, "host": "10.0.0.1", "user": "calipso", "key": "/etc/calipso/id_ed25519"},
			}}}
}

func cliqueTypeDraft() draft {
	return draft{needed: []string{"name", "focal_point_type", "link_types"},
		document: model.CliqueType{Name: "instance_lab", Environment: "lab", FocalPointType: "instance", LinkTypes: []string{"instance-vnic", "vnic-vedge"}}}
}

func scheduleExample() wire.ScheduleRequest {
	return wire.ScheduleRequest{ScanRequest: wire.ScanRequest{Environment: "lab"}, Cron: "30 2 * * 1-5", TimeZone: "Europe/Zurich"}
}

func linkTypeDraft() draft {
	return draft{needed: []string{"endPointA", "endPointB", "description"},
		document: model.LinkType{EndPointA: "vedge", EndPointB: "vservice", Description: "a virtual switch that a network service is in"}}
}

func constraintDraft() draft {
	return draft{needed: []string{"focal_point_type", "constraints"},
		document: model.CliqueConstraint{Environment: "lab", FocalPointType: "instance", Constraints: []string{"network"}}}
}
