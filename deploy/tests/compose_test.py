"""compose.yaml: whatever it refers to exists."""

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml
from known import DEPLOY, ROLES, assigned, check_command, variables

FILE = DEPLOY / "compose.yaml"
# `${NAME}`, `${NAME:?message}` and `${NAME:-default}`.
REFERENCE = re.compile(r"\$\{(\w+)(:-)?[^}]*\}")


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = FILE.read_text()
        cls.services = yaml.safe_load(cls.text)["services"]
        cls.document = yaml.safe_load(cls.text)

    def test_every_reference_is_in_the_generated_file(self):
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / ".env"
            script = DEPLOY / "generate-env.sh"
            subprocess.run([script, file], check=True, capture_output=True)
            made = assigned(file)
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
            self.assertEqual(len(set(made.values())), len(made))
            for value in made.values():
                # A NATS server would read one without the letter as a number.
                self.assertRegex(value, "^p[0-9a-f]{48}$")
            again = subprocess.run([script, file], capture_output=True)
            self.assertNotEqual(again.returncode, 0)
            self.assertEqual(assigned(file), made)
        needed = {name for name, default in REFERENCE.findall(self.text) if not default}
        self.assertEqual(needed, set(made))

    def test_names_exist(self):
        for name, service in self.services.items():
            with self.subTest(service=name):
                self.assertLessEqual(set(service["networks"]), set(self.document["networks"]))
                self.assertLessEqual(set(service.get("depends_on", {})), set(self.services))
                for needed, how in service.get("depends_on", {}).items():
                    if how["condition"] == "service_healthy":
                        self.assertIn("healthcheck", self.services[needed])
                for volume in service.get("volumes", []):
                    source = volume.split(":")[0]
                    if source.startswith("."):
                        self.assertTrue((FILE.parent / source).exists(), source)
                    elif ":" in volume:
                        self.assertIn(source, self.document["volumes"])
        build = self.services["worker"]["build"]
        context = FILE.parent / build["context"]
        self.assertTrue((context / build["dockerfile"]).is_file())

    def test_hosts_in_addresses_are_services(self):
        hosts = set(re.findall(r"(?:@|//)([a-z][a-z0-9-]*):\d+", self.text))
        self.assertLessEqual({"nats-1", "nats-2", "nats-3", "postgres", "objects"}, hosts)
        self.assertLessEqual(hosts, set(self.services))

    def test_roles(self):
        roles = set()
        for name, service in self.services.items():
            known = [it for it in service.get("environment", {}) if it.startswith("PRIMATOMIC_")]
            self.assertEqual(set(known) - variables(), set(), name)
            if service["image"].startswith("primatomic:"):
                check_command(service["command"])
                roles.add(service["command"][1])
                self.assertTrue(service["read_only"])
        self.assertEqual(roles, ROLES - {"all"})

    def test_nats_is_told_all_that_its_files_ask_for(self):
        files = [(DEPLOY / "nats" / name).read_text() for name in ("common.conf", "cluster.conf")]
        asked = set(re.findall(r": \$(\w+)", "\n".join(files)))
        self.assertEqual(len({self.services[f"nats-{n}"]["environment"]["NATS_NAME"] for n in (1, 2, 3)}), 3)
        for number in (1, 2, 3):
            given = self.services[f"nats-{number}"]["environment"]
            self.assertEqual(set(given), asked)
        self.assertEqual(set(assigned(DEPLOY / "nats/node.env.example")), asked)

    def test_images_are_pinned(self):
        for name, service in self.services.items():
            self.assertRegex(service["image"], r":[^:]*\d", name)

    def test_only_the_api_is_published_and_only_on_this_machine(self):
        published = {name: it["ports"] for name, it in self.services.items() if "ports" in it}
        self.assertEqual(list(published), ["control-plane"])
        self.assertTrue(published["control-plane"][0].startswith("127.0.0.1:"))
        self.assertTrue(self.document["networks"]["stores"]["internal"])


if __name__ == "__main__":
    unittest.main()
