{{/*
With Strimzi: the topics this service owns, and a user that may write and read those, read what it listens to, and nothing else.
Both come from the registry of contracts (files/contracts.yaml, made by `make contracts`).
*/}}
{{- define "bulkhead.kafka" -}}
{{- with .Values.kafka }}
{{- if .strimzi.enabled }}
{{- $cluster := dict "strimzi.io/cluster" (required "kafka.strimzi.cluster: the name of the Kafka resource?" .strimzi.cluster) }}
{{- range $topic := $.contracts.owns }}
---
{{ include "bulkhead.head" (dict "service" $ "apiVersion" "kafka.strimzi.io/v1" "kind" "KafkaTopic" "name" (printf "%s%s" $.Values.kafka.topicPrefix $topic.name) "namespace" $.Values.kafka.strimzi.namespace "labels" $cluster "annotations" (dict "helm.sh/resource-policy" "keep")) }}
spec:
  partitions: {{ int $.Values.kafka.partitions }}
  replicas: {{ int $.Values.kafka.strimzi.replicas }}
  config:
    {{- toYaml (merge (dict "min.insync.replicas" (int $.Values.kafka.strimzi.minInSync | toString)) $topic.config) | nindent 4 }}
{{- end }}
---
{{ include "bulkhead.head" (dict "service" $ "apiVersion" "kafka.strimzi.io/v1" "kind" "KafkaUser" "name" (include "bulkhead.kafkaUser" $) "namespace" .strimzi.namespace "labels" $cluster) }}
spec:
  authentication: {type: scram-sha-512}
  authorization:
    type: simple
    acls:
      {{- range $topic := $.contracts.owns }}
      - resource: {type: topic, name: {{ $.Values.kafka.topicPrefix }}{{ $topic.name }}, patternType: literal}
        operations: [Describe, Read, Write]
      {{- end }}
      {{- range $topic := $.contracts.reads }}
      - resource: {type: topic, name: {{ $.Values.kafka.topicPrefix }}{{ $topic }}, patternType: literal}
        operations: [Describe, Read]
      {{- end }}
      - resource: {type: group, name: {{ $.Values.kafka.topicPrefix }}{{ $.contracts.group }}, patternType: literal}
        operations: [Read]
{{- end }}
{{- end }}
{{- end }}
