{{- define "bulkhead.clusterService" -}}
{{ include "bulkhead.head" (dict "service" .service "component" .component "apiVersion" "v1" "kind" "Service" "name" (printf "%s-%s" (include "bulkhead.name" .service) .component)) }}
spec:
  {{- with .clusterIP }}
  clusterIP: {{ . }}
  {{- end }}
  selector:
    {{- include "bulkhead.selector" . | nindent 4 }}
  ports:
    - {name: http, port: 80, targetPort: http}
{{- end }}

{{- define "bulkhead.apiService" -}}
{{ include "bulkhead.clusterService" (dict "service" . "component" "api") }}
{{- end }}

{{/* For its measurements. */}}
{{- define "bulkhead.workerService" -}}
{{- if .Values.metrics.enabled }}
{{ include "bulkhead.clusterService" (dict "service" . "component" "worker" "clusterIP" "None") }}
{{- end }}
{{- end }}

{{/* Its door besides the API, of another protocol. */}}
{{- define "bulkhead.doorService" -}}
{{- $component := include "bulkhead.inOneProcess" .Values.simulation | empty | ternary "worker" "api" -}}
{{- $selector := include "bulkhead.selector" (dict "service" . "component" $component) -}}
{{- $head := dict "service" . "component" $component "apiVersion" "v1" "kind" "Service" -}}
{{- with .own.door }}
{{ include "bulkhead.head" (merge (dict "name" (printf "%s-%s" (include "bulkhead.name" $) .name) "annotations" .annotations) $head) }}
spec:
  type: {{ .type }}
  selector:
    {{- $selector | nindent 4 }}
  ports:
    - {name: {{ .name }}, port: {{ .publicPort }}, targetPort: {{ .name }}}
{{- end }}
{{- end }}

{{/* What the outside may ask: health and measurements are not among it, where a service does not say itself what is. */}}
{{- define "bulkhead.paths" -}}
{{ .own.paths | default "[/v1, /docs, /static-offline-docs]" }}
{{- end }}

{{- define "bulkhead.host" -}}
{{ .Chart.Name }}.{{ required "domain: below which domain is the API reached?" .Values.domain }}
{{- end }}

{{- define "bulkhead.ingress" -}}
{{- if .Values.ingress.enabled }}
{{- $host := include "bulkhead.host" . }}
{{ include "bulkhead.head" (dict "service" . "component" "api" "apiVersion" "networking.k8s.io/v1" "kind" "Ingress" "annotations" .Values.ingress.annotations) }}
spec:
  {{- with .Values.ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with .Values.ingress.tlsSecret }}
  tls:
    - hosts: [{{ $host | quote }}]
      secretName: {{ . }}
  {{- end }}
  rules:
    - host: {{ $host | quote }}
      http:
        paths:
          {{- range $path := include "bulkhead.paths" . | fromYamlArray }}
          - path: {{ $path }}
            pathType: Prefix
            backend:
              service:
                name: {{ include "bulkhead.name" $ }}-api
                port: {name: http}
          {{- end }}
{{- end }}
{{- end }}

{{- define "bulkhead.httpRoute" -}}
{{- if .Values.httpRoute.enabled }}
{{ include "bulkhead.head" (dict "service" . "component" "api" "apiVersion" "gateway.networking.k8s.io/v1" "kind" "HTTPRoute") }}
spec:
  parentRefs:
    {{- toYaml (required "httpRoute.parentRefs: through which gateway?" .Values.httpRoute.parentRefs) | nindent 4 }}
  hostnames: [{{ include "bulkhead.host" . | quote }}]
  rules:
    {{- range $path := include "bulkhead.paths" . | fromYamlArray }}
    - matches:
        - path: {type: PathPrefix, value: {{ $path }}}
      backendRefs:
        - name: {{ include "bulkhead.name" $ }}-api
          port: 80
    {{- end }}
{{- end }}
{{- end }}
