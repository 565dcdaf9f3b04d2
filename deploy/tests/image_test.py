"""The Dockerfile, the scripts and the units, as far as they can be checked without running them."""

import http.server
import re
import shutil
import subprocess
import tempfile
import threading
import tomllib
import unittest
from pathlib import Path

from known import DEPLOY, PROGRAM, ROOT, TOOLS, check_command


def passes(*command):
    run = subprocess.run(command, capture_output=True, text=True)
    return run.returncode == 0, run.stdout + run.stderr


class Image(unittest.TestCase):
    text = (DEPLOY / "Dockerfile").read_text()

    def test_hadolint_finds_nothing(self):
        good, output = passes(TOOLS / "hadolint", DEPLOY / "Dockerfile")
        self.assertTrue(good, output)

    def test_the_compiler_is_the_pinned_one(self):
        toolchain = tomllib.loads((ROOT / "rust-toolchain.toml").read_text())["toolchain"]
        self.assertIn(f"FROM rust:{toolchain['channel']}-slim-bookworm AS build", self.text)

    def test_what_is_copied_exists_and_is_not_ignored(self):
        copied = re.findall(r"^COPY (?:--chmod=\S+ )?([^-\s]\S*) ", self.text, re.MULTILINE)
        self.assertIn("deploy/healthcheck.sh", copied)
        ignored = (ROOT / ".dockerignore").read_text().splitlines()
        for source in copied:
            self.assertTrue((ROOT / source).exists(), source)
            self.assertNotIn(f"/{source}", ignored)
        # What the build reads must stay.
        members = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["members"]
        tops = {f"/{member.split('/')[0]}" for member in members}
        self.assertTrue(tops.isdisjoint(ignored))

    def test_it_runs_as_nobody_in_particular(self):
        self.assertRegex(self.text, r"(?m)^USER 10001:10001$")
        self.assertRegex(self.text, r'(?m)^ENTRYPOINT \["primatomic"\]$')

    def test_the_build_is_locked(self):
        self.assertIn("--locked", self.text)


class Scripts(unittest.TestCase):
    def test_shellcheck_finds_nothing(self):
        others = ("test-servers/install.sh", "console/build.sh", "console/tests/run.sh")
        scripts = [*DEPLOY.rglob("*.sh"), *(ROOT / path for path in others)]
        good, output = passes(TOOLS / "shellcheck", *scripts)
        self.assertTrue(good, output)

    def test_the_health_check_believes_200_alone(self):
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if self.path == "/health/live" else 503)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = str(server.server_port)
        script = DEPLOY / "healthcheck.sh"
        self.assertTrue(passes(script, port, "/health/live")[0])
        self.assertFalse(passes(script, port, "/health/ready")[0])
        server.shutdown()
        server.server_close()
        self.assertFalse(passes(script, port, "/health/live")[0])


class Units(unittest.TestCase):
    units = sorted((DEPLOY / "systemd").glob("*.service"))

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_takes_them(self):
        with tempfile.TemporaryDirectory() as directory:
            for unit in self.units:
                name = unit.name.replace("@.", "@1.")
                # The program is not installed here, and systemd wants to see it.
                text = unit.read_text().replace("/usr/local/bin/primatomic", str(PROGRAM))
                path = Path(directory, name)
                path.write_text(text)
                good, output = passes("systemd-analyze", "verify", path)
                self.assertTrue(good, output)
                self.assertNotIn(name, output)

    def test_each_serves_a_role_from_files_that_have_an_example(self):
        for unit in self.units:
            text = unit.read_text()
            check_command(re.search(r"ExecStart=/usr/local/bin/primatomic (.+)", text)[1].split())
            for file in re.findall(r"EnvironmentFile=/etc/primatomic/(\S+)", text):
                self.assertTrue((DEPLOY / "systemd" / f"{file.replace('-%i', '')}.example").exists())

    def test_a_stop_has_time(self):
        page = (ROOT / "docs/configuration.md").read_text()
        default = int(re.search(r"`PRIMATOMIC_SHUTDOWN_TIMEOUT_SECS` \| `(\d+)`", page)[1])
        for unit in self.units:
            stop = int(re.search(r"TimeoutStopSec=(\d+)", unit.read_text())[1])
            self.assertGreaterEqual(stop, default + 30)

    def test_they_are_confined(self):
        self.assertEqual(len(self.units), 4)
        for unit in self.units:
            lines = unit.read_text().splitlines()
            for setting in ("NoNewPrivileges=yes", "ProtectSystem=strict", "DynamicUser=yes",
                            "CapabilityBoundingSet=", "LimitNOFILE=65536"):
                self.assertIn(setting, lines, unit.name)


class Scale(unittest.TestCase):
    def test_the_page_shows_what_the_simulation_says(self):
        good, output = passes(ROOT / "docs/scale/simulate.py", "--check")
        self.assertTrue(good, output)


if __name__ == "__main__":
    unittest.main()
