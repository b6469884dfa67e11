// Package check tests the files of this folder with the libraries of the tools that read them: Helm, Kubernetes, Compose
// and BuildKit. It is a module of its own, since the program needs none of these.
package check

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint/support"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

const chart = "../helm/calipso"

// settings are values of the chart, by what they are about.
func settings() map[string]string {
	return map[string]string{
		"the least": `existingSecret: calipso`,
		"all": `{existingSecret: calipso, logLevel: debug, env: [{name: HTTPS_PROXY, value: "http://proxy:3128"}],
  image: {repository: images/calipso, tag: v1, pullSecrets: [{name: pull}]}, api: {replicas: 3, proxies: [10.0.0.0/8, 10.1.1.1]},
  worker: {concurrency: 32, autoscaling: {enabled: true, maxReplicas: 20, tasksPerWorker: 32}}, scheduler: {replicas: 2},
  ingress: {enabled: true, className: nginx, host: calipso.example, tlsSecret: tls, annotations: {a/b: "true"}},
  networkPolicy: {apiFrom: [{namespaceSelector: {}}], metricsFrom: [{podSelector: {}}], egress: [{ports: [{port: 6379}]}]},
  podMonitor: {enabled: true, labels: {release: prometheus}}, nodeSelector: {disk: ssd},
  tolerations: [{key: a, operator: Exists}]}`,
		"nothing that is optional": `{existingSecret: calipso, podDisruptionBudget: {enabled: false}, networkPolicy: {enabled: false}}`,
	}
}

// render returns the chart's manifests for values.
func render(t *testing.T, text string) (map[string]string, error) {
	t.Helper()
	c, err := loader.Load(chart)
	must(t, err)
	values := map[string]any{}
	must(t, yaml.Unmarshal([]byte(text), &values))
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "prod", Namespace: "calipso"}, nil)
	if err != nil {
		return nil, err
	}
	return engine.Render(c, all)
}

// decode reads the manifests as Kubernetes' own types: a key that is not theirs is an error.
func decode(t *testing.T, text string) []runtime.Object {
	t.Helper()
	files, err := render(t, text)
	must(t, err)
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	var objects []runtime.Object
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for _, document := range strings.Split(files[name], "\n---\n") {
			if path.Ext(name) != ".yaml" || strings.TrimSpace(strings.TrimPrefix(document, "---")) == "" || podMonitor(document) {
				continue
			}
			object, _, err := decoder.Decode([]byte(document), nil, nil)
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, document)
			}
			objects = append(objects, object)
		}
	}
	return objects
}

// podMonitor tells whether it is one: its type is the Prometheus operator's, and not among Kubernetes' own.
func podMonitor(document string) bool { return strings.Contains(document, "kind: PodMonitor") }

func TestLint(t *testing.T) {
	t.Parallel()
	for name, text := range settings() {
		values := map[string]any{}
		must(t, yaml.Unmarshal([]byte(text), &values))
		lint := action.NewLint()
		lint.Strict = true
		for _, message := range lint.Run([]string{chart}, values).Messages {
			if message.Severity > support.InfoSev {
				t.Errorf("%s: %v", name, message)
			}
		}
	}
}

// TestValuesRefused: wrong values are told by their names.
func TestValuesRefused(t *testing.T) {
	t.Parallel()
	for values, want := range map[string]string{
		`{}`:                               "existingSecret: name the Secret that has the keys",
		`{existingSecret: x, workers: {}}`: "'workers' not allowed",
		`{existingSecret: x, worker: {concurrency: 0}}`:            "/worker/concurrency",
		`{existingSecret: x, logLevel: loud}`:                      "/logLevel",
		`{existingSecret: x, ingress: {enabled: true}}`:            "ingress.host: the name of the host is missing",
		`{existingSecret: x, ingress: {enabled: true, host: a.b}}`: "ingress.tlsSecret: the Secret with the certificate is missing",
	} {
		if _, err := render(t, values); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q in it", values, err, want)
		}
	}
}

func TestPodMonitor(t *testing.T) {
	t.Parallel()
	files, err := render(t, settings()["all"])
	must(t, err)
	var monitor map[string]any
	must(t, yaml.UnmarshalStrict([]byte(files["calipso/templates/podmonitor.yaml"]), &monitor))
	labels := monitor["metadata"].(map[string]any)["labels"].(map[string]any)
	if labels["release"] != "prometheus" || labels["app.kubernetes.io/instance"] != "prod" {
		t.Errorf("labels %v", labels)
	}
	if got := fmt.Sprint(monitor["spec"].(map[string]any)["podMetricsEndpoints"]); got != "[map[interval:30s port:metrics]]" {
		t.Errorf("endpoints %s", got)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
