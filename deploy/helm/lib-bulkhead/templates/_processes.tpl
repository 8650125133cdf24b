{{- define "bulkhead.account" -}}
{{ include "bulkhead.head" (dict "service" . "apiVersion" "v1" "kind" "ServiceAccount") }}
automountServiceAccountToken: false
{{- end }}

{{- define "bulkhead.keys" -}}
{{- if .Values.auth.keySet }}
{{ include "bulkhead.head" (dict "service" . "apiVersion" "v1" "kind" "ConfigMap" "name" (printf "%s-keys" (include "bulkhead.name" .))) }}
data:
  jwks.json: {{ .Values.auth.keySet | quote }}
{{- end }}
{{- end }}

{{- define "bulkhead.volume" -}}
{{- if .own.folders }}
{{- if not .Values.files.existingClaim }}
{{ include "bulkhead.head" (dict "service" . "apiVersion" "v1" "kind" "PersistentVolumeClaim" "name" (printf "%s-files" (include "bulkhead.name" .)) "annotations" (dict "helm.sh/resource-policy" "keep")) }}
spec:
  accessModes:
    {{- toYaml .Values.files.accessModes | nindent 4 }}
  {{- with .Values.files.storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ .Values.files.size }}
{{- end }}
{{- end }}
{{- end }}

{{/*
The migration runs before any pod of the new version. As a hook Helm waits for it; as a plain job the pods do, and its
name follows from what it runs, for a job cannot be changed.
*/}}
{{- define "bulkhead.migration" -}}
{{- $name := printf "%s-migrate" (include "bulkhead.name" .) -}}
{{- $pod := include "bulkhead.pod" (dict "service" . "component" "migration" "command" (list "migrate") "works" false "resources" .Values.migration.resources) -}}
{{- $annotations := dict -}}
{{- if eq .Values.migration.mode "hook" -}}
{{- $annotations = dict "helm.sh/hook" "pre-install,pre-upgrade" "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" -}}
{{- else -}}
{{- $name = printf "%s-%s" $name ($pod | sha256sum | trunc 8) -}}
{{- end -}}
{{ include "bulkhead.head" (dict "service" . "component" "migration" "apiVersion" "batch/v1" "kind" "Job" "name" $name "annotations" $annotations) }}
spec:
  {{- if eq .Values.migration.mode "hook" }}
  backoffLimit: 1
  activeDeadlineSeconds: {{ int .Values.migration.deadlineSeconds }}
  {{- else }}
  # Nobody begins it anew, and its database may be made much later: it goes on until that is there.
  backoffLimit: 1000
  {{- end }}
  template:
    {{- $pod | nindent 4 }}
{{- end }}

{{- define "bulkhead.api" -}}
{{- $api := .Values.api -}}
{{- $service := dict "service" . "component" "api" -}}
{{ include "bulkhead.head" (dict "service" . "component" "api" "apiVersion" "apps/v1" "kind" "Deployment" "name" (printf "%s-api" (include "bulkhead.name" .))) }}
spec:
  {{- if not $api.autoscaling.enabled }}
  replicas: {{ int $api.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: {{ add (int .Values.migration.deadlineSeconds) 300 }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels:
      {{- include "bulkhead.selector" $service | nindent 6 }}
  template:
    {{- $grace := add (int $api.preStopSeconds) (int $api.graceSeconds) 5 }}
    {{- $works := not (empty (include "bulkhead.inOneProcess" .Values.simulation)) }}
    {{- include "bulkhead.pod" (dict "service" . "component" "api" "command" (list ($works | ternary "all" "api")) "works" $works "probed" true "resources" $api.resources "preStopSeconds" (int $api.preStopSeconds) "graceSeconds" $grace) | nindent 4 }}
{{- end }}

{{- define "bulkhead.worker" -}}
{{- $worker := .Values.worker -}}
{{- $service := dict "service" . "component" "worker" -}}
{{ include "bulkhead.head" (dict "service" . "component" "worker" "apiVersion" "apps/v1" "kind" "Deployment" "name" (printf "%s-worker" (include "bulkhead.name" .))) }}
spec:
  {{- if not $worker.autoscaling.enabled }}
  replicas: {{ int $worker.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: {{ add (int .Values.migration.deadlineSeconds) 300 }}
  {{- if and .own.folders (not (has "ReadWriteMany" .Values.files.accessModes)) }}
  # Its volume is of one node, and the next pod may be put on another.
  strategy: {type: Recreate}
  {{- else }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  {{- end }}
  selector:
    matchLabels:
      {{- include "bulkhead.selector" $service | nindent 6 }}
  template:
    {{- include "bulkhead.pod" (dict "service" . "component" "worker" "command" (list "worker") "works" true "probed" true "resources" $worker.resources "graceSeconds" (add (int $worker.graceSeconds) 5)) | nindent 4 }}
{{- end }}

{{- define "bulkhead.disruption" -}}
{{- $service := dict "service" .service "component" .component -}}
{{ include "bulkhead.head" (dict "service" .service "component" .component "apiVersion" "policy/v1" "kind" "PodDisruptionBudget" "name" (printf "%s-%s" (include "bulkhead.name" .service) .component)) }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "bulkhead.selector" $service | nindent 6 }}
{{- end }}

{{- define "bulkhead.apiDisruption" -}}
{{ include "bulkhead.disruption" (dict "service" . "component" "api") }}
{{- end }}

{{- define "bulkhead.workerDisruption" -}}
{{ include "bulkhead.disruption" (dict "service" . "component" "worker") }}
{{- end }}
