{{/* The name of everything in the release: at most 50 characters, so that suffixes fit in 63. */}}
{{- define "lastunit.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels that select the pods of one part. Argument: (dict "root" $ "part" "api"). */}}
{{- define "lastunit.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "lastunit.labels" -}}
{{ include "lastunit.selector" . }}
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "lastunit.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "lastunit.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "lastunit.image" -}}
image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end -}}

{{/* The environment of a part. Argument: (dict "root" $ "own" (dict NAME value)). */}}
{{- define "lastunit.env" -}}
envFrom:
  - secretRef: { name: {{ .root.Values.secrets.connections }} }
  - secretRef: { name: {{ .root.Values.secrets.operators }} }
  - secretRef: { name: {{ .root.Values.secrets.system }} }
env:
{{- $settings := merge (dict) .own .root.Values.settings }}
{{- range $name := keys $settings | sortAlpha }}
  - { name: {{ $name }}, value: {{ get $settings $name | quote }} }
{{- end }}
{{- end -}}

{{- define "lastunit.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "lastunit.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Spreads the pods of one part over nodes. Argument: (dict "root" $ "part" "api"). */}}
{{- define "lastunit.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "lastunit.selector" . | nindent 8 }}
{{- end -}}

{{/* The fields that the pods of API and workers share. Argument: (dict "root" $ "of" .Values.api "part" "api"). */}}
{{- define "lastunit.pod" -}}
serviceAccountName: {{ include "lastunit.serviceAccount" .root }}
automountServiceAccountToken: false
# Otherwise a Service with a name such as "metrics" would set METRICS_PORT.
enableServiceLinks: false
securityContext: {{- include "lastunit.podSecurity" . | nindent 2 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
