{{- define "bulkhead.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{- define "bulkhead.image" -}}
{{- $image := .Values.image -}}
{{- $repository := $image.repository | default (printf "bulkhead/%s" .Chart.Name) -}}
{{- with $image.registry }}{{ $repository = printf "%s/%s" . $repository }}{{ end -}}
{{- if $image.digest -}}
{{ $repository }}@{{ $image.digest }}
{{- else -}}
{{ $repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* Which pods: of this release, all or those of one component. */}}
{{- define "bulkhead.selector" -}}
app.kubernetes.io/name: {{ .service.Chart.Name }}
app.kubernetes.io/instance: {{ .service.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "bulkhead.labels" -}}
{{ include "bulkhead.selector" . }}
app.kubernetes.io/version: {{ (.service.Values.image).tag | default .service.Chart.AppVersion | trunc 63 | quote }}
app.kubernetes.io/part-of: bulkhead
app.kubernetes.io/managed-by: {{ .service.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .service.Chart.Name .service.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The head of an object: what it is, its name, its labels. */}}
{{- define "bulkhead.head" -}}
apiVersion: {{ .apiVersion }}
kind: {{ .kind }}
metadata:
  name: {{ .name | default (include "bulkhead.name" .service) }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "bulkhead.labels" . | nindent 4 }}
    {{- with .labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
