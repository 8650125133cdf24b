{{/* Where the database's URL is: a name and a key of a secret. CloudNativePG has its own way with both. */}}
{{- define "bulkhead.databaseSecret" -}}
{{- with .Values.database -}}
{{- $name := printf "%s-database" (include "bulkhead.name" $) -}}
{{- if and .cnpg.enabled (not .cnpg.cluster) -}}
{name: {{ $name }}-app, key: uri}
{{- else -}}
{name: {{ .secret.name | default $name }}, key: {{ .secret.key }}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* As whom the service logs in to Kafka, and the secret with the password. */}}
{{- define "bulkhead.kafkaUser" -}}
{{ .Values.kafka.scram.username | default (include "bulkhead.name" .) }}
{{- end }}

{{- define "bulkhead.kafkaSecret" -}}
{{- with .Values.kafka.scram.secret -}}
{name: {{ .name | default (include "bulkhead.kafkaUser" $) }}, key: {{ .key }}}
{{- end -}}
{{- end }}

{{/* What the process is told. Who does no work reaches neither Kafka nor a server of the worker's, and is not told how to log in there. */}}
{{- define "bulkhead.environment" -}}
{{- $values := .service.Values -}}
{{- $own := .service.own -}}
- name: BULKHEAD_DATABASE_URL
  valueFrom:
    secretKeyRef: {{ include "bulkhead.databaseSecret" .service }}
- name: BULKHEAD_KAFKA_BOOTSTRAP
  value: {{ required "kafka.bootstrap: where are Kafka's brokers?" $values.kafka.bootstrap | quote }}
- name: BULKHEAD_TOPIC_PREFIX
  value: {{ $values.kafka.topicPrefix | quote }}
- name: BULKHEAD_PARTITIONS
  value: {{ int $values.kafka.partitions | quote }}
{{- if $values.kafka.tls.enabled }}
- name: BULKHEAD_KAFKA_TLS
  value: "on"
{{- if and .works $values.kafka.tls.caSecret.name }}
- name: BULKHEAD_KAFKA_CA
  value: /etc/bulkhead/kafka/ca.crt
{{- end }}
{{- end }}
{{- if and .works $values.kafka.scram.enabled }}
- name: BULKHEAD_KAFKA_USERNAME
  value: {{ include "bulkhead.kafkaUser" .service | quote }}
- name: BULKHEAD_KAFKA_PASSWORD
  valueFrom:
    secretKeyRef: {{ include "bulkhead.kafkaSecret" .service }}
{{- end }}
- name: BULKHEAD_JWKS
  value: {{ empty $values.auth.keySet | ternary $values.auth.jwksUrl "/etc/bulkhead/keys/jwks.json" | quote }}
- name: BULKHEAD_JWT_ISSUER
  value: {{ required "auth.issuer: whose tokens are believed?" $values.auth.issuer | quote }}
- name: BULKHEAD_JWT_AUDIENCE
  value: {{ required "auth.audience: for whom must tokens be?" $values.auth.audience | quote }}
- name: BULKHEAD_METRICS
  value: {{ $values.metrics.enabled | ternary "on" "off" | quote }}
{{- if ne .component "migration" }}
- name: BULKHEAD_GRACE_SECONDS
  value: {{ int (index $values .component).graceSeconds | quote }}
{{- end }}
{{- with $values.simulation.start }}
- name: BULKHEAD_SIMULATION_START
  value: {{ . | quote }}
{{- end }}
{{- range $variable, $folder := $own.folders }}
- name: {{ $variable }}
  value: /srv/files/{{ $folder }}
{{- end }}
{{- range $variable, $value := $own.environment }}
- name: {{ $variable }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- range $variable, $secret := $own.neededSecrets }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      {{- toYaml $secret | nindent 6 }}
{{- end }}
{{- if ne .component "migration" }}
{{- range $variable, $value := $own.serving }}
- name: {{ $variable }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- range $variable, $secret := $own.servingSecrets }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      {{- toYaml $secret | nindent 6 }}
{{- end }}
{{- else }}
{{- range $variable, $value := $own.migrating }}
- name: {{ $variable }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}
{{- range $variable, $secret := .works | ternary $own.secrets dict }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      {{- toYaml $secret | nindent 6 }}
{{- end }}
{{- range $variable, $secret := eq .component "api" | ternary $own.apiSecrets dict }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      {{- toYaml (merge (dict "optional" true) $secret) | nindent 6 }}
{{- end }}
{{- range $variable, $field := $own.fields }}
- name: {{ $variable }}
  valueFrom:
    fieldRef:
      fieldPath: {{ $field }}
{{- end }}
{{- range $variable, $value := $values.settings }}
- name: {{ $variable }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}
