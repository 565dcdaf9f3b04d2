"""The Helm chart, rendered by Helm's own library and checked against Kubernetes' schemas."""

import unittest

import helm_python
import kubernetes_validate
import yaml
from known import DEPLOY, ROLES, check_command, variables

CHART = DEPLOY / "helm/primatomic"
VERSIONS = ["1.27", "1.31", "1.37"]
REQUIRED = {
    "nats": {
        "servers": ["nats://nats-0.nats:4222", "nats://nats-1.nats:4222"],
        "monitors": ["http://nats-0.nats:8222", "http://nats-1.nats:8222"],
        "secret": {"name": "nats-login"},
    },
    "database": {"secret": {"name": "database"}},
    "s3": {"bucket": "events"},
}
SCALED = {"autoscaling": {"enabled": True}, "settings": {"PRIMATOMIC_LOG": "debug"}}
EVERYTHING = REQUIRED | {
    "fullnameOverride": "log",
    "image": {"repository": "registry.example.com/primatomic", "tag": "1.2.3",
              "pullSecrets": [{"name": "registry"}]},
    "s3": {"bucket": "events", "prefix": "a/b", "region": "eu-central-1", "pathStyle": True,
           "endpoint": "https://s3.example.com", "secret": {"name": "s3-key"}},
    "serviceAccount": {"annotations": {"example.com/role": "reader"}},
    "publicUrl": "https://log.example.com",
    "mail": {"from": "Log <no-reply@log.example.com>", "secret": {"name": "smtp"}},
    "trustedProxies": ["10.0.0.1", "10.0.0.2"],
    "shutdownTimeoutSecs": 90,
    "settings": {"PRIMATOMIC_RATE_LIMIT": "500"},
    "controlPlane": SCALED | {"podAnnotations": {"example.com/scrape": "true"}},
    "worker": SCALED | {"nodeSelector": {"pool": "views"},
                        "tolerations": [{"key": "views", "operator": "Exists"}]},
    "ingress": {"enabled": True, "className": "nginx", "hosts": ["log.example.com"],
                "annotations": {"example.com/timeout": "3600"},
                "tls": [{"secretName": "tls", "hosts": ["log.example.com"]}]},
    "networkPolicy": {"apiFrom": [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}],
                      "metricsFrom": [{"namespaceSelector": {"matchLabels": {"name": "metrics"}}}]},
}


def render(values):
    """The objects by kind and name."""
    with helm_python.Chart.load(str(CHART)) as chart:
        files = chart.render(values, name="demo", namespace="production")
    objects = {}
    for name, text in files.items():
        if name.endswith(".txt"):
            continue
        for item in yaml.safe_load_all(text):
            if item is not None:
                key = (item["kind"], item["metadata"]["name"])
                assert key not in objects, f"{key} is there twice"
                objects[key] = item
    return objects


def deployments(objects):
    return {name: item for (kind, name), item in objects.items() if kind == "Deployment"}


def container(deployment):
    return deployment["spec"]["template"]["spec"]["containers"][0]


class Rendered(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plain, cls.full = render(REQUIRED), render(EVERYTHING)

    def test_objects_have_the_shapes_of_kubernetes(self):
        for objects in (self.plain, self.full):
            for key, item in objects.items():
                for version in VERSIONS:
                    with self.subTest(key=key, version=version):
                        kubernetes_validate.validate(item, version, strict=True)

    def test_a_wrong_shape_would_be_noticed(self):
        item = dict(self.plain[("Service", "demo")], spec={"ports": [{"port": "eighty"}]})
        with self.assertRaises(Exception):
            kubernetes_validate.validate(item, VERSIONS[0], strict=True)

    def test_helm_finds_nothing_to_complain_about(self):
        report = helm_python.lint(str(CHART), EVERYTHING, strict=True)
        # Helm recommends an icon, at the level of information.
        self.assertEqual([it for it in report["messages"] if it["severity"] > 1], [])

    def test_kinds(self):
        kinds = sorted(kind for kind, _ in self.plain)
        self.assertEqual(
            kinds,
            ["ConfigMap"] + ["Deployment"] * 3 + ["NetworkPolicy"] * 3
            + ["PodDisruptionBudget"] * 3 + ["Service", "ServiceAccount"],
        )
        kinds = {kind for kind, _ in self.full}
        self.assertLessEqual({"Ingress", "HorizontalPodAutoscaler"}, kinds)

    def test_every_role_is_served_by_known_commands_and_variables(self):
        for objects in (self.plain, self.full):
            roles = set()
            settings = next(it["data"] for (kind, _), it in objects.items() if kind == "ConfigMap")
            self.assertEqual(set(settings) - variables(), set())
            for item in deployments(objects).values():
                check_command(container(item)["args"])
                roles.add(container(item)["args"][1])
                given = {it["name"] for it in container(item)["env"]}
                self.assertEqual(given - variables(), set())
            self.assertEqual(roles, ROLES - {"all"})

    def test_probes_ask_ports_that_are_open(self):
        for name, item in deployments(self.full).items():
            ports = {port["name"]: port["containerPort"] for port in container(item)["ports"]}
            asked = "http" if name.endswith("control-plane") else "internal"
            for probe, path in (("startupProbe", "/health/live"), ("livenessProbe", "/health/live"),
                                ("readinessProbe", "/health/ready")):
                get = container(item)[probe]["httpGet"]
                self.assertEqual((get["path"], get["port"]), (path, asked))
            self.assertIn(asked, ports)
        image = (DEPLOY / "Dockerfile").read_text()
        self.assertIn("PRIMATOMIC_LISTEN=0.0.0.0:8080", image)
        self.assertIn("PRIMATOMIC_INTERNAL_LISTEN=0.0.0.0:9090", image)
        self.assertEqual(ports["internal"], 9090)

    def test_selectors_choose_their_pods_and_no_others(self):
        for objects in (self.plain, self.full):
            pods = {name: item["spec"]["template"]["metadata"]["labels"]
                    for name, item in deployments(objects).items()}

            def chosen(selector):
                return {name for name, labels in pods.items() if selector.items() <= labels.items()}

            for (kind, name), item in objects.items():
                spec = item.get("spec", {})
                if kind in ("Deployment", "PodDisruptionBudget"):
                    self.assertEqual(chosen(spec["selector"]["matchLabels"]), {name})
                if kind == "NetworkPolicy":
                    self.assertEqual(chosen(spec["podSelector"]["matchLabels"]), {name})
                if kind == "HorizontalPodAutoscaler":
                    self.assertIn(spec["scaleTargetRef"]["name"], pods)
                    self.assertNotIn("replicas", objects[("Deployment", name)]["spec"])
                if kind == "Service":
                    self.assertEqual(chosen(spec["selector"]), {f"{name}-control-plane"})
                if kind == "Ingress":
                    backend = spec["rules"][0]["http"]["paths"][0]["backend"]["service"]
                    self.assertIn(("Service", backend["name"]), objects)

    def test_a_stop_has_time(self):
        pod = deployments(self.full)["log-worker"]["spec"]["template"]["spec"]
        settings = self.full[("ConfigMap", "log")]["data"]
        timeout = int(settings["PRIMATOMIC_SHUTDOWN_TIMEOUT_SECS"])
        self.assertEqual(timeout, 90)
        self.assertGreaterEqual(pod["terminationGracePeriodSeconds"], timeout + 30)

    def test_pods_are_confined(self):
        for item in deployments(self.plain).values():
            pod = item["spec"]["template"]["spec"]
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            context = container(item)["securityContext"]
            self.assertTrue(context["readOnlyRootFilesystem"])
            self.assertEqual(context["capabilities"]["drop"], ["ALL"])
            written = {mount["mountPath"] for mount in container(item)["volumeMounts"]}
            self.assertEqual(written, {"/var/lib/primatomic", "/tmp"})

    def test_values_reach_the_pods(self):
        settings = self.full[("ConfigMap", "log")]["data"]
        self.assertEqual(settings["PRIMATOMIC_NATS"], ",".join(REQUIRED["nats"]["servers"]))
        self.assertEqual(settings["PRIMATOMIC_RATE_LIMIT"], "500")
        self.assertEqual(settings["PRIMATOMIC_S3_PATH_STYLE"], "true")
        worker = container(deployments(self.full)["log-worker"])
        values = {it["name"]: it.get("value") for it in worker["env"]}
        # A role's settings are merged with the defaults of the chart.
        self.assertEqual(values["PRIMATOMIC_LOG"], "debug")
        self.assertEqual(values["PRIMATOMIC_VIEWS_MEMORY"], "2G")
        self.assertIn("AWS_SECRET_ACCESS_KEY", values)
        self.assertIn("PRIMATOMIC_SMTP_URL", values)
        plain = container(deployments(self.plain)["demo-worker"])
        self.assertNotIn("AWS_SECRET_ACCESS_KEY", {it["name"] for it in plain["env"]})

    def test_changed_settings_start_new_pods(self):
        def checksums(objects):
            return {item["spec"]["template"]["metadata"]["annotations"]["checksum/settings"]
                    for item in deployments(objects).values()}

        changed = render(REQUIRED | {"settings": {"PRIMATOMIC_RATE_LIMIT": "7"}})
        self.assertTrue(checksums(changed).isdisjoint(checksums(self.plain)))

    def test_no_secret_is_in_the_settings(self):
        for objects in (self.plain, self.full):
            text = yaml.safe_dump(next(it for (kind, _), it in objects.items() if kind == "ConfigMap"))
            for word in ("PASSWORD", "DATABASE_URL", "SMTP_URL", "SECRET"):
                self.assertNotIn(word, text)


class Refused(unittest.TestCase):
    def refused(self, values):
        with helm_python.Chart.load(str(CHART)) as chart:
            with self.assertRaises(helm_python.HelmError):
                chart.validate_schema(values)
                chart.render(values, name="demo", namespace="production")

    def test_what_must_be_set(self):
        for section in REQUIRED:
            self.refused({key: value for key, value in REQUIRED.items() if key != section})

    def test_misspelt_values(self):
        self.refused(REQUIRED | {"replicas": 3})
        self.refused(REQUIRED | {"worker": {"replica": 3}})
        self.refused(REQUIRED | {"settings": {"RATE_LIMIT": "3"}})

    def test_an_ingress_without_a_host(self):
        self.refused(REQUIRED | {"ingress": {"enabled": True}})


if __name__ == "__main__":
    unittest.main()
