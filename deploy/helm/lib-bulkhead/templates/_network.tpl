{{/*
Who may reach whom, and nobody else. A service never asks another; what it asks is named in `asks` of its chart. Of
whom it is asked is `callers` (who routes requests to it) and `scrapers` (who collects its measurements).
*/}}
{{- define "bulkhead.networkPolicies" -}}
{{- if .Values.networkPolicy.enabled }}
{{- $asked := list }}
{{- if .Values.auth.jwksUrl }}
{{- $asked = list "issuer" }}
{{- end }}
{{- $told := list }}
{{- if .Values.settings.BULKHEAD_OTLP_ENDPOINT }}
{{- $told = list "collector" }}
{{- end }}
{{- $worked := concat $told (list "kafka") ((.own.asks).worker | default list) }}
{{- $answered := concat (list "dns" "database") $asked $told ((.own.asks).api | default list) }}
{{- if include "bulkhead.inOneProcess" .Values.simulation }}
{{- include "bulkhead.networkPolicy" (dict "service" . "component" "api" "works" true "asks" (concat $answered $worked | uniq)) }}
{{- else }}
{{- include "bulkhead.networkPolicy" (dict "service" . "component" "api" "works" false "asks" $answered) }}
---
{{ include "bulkhead.networkPolicy" (dict "service" . "component" "worker" "works" true "asks" (concat (list "dns" "database") $worked)) }}
{{- end }}
---
{{ include "bulkhead.networkPolicy" (dict "service" . "component" "migration" "works" false "asks" (list "dns" "database")) }}
{{- end }}
{{- end }}

{{- define "bulkhead.networkPolicy" -}}
{{- $network := .service.Values.networkPolicy -}}
{{- $from := list -}}
{{- if ne .component "migration" -}}
{{- if eq .component "api" -}}
{{- $from = concat $from $network.callers -}}
{{- end -}}
{{- if .service.Values.metrics.enabled -}}
{{- $from = concat $from $network.scrapers -}}
{{- end -}}
{{- end -}}
{{ include "bulkhead.head" (dict "service" .service "component" .component "apiVersion" "networking.k8s.io/v1" "kind" "NetworkPolicy" "name" (printf "%s-%s" (include "bulkhead.name" .service) .component)) }}
spec:
  podSelector:
    matchLabels:
      {{- include "bulkhead.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- $door := .works | default false | ternary (.service.own).door false }}
  {{- if or $from $door }}
  ingress:
    {{- with uniq $from }}
    - from:
        {{- toYaml . | nindent 8 }}
      ports:
        - {protocol: TCP, port: http}
    {{- end }}
    {{- with $door }}
    - from:
        {{- toYaml .callers | nindent 8 }}
      ports:
        - {protocol: TCP, port: {{ .name }}}
    {{- end }}
  {{- end }}
  egress:
    {{- range $name := .asks }}
    {{- $peer := index $network $name }}
    # {{ $name }}
    - ports:
        {{- if eq $name "dns" }}
        - {protocol: UDP, port: {{ int $peer.port }}}
        {{- end }}
        - {protocol: TCP, port: {{ int $peer.port }}}
      {{- with $peer.to }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- end }}
{{- end }}
