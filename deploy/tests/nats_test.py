"""The NATS servers of deploy/nats, started from exactly these files, and Primatomic on them."""

import json
import shutil
import subprocess
import unittest

from known import DEPLOY, SERVERS
from servers import Servers, page


def streams(monitor):
    """The streams that a server leads or follows."""
    status, text = page(f"{monitor}/jsz?accounts=true&streams=true&config=true")
    assert status == 200, text
    accounts = json.loads(text).get("account_details") or []
    return [stream for account in accounts for stream in account.get("stream_detail") or []]


class Nats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        others = Servers(cls.addClassCleanup)
        cls.others = others.postgres() | others.objects()

    def setUp(self):
        self.servers = Servers(self.addCleanup)

    def test_primatomic_starts_on_a_cluster_of_three(self):
        nats = self.servers.nats(3)
        settings = nats | self.others
        self.servers.primatomic("worker", settings)
        url = self.servers.primatomic("control-plane", settings)
        self.servers.wait("control-plane", lambda: page(f"{url}/health/ready")[0] == 200)
        monitors = nats["PRIMATOMIC_NATS_MONITORS"].split(",")
        for monitor in monitors:
            status, text = page(f"{monitor}/jsz?config=true")
            self.assertEqual(status, 200)
            cluster = json.loads(text)
            self.assertTrue(cluster["config"]["sync_always"])
            self.assertEqual(cluster["meta_cluster"]["cluster_size"], 3)
            # A follower may hear of a stream a moment later.
            self.servers.wait("control-plane", lambda: len(streams(monitor)) == 2)
            for stream in streams(monitor):
                self.assertEqual(stream["config"]["num_replicas"], 3)
                self.assertEqual(len(stream["cluster"]["replicas"]), 2)

    def test_primatomic_starts_on_a_single_server(self):
        settings = self.servers.nats(1) | self.others
        url = self.servers.primatomic("control-plane", settings)
        self.servers.wait("control-plane", lambda: page(f"{url}/health/live")[0] == 200)

    def test_primatomic_refuses_a_server_that_syncs_later(self):
        changed = self.servers.directory / "nats"
        shutil.copytree(DEPLOY / "nats", changed)
        file = changed / "common.conf"
        text = file.read_text()
        self.assertIn("sync_interval: always", text)
        file.write_text(text.replace("sync_interval: always", 'sync_interval: "2m"'))
        self.refused(self.servers.nats(1, changed), "set sync_interval to always")

    def test_nats_lets_nobody_in_without_the_password(self):
        nats = self.servers.nats(1)
        self.refused(nats | {"PRIMATOMIC_NATS_PASSWORD": "wrong"}, "authorization violation")

    def test_a_missing_variable_is_an_error(self):
        run = subprocess.run(
            [SERVERS / "nats-server", "-t", "--config", DEPLOY / "nats/single.conf"],
            capture_output=True, text=True, env={},
        )
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("NATS_", run.stderr)

    def refused(self, nats, why):
        self.servers.primatomic("control-plane", nats | self.others)
        process = self.servers.processes[-1]
        self.assertNotEqual(process.wait(60), 0)
        self.assertIn(why, self.servers.log("control-plane"))


if __name__ == "__main__":
    unittest.main()
