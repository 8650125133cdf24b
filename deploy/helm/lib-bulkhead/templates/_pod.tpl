{{/*
A pod that meets the "restricted" standard. `component` is api, worker or migration, `command` what the process does;
The service's `door`, if it has one, and each of `beside`, is beside who does the work, and fails by itself.
`works` is for one that does a worker's work: it has Kafka's login, the worker's secrets and its files; `probed` and the two times for those that go on.
*/}}
{{- define "bulkhead.pod" -}}
{{- $values := .service.Values -}}
{{- $beside := list -}}
{{- if .works -}}
{{- $beside = concat (empty .service.own.door | ternary list (list .service.own.door)) (.service.own.beside | default list) -}}
{{- end -}}
{{- $waits := and (eq $values.migration.mode "job") (ne .component "migration") -}}
metadata:
  labels:
    {{- include "bulkhead.labels" . | nindent 4 }}
  {{- with $values.pods.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if eq .component "migration" }}
  restartPolicy: {{ eq $values.migration.mode "hook" | ternary "Never" "OnFailure" }}
  {{- else }}
  serviceAccountName: {{ include "bulkhead.name" .service }}
  {{- end }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .graceSeconds }}
  terminationGracePeriodSeconds: {{ . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with $values.pods.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $values.pods.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.pods.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if ne .component "migration" }}
  topologySpreadConstraints:
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "bulkhead.selector" $ | nindent 10 }}
      matchLabelKeys: [pod-template-hash]
    {{- end }}
  {{- end }}
  {{- if $waits }}
  initContainers:
    - name: migrated
      {{- include "bulkhead.container" (mergeOverwrite (deepCopy (omit . "service")) (dict "service" .service "command" (list "migrated" "--wait" $values.migration.deadlineSeconds) "probed" false "works" false "resources" $values.migration.resources)) | nindent 6 }}
  {{- end }}
  containers:
    - name: {{ .component }}
      {{- include "bulkhead.container" . | nindent 6 }}
    {{- range $beside }}
    - name: {{ .name }}
      {{- include "bulkhead.container" (mergeOverwrite (deepCopy (omit $ "service")) (dict "service" $.service "command" .command "probed" false "works" false "beside" . "resources" .resources)) | nindent 6 }}
    {{- end }}
  volumes:
    {{- range $beside }}
    - name: {{ .name }}
      secret: {secretName: {{ .secret }}, defaultMode: 0440}
    {{- end }}
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
    {{- if and $values.auth.keySet (ne .component "migration") }}
    - name: keys
      configMap:
        name: {{ include "bulkhead.name" .service }}-keys
    {{- end }}
    {{- if and .works $values.kafka.tls.caSecret.name }}
    - name: kafka
      secret:
        secretName: {{ $values.kafka.tls.caSecret.name }}
        items:
          - {key: {{ $values.kafka.tls.caSecret.key }}, path: ca.crt}
    {{- end }}
    {{- if and .service.own.folders .works }}
    - name: files
      persistentVolumeClaim:
        claimName: {{ $values.files.existingClaim | default (printf "%s-files" (include "bulkhead.name" .service)) }}
    {{- end }}
{{- end }}

{{- define "bulkhead.container" -}}
{{- $values := .service.Values -}}
image: {{ include "bulkhead.image" .service }}
imagePullPolicy: {{ $values.image.pullPolicy }}
command: [python, -m, {{ .service.Chart.Name | replace "-" "_" }}]
args:
  {{- range .command }}
  - {{ . | toString | quote }}
  {{- end }}
env:
  {{- include "bulkhead.environment" . | trim | nindent 2 }}
{{- with .beside }}
  {{- range $variable, $value := .environment }}
  - {name: {{ $variable }}, value: {{ $value | quote }}}
  {{- end }}
{{- if .port }}
ports:
  - {name: {{ .name }}, containerPort: {{ .port }}}
readinessProbe:
  tcpSocket: {port: {{ .name }}}
  periodSeconds: 5
livenessProbe:
  tcpSocket: {port: {{ .name }}}
  initialDelaySeconds: 30
  periodSeconds: 10
{{- end }}
{{- end }}
{{- if .probed }}
ports:
  - {name: http, containerPort: 8000}
startupProbe:
  httpGet: {path: /startupz, port: http}
  periodSeconds: 1
  timeoutSeconds: 3
  failureThreshold: 120
livenessProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
{{- with .preStopSeconds }}
lifecycle:
  preStop:
    sleep: {seconds: {{ . }}}
{{- end }}
{{- end }}
resources:
  {{- toYaml .resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- if and $values.auth.keySet (ne .component "migration") }}
  - {name: keys, mountPath: /etc/bulkhead/keys, readOnly: true}
  {{- end }}
  {{- if and .works $values.kafka.tls.caSecret.name }}
  - {name: kafka, mountPath: /etc/bulkhead/kafka, readOnly: true}
  {{- end }}
  {{- with .beside }}
  - {name: {{ .name }}, mountPath: /etc/bulkhead/{{ .name }}, readOnly: true}
  {{- end }}
  {{- if or .beside (and .probed .works) }}
  {{- range .service.own.folders }}
  - {name: files, mountPath: /srv/files/{{ . }}, subPath: {{ . }}}
  {{- end }}
  {{- end }}
{{- end }}
