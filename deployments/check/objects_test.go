package check

import (
	"slices"
	"testing"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// of returns the objects of a type.
func of[T runtime.Object](objects []runtime.Object) (found []T) {
	for _, o := range objects {
		if typed, ok := o.(T); ok {
			found = append(found, typed)
		}
	}
	return found
}

// TestPods: what runs has few rights and little access, and can be told to stop.
func TestPods(t *testing.T) {
	t.Parallel()
	for name, text := range settings() {
		deployments := of[*apps.Deployment](decode(t, text))
		if len(deployments) != 4 { // api, worker, scheduler, listen
			t.Fatalf("%s: %d deployments", name, len(deployments))
		}
		for _, d := range deployments {
			pod := d.Spec.Template.Spec
			c := pod.Containers[0]
			role := c.Args[0]
			if d.Name != "prod-calipso-"+role || !matches(t, d.Spec.Selector, d.Spec.Template.Labels) {
				t.Errorf("%s: %s selects %v, its pods are %v", name, d.Name, d.Spec.Selector, d.Spec.Template.Labels)
			}
			s := c.SecurityContext
			if !*pod.SecurityContext.RunAsNonRoot || *pod.SecurityContext.RunAsUser == 0 || *s.AllowPrivilegeEscalation ||
				!*s.ReadOnlyRootFilesystem || s.Capabilities.Drop[0] != "ALL" || *pod.AutomountServiceAccountToken {
				t.Errorf("%s: %s has rights that it does not need", name, role)
			}
			if *pod.TerminationGracePeriodSeconds < 15+5 {
				t.Errorf("%s: %s is not given the time to hand back its work", name, role)
			}
			if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() || c.StartupProbe == nil || c.LivenessProbe == nil {
				t.Errorf("%s: %s has no limits or probes", name, role)
			}
			checkFiles(t, pod, role)
		}
	}
}

// checkFiles checks that the files that variables name are mounted, and that only the API is given the first password.
func checkFiles(t *testing.T, pod core.PodSpec, role string) {
	t.Helper()
	var mounted, named []string
	for _, item := range pod.Volumes[0].Secret.Items {
		mounted = append(mounted, pod.Containers[0].VolumeMounts[0].MountPath+"/"+item.Path)
	}
	for _, e := range pod.Containers[0].Env {
		if len(e.Name) > 5 && e.Name[len(e.Name)-5:] == "_FILE" {
			named = append(named, e.Value)
		}
	}
	if !slices.Equal(mounted, named) || len(named) != map[string]int{"api": 4, "worker": 3, "scheduler": 3, "listen": 3}[role] {
		t.Errorf("%s: mounted are %v, named are %v", role, mounted, named)
	}
}

// TestSelectors: what selects pods selects those of its role, whose ports have the names that it uses.
func TestSelectors(t *testing.T) {
	t.Parallel()
	objects := decode(t, settings()["all"])
	pods := map[string]core.PodTemplateSpec{}
	for _, d := range of[*apps.Deployment](objects) {
		pods[d.Name] = d.Spec.Template
	}
	for _, s := range of[*core.Service](objects) {
		check(t, pods, "prod-calipso-api", &meta.LabelSelector{MatchLabels: s.Spec.Selector}, s.Spec.Ports[0].TargetPort.StrVal)
	}
	for _, b := range of[*policy.PodDisruptionBudget](objects) {
		check(t, pods, b.Name, b.Spec.Selector)
	}
	policies := of[*networking.NetworkPolicy](objects)
	if len(policies) != 4 {
		t.Errorf("%d network policies", len(policies))
	}
	for _, p := range policies {
		for _, rule := range p.Spec.Ingress {
			check(t, pods, p.Name, &p.Spec.PodSelector, rule.Ports[0].Port.StrVal)
		}
		if bounded := len(p.Spec.Egress) == 1; bounded == slices.Contains([]string{"prod-calipso-worker", "prod-calipso-listen"}, p.Name) {
			t.Errorf("%s may reach %v", p.Name, p.Spec.Egress)
		}
	}
}

func check(t *testing.T, pods map[string]core.PodTemplateSpec, want string, selector *meta.LabelSelector, ports ...string) {
	t.Helper()
	for name, pod := range pods {
		if matches(t, selector, pod.Labels) != (name == want) {
			t.Errorf("%v selects %s, or not %s", selector, name, want)
		}
	}
	for _, port := range ports {
		if !slices.ContainsFunc(pods[want].Spec.Containers[0].Ports, func(p core.ContainerPort) bool { return p.Name == port }) {
			t.Errorf("%s has no port %q", want, port)
		}
	}
}

// TestAutoscaling: where pods are scaled by load, the chart does not say how many there are.
func TestAutoscaling(t *testing.T) {
	t.Parallel()
	for name, scaled := range map[string]bool{"all": true, "the least": false} {
		objects := decode(t, settings()[name])
		scalers := of[*autoscaling.HorizontalPodAutoscaler](objects)
		if (len(scalers) == 1) != scaled {
			t.Errorf("%s: %d autoscalers", name, len(scalers))
		}
		for _, d := range of[*apps.Deployment](objects) {
			own := scaled && d.Name == scalers[0].Spec.ScaleTargetRef.Name
			if (d.Spec.Replicas == nil) != own {
				t.Errorf("%s: %s has %v replicas", name, d.Name, d.Spec.Replicas)
			}
		}
		if scaled && (scalers[0].Spec.ScaleTargetRef.Name != "prod-calipso-worker" || scalers[0].Spec.Metrics[0].External.Target.AverageValue.Value() != 32) {
			t.Errorf("%s: %+v", name, scalers[0].Spec)
		}
	}
}

func matches(t *testing.T, s *meta.LabelSelector, set map[string]string) bool {
	t.Helper()
	selector, err := meta.LabelSelectorAsSelector(s)
	must(t, err)
	return selector.Matches(labels.Set(set))
}
