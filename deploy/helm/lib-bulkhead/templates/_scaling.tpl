{{- define "bulkhead.apiScaling" -}}
{{- with .Values.api.autoscaling }}
{{- if .enabled }}
{{- $name := printf "%s-api" (include "bulkhead.name" $) }}
{{ include "bulkhead.head" (dict "service" $ "component" "api" "apiVersion" "autoscaling/v2" "kind" "HorizontalPodAutoscaler" "name" $name) }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ $name }}}
  minReplicas: {{ int .minReplicas }}
  maxReplicas: {{ int .maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ int .cpuPercent }}}
  behavior:
    scaleDown: {stabilizationWindowSeconds: 300}
{{- end }}
{{- end }}
{{- end }}

{{/* Workers by what is unread: a trigger for each topic that is read, of which the largest decides. */}}
{{- define "bulkhead.workerScaling" -}}
{{- with .Values.worker.autoscaling }}
{{- if .enabled }}
{{- $name := printf "%s-worker" (include "bulkhead.name" $) }}
{{- $kafka := $.Values.kafka }}
{{- $secured := or $kafka.tls.caSecret.name $kafka.scram.enabled }}
{{ include "bulkhead.head" (dict "service" $ "component" "worker" "apiVersion" "keda.sh/v1alpha1" "kind" "ScaledObject" "name" $name) }}
spec:
  scaleTargetRef: {name: {{ $name }}}
  minReplicaCount: {{ int .minReplicas }}
  maxReplicaCount: {{ int .maxReplicas }}
  cooldownPeriod: 300
  triggers:
    {{- range $topic := $.contracts.reads }}
    - type: kafka
      metadata:
        bootstrapServers: {{ $kafka.bootstrap | quote }}
        consumerGroup: {{ $kafka.topicPrefix }}{{ $.contracts.group }}
        topic: {{ $kafka.topicPrefix }}{{ $topic }}
        lagThreshold: {{ int $.Values.worker.autoscaling.lagPerReplica | quote }}
        offsetResetPolicy: earliest
        {{- if $kafka.tls.enabled }}
        tls: enable
        {{- end }}
        {{- if $kafka.scram.enabled }}
        sasl: scram_sha512
        {{- end }}
      {{- if $secured }}
      authenticationRef: {name: {{ $name }}}
      {{- end }}
    {{- end }}
{{- if $secured }}
---
{{ include "bulkhead.head" (dict "service" $ "component" "worker" "apiVersion" "keda.sh/v1alpha1" "kind" "TriggerAuthentication" "name" $name) }}
spec:
  {{- if $kafka.scram.enabled }}
  env:
    - {parameter: username, name: BULKHEAD_KAFKA_USERNAME, containerName: worker}
  {{- end }}
  secretTargetRef:
    {{- if $kafka.tls.caSecret.name }}
    - {parameter: ca, name: {{ $kafka.tls.caSecret.name }}, key: {{ $kafka.tls.caSecret.key }}}
    {{- end }}
    {{- if $kafka.scram.enabled }}
    - {{ include "bulkhead.kafkaSecret" $ | fromYaml | merge (dict "parameter" "password") | toJson }}
    {{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
