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
