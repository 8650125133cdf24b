{{- define "bulkhead.serviceMonitor" -}}
{{- with .Values.metrics.serviceMonitor }}
{{- if and .enabled $.Values.metrics.enabled }}
{{ include "bulkhead.head" (dict "service" $ "apiVersion" "monitoring.coreos.com/v1" "kind" "ServiceMonitor" "labels" .labels) }}
spec:
  # API and worker are one job: objectives are a service's.
  jobLabel: app.kubernetes.io/name
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
