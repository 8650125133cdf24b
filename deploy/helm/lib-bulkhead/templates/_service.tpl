{{/*
All of a service: what its chart includes, with what only this service has.

  chart   the chart's own context
  own     folders      variable -> folder of the service's volume, for what is exchanged by files
          environment  variable -> value, beyond what every service is told
          neededSecrets  variable -> {name, key} of an existing secret, for each container, the migration's too
          secrets      variable -> {name, key} of an existing secret, for who does the worker's work
          apiSecrets   variable -> {name, key} of a secret, for who answers requests, and does so without it too
          serving      variable -> value, for who answers requests or does the worker's work, and not for who migrates
          servingSecrets  variable -> {name, key} of an existing secret, for the same
          migrating    variable -> value, for who migrates alone
          asks         whom besides its database and Kafka it asks: {api: [...], worker: [...]}, each by the name
                       of its value below networkPolicy
          door         a door of another protocol than HTTP, a container beside who does the worker's work: its name,
                       command, port, publicPort, type and annotations of its Service, callers, secret (mounted below
                       /etc/bulkhead), environment and resources
          beside       containers beside who does the worker's work at which nobody knocks: a list, each with name,
                       command, secret, environment and resources as a door has them

What all services of an umbrella share stands once, in global.exchange, and goes before a service's own values.
*/}}
{{- define "bulkhead.service" -}}
{{- $values := mergeOverwrite (deepCopy .chart.Values) (deepCopy ((.chart.Values.global).exchange | default dict)) -}}
{{- $contracts := .chart.Files.Get "files/contracts.yaml" | fromYaml -}}
{{- $service := dict "Values" $values "Chart" .chart.Chart "Release" .chart.Release "Files" .chart.Files "own" .own "contracts" $contracts -}}
{{- include "bulkhead.checked" $service -}}
{{- $worker := empty (include "bulkhead.inOneProcess" $values.simulation) | ternary (list "worker" "workerService" "workerDisruption" "workerScaling") list -}}
{{- range $part := concat (list
    "account" "keys" "volume" "database" "kafka" "migration"
    "api" "apiService" "apiDisruption" "apiScaling" "doorService" "ingress" "httpRoute"
    "networkPolicies" "serviceMonitor") $worker }}
{{- with include (printf "bulkhead.%s" $part) $service | trim }}
---
{{ . }}
{{ end }}
{{- end }}
{{- end }}

{{/* Whether one process does all of a service's work, by its value `simulation`: `true`, or nothing. */}}
{{- define "bulkhead.inOneProcess" -}}
{{- if and .start (not .apart) }}true{{ end -}}
{{- end }}

{{/* Says what does not go together, before anything is installed. */}}
{{- define "bulkhead.checked" -}}
{{- $database := .Values.database -}}
{{- if and (eq .Values.migration.mode "hook") (or $database.cnpg.enabled $database.externalSecret.enabled) -}}
{{- fail "migration.mode: a hook runs before what makes the database's secret in this release; set it to job" -}}
{{- end -}}
{{- if not (or .Values.auth.jwksUrl .Values.auth.keySet) -}}
{{- fail "auth: give the issuer's public keys, by jwksUrl or as keySet" -}}
{{- end -}}
{{- if and .Values.kafka.scram.enabled (not .Values.kafka.tls.enabled) -}}
{{- fail "kafka.scram: only with kafka.tls" -}}
{{- end -}}
{{- $most := .Values.worker.autoscaling.enabled | ternary .Values.worker.autoscaling.maxReplicas .Values.worker.replicas -}}
{{- if gt (int $most) (int .Values.kafka.partitions) -}}
{{- fail (printf "worker: %d replicas and %d partitions (kafka.partitions): the others would have nothing to read" (int $most) (int .Values.kafka.partitions)) -}}
{{- end -}}
{{- $answering := int (.Values.api.autoscaling.enabled | ternary .Values.api.autoscaling.maxReplicas .Values.api.replicas) -}}
{{- $together := include "bulkhead.inOneProcess" .Values.simulation -}}
{{- $working := empty $together | ternary (int $most) 0 -}}
{{- $connections := int (.Values.settings.BULKHEAD_DATABASE_CONNECTIONS | default 10) -}}
{{- $beside := mul 2 (max 1 $working) (add (len (.own.beside | default list)) (empty .own.door | ternary 0 1)) -}}
{{- if gt (add $beside (mul (add $answering $working) $connections)) (int $database.maxConnections) -}}
{{- fail (printf "database.maxConnections: %d APIs and %d workers of %d connections (settings.BULKHEAD_DATABASE_CONNECTIONS) are more than %d; let the server take more and say so, or run fewer" $answering $working $connections (int $database.maxConnections)) -}}
{{- end -}}
{{- if and .own.folders (gt (int $most) 1) (not (has "ReadWriteMany" .Values.files.accessModes)) -}}
{{- fail (printf "worker: %d replicas and a volume of one node (files.accessModes); give it ReadWriteMany, or set worker.replicas or worker.autoscaling.maxReplicas to 1" (int $most)) -}}
{{- end -}}
{{- if .Values.networkPolicy.enabled -}}
{{- if and (or .Values.ingress.enabled .Values.httpRoute.enabled) (not .Values.networkPolicy.callers) -}}
{{- fail "networkPolicy.callers: nobody is let in to the API, so no request of the ingress or httpRoute arrives; name the router's pods, or set networkPolicy.enabled to false" -}}
{{- end -}}
{{- if and .own.door (not (.own.door).callers) -}}
{{- fail (printf "%s.callers: nobody is let in to it; name the addresses that may, as ipBlock, or set networkPolicy.enabled to false" .own.door.name) -}}
{{- end -}}
{{- if and .Values.metrics.enabled .Values.metrics.serviceMonitor.enabled (not .Values.networkPolicy.scrapers) -}}
{{- fail "networkPolicy.scrapers: nobody is let in to the measurements that metrics.serviceMonitor has fetched; name Prometheus' pods, or set networkPolicy.enabled to false" -}}
{{- end -}}
{{- end -}}
{{- if and $together (or .Values.api.autoscaling.enabled (gt (int .Values.api.replicas) 1)) -}}
{{- fail "simulation: one process does all of a service's work; set api.replicas to 1 and api.autoscaling.enabled to false, or simulation.apart to true" -}}
{{- end -}}
{{- end }}
