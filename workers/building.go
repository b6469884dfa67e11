package workers

import (
	"context"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/model"
)

// stillBuilding says why none of the events can be settled yet: all are about instances of which some event came too early
// already, and Nova says that it is still at them. Nothing else is read then: while an instance is built its cloud has
// better to do than to be asked for all that is around it each time. It is "" when the cloud is to be read.
func (r *reconciler) stillBuilding(ctx context.Context, events []model.Event) string {
	looked := set{}
	for i := range events {
		id := instanceOf(&events[i].Hint)
		looked[id] = looked[id] || events[i].Attempts > 0
	}
	if r.session.cloud == nil || looked[""] || len(looked) > mostServers {
		return ""
	}
	why := ""
	for id, before := range looked {
		if !before {
			return ""
		}
		if why = r.builds(ctx, id); why == "" {
			return ""
		}
	}
	return why
}

// instanceOf returns the id of the instance that a hint is about; "" when it is not about one.
func instanceOf(h *model.Hint) string {
	if h.Kind == model.EventInstance {
		return h.Object
	}
	return h.Related[model.EventInstance]
}

// builds says what Nova is at with an instance; "" when it is at nothing, or does not tell.
func (r *reconciler) builds(ctx context.Context, id string) string {
	regions, _ := r.session.cloud.Regions(ctx)
	for _, region := range regions {
		rows, _ := r.session.cloud.Server(ctx, region.Name, id)
		for _, row := range rows {
			return working(row.Str("name"), row.Str(cloud.TaskState), row.Str("status"))
		}
	}
	return ""
}

// working says that an instance is being worked on.
func working(name, task, status string) string {
	switch {
	case task != "":
		return "instance " + name + " is being worked on: its task_state is " + task
	case status == "BUILD":
		return "instance " + name + " is being built"
	}
	return ""
}
