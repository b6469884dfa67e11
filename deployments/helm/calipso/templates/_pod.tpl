{{/* calipso.name: what the release's resources are called. */}}
{{- define "calipso.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{/* calipso.selector: the labels by which the release's pods are found. */}}
{{- define "calipso.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "calipso.labels" -}}
{{ include "calipso.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* calipso.pod: the specification of a role's pods. Called with the chart's context, and "role" in it. */}}
{{- define "calipso.pod" -}}
{{- $settings := index .Values .role -}}
{{- $api := eq .role "api" -}}
serviceAccountName: {{ include "calipso.name" . }}
automountServiceAccountToken: false
enableServiceLinks: false
# A worker finishes what it is at, or hands it back, within 15 seconds.
terminationGracePeriodSeconds: 30
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{ include "calipso.selector" . | nindent 8 }}
        app.kubernetes.io/component: {{ .role }}
containers:
  - name: {{ .role }}
    image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) | quote }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args: [{{ .role }}{{ if eq .role "worker" }}, --concurrency, {{ $settings.concurrency | int | quote }}{{ end }}]
    env:
      - {name: CALIPSO_KEY_FILE, value: /run/secrets/calipso/key}
      - {name: CALIPSO_REDIS_FILE, value: /run/secrets/calipso/redis}
      - {name: CALIPSO_STORE_FILE, value: /run/secrets/calipso/store}
      - {name: CALIPSO_DATA, value: /data}
      - {name: CALIPSO_METRICS_LISTEN, value: ":9100"}
      - {name: CALIPSO_LOG_LEVEL, value: {{ .Values.logLevel | quote }}}
      {{- if $api }}
      - {name: CALIPSO_LISTEN, value: ":8000"}
      - {name: CALIPSO_ADMIN_PASSWORD_FILE, value: /run/secrets/calipso/admin-password}
      - {name: CALIPSO_PROXIES, value: {{ join "," $settings.proxies | quote }}}
      {{- end }}
      {{- with .Values.env }}{{ toYaml . | nindent 6 }}{{ end }}
    ports:
      {{- if $api }}
      - {name: http, containerPort: 8000}
      {{- end }}
      - {name: metrics, containerPort: 9100}
    startupProbe:
      httpGet: {path: /healthz, port: metrics}
      periodSeconds: 2
      failureThreshold: 30
    livenessProbe:
      httpGet: {path: /healthz, port: metrics}
      timeoutSeconds: 5
    {{- if $api }}
    readinessProbe:
      httpGet: {path: /readyz, port: http}
      timeoutSeconds: 6
    lifecycle:
      preStop: {sleep: {seconds: 5}} # until nobody sends it requests any more
    {{- end }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    resources: {{ toYaml $settings.resources | nindent 6 }}
    volumeMounts:
      - {name: secrets, mountPath: /run/secrets/calipso, readOnly: true}
      - {name: data, mountPath: /data}
volumes:
  - name: secrets
    secret:
      secretName: {{ required "existingSecret: name the Secret that has the keys key, redis, store and admin-password" .Values.existingSecret | quote }}
      defaultMode: 0440
      items:
        {{- range list "key" "redis" "store" }}
        - {key: {{ . }}, path: {{ . }}}
        {{- end }}
        {{- if $api }}
        - {key: admin-password, path: admin-password}
        {{- end }}
  - name: data # where the process tells commands in the same container where it is
    emptyDir: {sizeLimit: 16Mi}
{{- end }}
