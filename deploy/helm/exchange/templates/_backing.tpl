{{/*
A server for trials: one pod, its name in the cluster, who may reach it.

  name       of all of it, and its component
  image, user, environment, command, arguments     what runs, as whom
  ports      name -> number; `probed` is the name of the one that is asked whether it is there
  data       {path, size} of what is kept. No path that the image has as a volume, nor one above it: there a container
             gets an empty volume of its own, over this one
  scratch    folders that are not
  files      {path, name} of a config map, and the text of each file in `contents`
  callers    peers of a NetworkPolicy
  calls      services whose API it asks, and the name service with it; nobody if left out
*/}}
{{- define "exchange.backing" -}}
{{- $named := dict "service" .chart "component" .name "name" .name -}}
{{- $selector := include "bulkhead.selector" $named -}}
{{ include "bulkhead.head" (mergeOverwrite (deepCopy (omit $named "service")) (dict "service" .chart "apiVersion" "v1" "kind" "Service")) }}
spec:
  selector:
    {{- $selector | nindent 4 }}
  ports:
    {{- range $port, $number := .ports }}
    - {name: {{ $port }}, port: {{ $number }}, targetPort: {{ $port }}}
    {{- end }}
---
{{ include "bulkhead.head" (mergeOverwrite (deepCopy (omit $named "service")) (dict "service" .chart "apiVersion" "networking.k8s.io/v1" "kind" "NetworkPolicy")) }}
spec:
  podSelector:
    matchLabels:
      {{- $selector | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        {{- toYaml .callers | nindent 8 }}
      ports:
        {{- range $port, $_ := .ports }}
        - {protocol: TCP, port: {{ $port }}}
        {{- end }}
  {{- with .calls }}
  egress:
    - ports:
        - {protocol: UDP, port: 53}
        - {protocol: TCP, port: 53}
    - to:
        {{- range . }}
        - podSelector: {matchLabels: {app.kubernetes.io/name: {{ . }}, app.kubernetes.io/component: api}}
        {{- end }}
      ports:
        - {protocol: TCP, port: 8000}
  {{- else }}
  egress: []
  {{- end }}
{{- with .files }}
---
{{ include "bulkhead.head" (mergeOverwrite (deepCopy (omit $named "service")) (dict "service" $.chart "apiVersion" "v1" "kind" "ConfigMap")) }}
data:
  {{- toYaml .contents | nindent 2 }}
{{- end }}
---
{{ include "bulkhead.head" (mergeOverwrite (deepCopy (omit $named "service")) (dict "service" .chart "apiVersion" "apps/v1" "kind" "StatefulSet")) }}
spec:
  replicas: 1
  serviceName: {{ .name }}
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "bulkhead.labels" $named | nindent 8 }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext:
        runAsNonRoot: true
        runAsUser: {{ .user }}
        runAsGroup: {{ .user }}
        fsGroup: {{ .user }}
        # PostgreSQL refuses a data folder whose group may write to it.
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: {{ .name }}
          image: {{ .image }}
          imagePullPolicy: IfNotPresent
          {{- with .command }}
          command:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with .arguments }}
          args:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with .environment }}
          env:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          ports:
            {{- range $port, $number := .ports }}
            - {name: {{ $port }}, containerPort: {{ $number }}}
            {{- end }}
          startupProbe:
            tcpSocket: {port: {{ .probed }}}
            periodSeconds: 1
            failureThreshold: 600
          livenessProbe:
            tcpSocket: {port: {{ .probed }}}
          readinessProbe:
            tcpSocket: {port: {{ .probed }}}
          resources:
            requests: {cpu: 50m, memory: {{ .memory }}}
            limits: {memory: {{ .most }}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          volumeMounts:
            {{- with .data }}
            - {name: data, mountPath: {{ .path }}}
            {{- end }}
            {{- with .files }}
            - {name: files, mountPath: {{ .path }}, readOnly: true}
            {{- end }}
            {{- range .scratch }}
            - {name: scratch, mountPath: {{ . }}, subPath: {{ trimPrefix "/" . | replace "/" "-" }}}
            {{- end }}
      volumes:
        - name: scratch
          emptyDir: {sizeLimit: 256Mi}
        {{- with .files }}
        - name: files
          configMap: {name: {{ $.name }}}
        {{- end }}
  {{- with .data }}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests: {storage: {{ .size }}}
  {{- end }}
{{- end }}

{{/* Pods of services, of all components or of one, in this release or releases of their own. */}}
{{- define "exchange.callers" -}}
{{- range . }}
- podSelector: {matchLabels: {app.kubernetes.io/part-of: bulkhead, app.kubernetes.io/component: {{ . }}}}
{{- end }}
{{- end }}
