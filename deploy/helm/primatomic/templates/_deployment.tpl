{{/*
The deployment of a role. Takes a dictionary with
  root    the top-level scope
  role    as `primatomic serve` names it
  values  the role's section of the values
  port    the port that the probes ask: http where there is the HTTP API, else internal
*/}}
{{- define "primatomic.deployment" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "primatomic.name" $root }}-{{ .role }}
  labels:
    {{- include "primatomic.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .role }}
spec:
  {{- if not (and .values.autoscaling .values.autoscaling.enabled) }}
  replicas: {{ .values.replicas }}
  {{- end }}
  strategy:
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "primatomic.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "primatomic.selector" . | nindent 8 }}
      annotations:
        # A change of the settings starts new pods.
        checksum/settings: {{ include (print $root.Template.BasePath "/configmap.yaml") $root | sha256sum }}
        {{- with .values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "primatomic.serviceAccount" $root }}
      # Nothing here calls Kubernetes.
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- with $values.image.pullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      # Views are saved after the requests under way are answered.
      terminationGracePeriodSeconds: {{ add $values.shutdownTimeoutSecs 30 }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile:
          type: RuntimeDefault
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels:
                    {{- include "primatomic.selector" . | nindent 20 }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "primatomic.selector" . | nindent 14 }}
      {{- with .values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: primatomic
          image: "{{ $values.image.repository }}:{{ default $root.Chart.AppVersion $values.image.tag }}"
          imagePullPolicy: {{ $values.image.pullPolicy }}
          args: [serve, {{ .role }}]
          ports:
            {{- if eq .port "http" }}
            - name: http
              containerPort: 8080
            {{- end }}
            - name: internal
              containerPort: 9090
          envFrom:
            - configMapRef:
                name: {{ include "primatomic.name" $root }}
          env:
            {{- include "primatomic.secrets" $root | nindent 12 }}
            {{- range $name, $value := .values.settings }}
            - name: {{ $name }}
              value: {{ $value | quote }}
            {{- end }}
          startupProbe:
            httpGet: { path: /health/live, port: {{ .port }} }
            periodSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet: { path: /health/live, port: {{ .port }} }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: { path: /health/ready, port: {{ .port }} }
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 3
          lifecycle:
            preStop:
              # New requests go elsewhere before the process is asked to stop.
              exec: { command: [sleep, "5"] }
          resources:
            {{- toYaml .values.resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: data
              mountPath: /var/lib/primatomic
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: data
          emptyDir: {}
        - name: tmp
          emptyDir: {}
{{- end -}}

{{/* What comes from secrets. */}}
{{- define "primatomic.secrets" -}}
- name: PRIMATOMIC_NATS_USER
  valueFrom:
    secretKeyRef:
      name: {{ .Values.nats.secret.name }}
      key: {{ .Values.nats.secret.userKey }}
- name: PRIMATOMIC_NATS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ .Values.nats.secret.name }}
      key: {{ .Values.nats.secret.passwordKey }}
- name: PRIMATOMIC_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.database.secret.name }}
      key: {{ .Values.database.secret.urlKey }}
{{- with .Values.mail.secret }}
{{- if .name }}
- name: PRIMATOMIC_SMTP_URL
  valueFrom:
    secretKeyRef:
      name: {{ .name }}
      key: {{ .urlKey }}
{{- end }}
{{- end }}
{{- with .Values.s3.secret }}
{{- if .name }}
- name: AWS_ACCESS_KEY_ID
  valueFrom:
    secretKeyRef:
      name: {{ .name }}
      key: {{ .accessKeyIdKey }}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .name }}
      key: {{ .secretAccessKeyKey }}
{{- end }}
{{- end }}
{{- end -}}

{{/* How many pods of a role may be away at a time. */}}
{{- define "primatomic.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "primatomic.name" .root }}-{{ .role }}
  labels:
    {{- include "primatomic.labels" .root | nindent 4 }}
spec:
  maxUnavailable: {{ .values.disruptionBudget.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "primatomic.selector" . | nindent 6 }}
{{- end -}}

{{/* How many pods of a role there are, by what they compute. */}}
{{- define "primatomic.autoscaler" -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "primatomic.name" .root }}-{{ .role }}
  labels:
    {{- include "primatomic.labels" .root | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "primatomic.name" .root }}-{{ .role }}
  minReplicas: {{ .values.autoscaling.minReplicas }}
  maxReplicas: {{ .values.autoscaling.maxReplicas }}
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 600
      policies:
        - type: Pods
          value: 1
          periodSeconds: 120
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .values.autoscaling.targetCpuPercent }}
{{- end -}}
