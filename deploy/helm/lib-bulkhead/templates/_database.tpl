{{/* The service's own database: a CloudNativePG cluster of its own or a database in one that is there, or its URL alone. */}}
{{- define "bulkhead.database" -}}
{{- $name := printf "%s-database" (include "bulkhead.name" .) }}
{{- $database := .Chart.Name | replace "-" "_" }}
{{- with .Values.database.externalSecret }}
{{- if .enabled }}
{{ include "bulkhead.head" (dict "service" $ "apiVersion" "external-secrets.io/v1" "kind" "ExternalSecret" "name" $name) }}
spec:
  refreshInterval: {{ .refreshInterval }}
  secretStoreRef:
    kind: {{ .store.kind }}
    name: {{ required "database.externalSecret.store.name: which store?" .store.name }}
  target: {name: {{ $name }}}
  data:
    - secretKey: {{ $.Values.database.secret.key }}
      remoteRef:
        key: {{ required "database.externalSecret.remoteKey: which entry of the store?" .remoteKey }}
        {{- with .property }}
        property: {{ . }}
        {{- end }}
{{- end }}
{{- end }}
{{- with .Values.database.cnpg }}
{{- if .enabled }}
{{- if not .cluster }}
---
{{ include "bulkhead.head" (dict "service" $ "apiVersion" "postgresql.cnpg.io/v1" "kind" "Cluster" "name" $name "annotations" (dict "helm.sh/resource-policy" "keep")) }}
spec:
  instances: {{ int .instances }}
  {{- with .image }}
  imageName: {{ . }}
  {{- end }}
  storage:
    size: {{ .size }}
    {{- with .storageClass }}
    storageClass: {{ . }}
    {{- end }}
  bootstrap:
    initdb:
      database: {{ $database }}
      owner: {{ $database }}
      # Records sort by code point, as in Python.
      encoding: UTF8
      localeCollate: C
      localeCType: C
  postgresql:
    parameters:
      max_connections: {{ int $.Values.database.maxConnections | quote }}
      # One transaction left open holds back the relay of all events (docs/adr/0002).
      idle_in_transaction_session_timeout: 60s
{{- else }}
---
{{ include "bulkhead.head" (dict "service" $ "apiVersion" "postgresql.cnpg.io/v1" "kind" "Database" "name" $name "annotations" (dict "helm.sh/resource-policy" "keep")) }}
spec:
  name: {{ $database }}
  owner: {{ $database }}
  cluster: {name: {{ .cluster }}}
  databaseReclaimPolicy: retain
  template: template0
  encoding: UTF8
  localeCollate: C
  localeCType: C
{{- end }}
{{- end }}
{{- end }}
{{- end }}
