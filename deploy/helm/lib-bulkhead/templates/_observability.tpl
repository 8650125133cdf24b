{{- define "bulkhead.serviceMonitor" -}}
{{- with .Values.metrics.serviceMonitor }}
{{- if and .enabled $.Values.metrics.enabled }}
{{ include "bulkhead.head" (dict "service" $ "apiVersion" "monitoring.coreos.com/v1" "kind" "ServiceMonitor" "labels" .labels) }}
spec:
  selector:
    matchLabels:
      {{- include "bulkhead.selector" (dict "service" $) | nindent 6 }}
  endpoints:
    - port: http
      path: /metrics
      interval: {{ .interval }}
      relabelings:
        - sourceLabels: [__meta_kubernetes_pod_label_app_kubernetes_io_component]
          targetLabel: component
{{- end }}
{{- end }}
{{- end }}

{{/* Recordings and alarms: the groups of the chart's files/rules.yaml. */}}
{{- define "bulkhead.rules" -}}
{{- $groups := .Files.Get "files/rules.yaml" }}
{{- with .Values.metrics.rules }}
{{- if and .enabled $groups }}
{{ include "bulkhead.head" (dict "service" $ "apiVersion" "monitoring.coreos.com/v1" "kind" "PrometheusRule" "labels" .labels) }}
spec:
  {{- $groups | trim | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/* The dashboards in the chart's files/dashboards, for a Grafana that looks for config maps by label. */}}
{{- define "bulkhead.dashboards" -}}
{{- $found := .Files.Glob "files/dashboards/*.json" }}
{{- with .Values.metrics.dashboards }}
{{- if and .enabled $found }}
{{ include "bulkhead.head" (dict "service" $ "apiVersion" "v1" "kind" "ConfigMap" "name" (printf "%s-dashboards" (include "bulkhead.name" $)) "labels" .labels) }}
data:
  {{- $found.AsConfig | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
