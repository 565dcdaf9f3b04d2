{{/* The name that all objects begin with. The longest behind it is "-control-plane". */}}
{{- define "primatomic.name" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 46 | trimSuffix "-" -}}
{{- end -}}

{{/* What a role's pods are chosen by; it can't change. Takes a dictionary with root and role. */}}
{{- define "primatomic.selector" -}}
app.kubernetes.io/name: primatomic
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end -}}

{{- define "primatomic.labels" -}}
app.kubernetes.io/name: primatomic
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "primatomic.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- include "primatomic.name" . -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}
