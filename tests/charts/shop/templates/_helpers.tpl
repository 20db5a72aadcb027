{{/* What every object carries. */}}
{{- define "shop.metadata" -}}
labels:
  {{- include "shop.selector" . | nindent 2 }}
  version: {{ .Values.global.version | quote }}
{{- with .Values.global.hook }}
annotations:
  helm.sh/hook: {{ . }}
  helm.sh/hook-delete-policy: hook-succeeded
  # Tiller looks only every two seconds whether an object is gone; nothing here needs it to be.
  helm.sh/hook-delete-timeout: "0"
{{- end }}
{{- end -}}

{{/* What a controller finds its pods by. */}}
{{- define "shop.selector" -}}
app: {{ .Chart.Name }}
release: {{ .Release.Name }}
{{- end -}}

{{/* The labels of a pod template: those of its controller, and the version, so that a new one rolls out. */}}
{{- define "shop.podLabels" -}}
{{- include "shop.selector" . }}
version: {{ .Values.global.version | quote }}
{{- end -}}

{{- define "shop.pod" -}}
automountServiceAccountToken: false
terminationGracePeriodSeconds: 1
securityContext:
  runAsNonRoot: true
  runAsUser: 65534
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "shop.container" -}}
image: {{ .Values.global.image }}
imagePullPolicy: IfNotPresent
resources:
  requests: {cpu: 1m, memory: 8Mi}
  limits: {memory: 32Mi}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}
