"""A month with payments, as a newcomer has it with `make dev`: subscribe in a browser, use, set a cap, pay,
cancel. Stripe's pages are those of its stand-in, and the clock of both is moved."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from known import DEPLOY, PROGRAM
from playwright.sync_api import sync_playwright
from servers import free_ports

TIMEOUT = 90
# Screenshots of every page that people see are put here, if it is set.
SHOTS = os.environ.get("PRIMATOMIC_SHOTS")

# 1 GB of answers is free in a month, and one of them has some megabytes.
EVENT_BYTES = 900_000
EVENTS = 8
CAP, CAP_CENTS = "0.02", 2
# Requests at a time.
LOAD = 8


class Development:
    """A server and a stand-in for Stripe, as `make dev` runs them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        port, stripe_port = free_ports(2)
        self.url = f"http://127.0.0.1:{port}"
        self.stripe = f"http://127.0.0.1:{stripe_port}"
        self.environment = os.environ | {
            "PRIMATOMIC_DATA": str(data),
            "PRIMATOMIC_LISTEN": f"127.0.0.1:{port}",
            "PRIMATOMIC_RATE_LIMIT": "0",
            "STRIPE_FAKE_PORT": str(stripe_port),
        }
        self.process = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [DEPLOY / "dev/run.sh", PROGRAM.parent],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        said = self.process.stdout.readline()
        assert said.startswith("Primatomic is listening"), said

    def stop(self) -> None:
        # Both programs hear a Ctrl-C on a terminal.
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(60)
        self.process.stdout.close()

    def command(self, *arguments: str) -> subprocess.CompletedProcess:
        connection = {
            "PRIMATOMIC_URL": self.url,
            "PRIMATOMIC_API_KEY": (self.data / "dev-key").read_text().strip(),
        }
        return subprocess.run(
            [PROGRAM, *arguments, "--json"],
            env=os.environ | connection,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )

    def ask(self, *arguments: str) -> dict:
        done = self.command(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def query(self) -> bytes:
        """Asks the view over HTTP."""
        key = (self.data / "dev-key").read_text().strip()
        question = urllib.request.Request(
            f"{self.url}/logs/actions/views/audit/query",
            data=b'{"limit": 50}',
            headers={"Authorization": f"Bearer {key}"},
        )
        with urllib.request.urlopen(question, timeout=TIMEOUT) as answer:
            return answer.read()

    def usage(self, *arguments: str) -> dict:
        return self.ask("usage", *arguments)


class Month(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory)
        self.dev = Development(self.directory / "data")
        self.dev.start()
        self.addCleanup(lambda: self.dev.stop())
        playwright = sync_playwright().start()
        self.addCleanup(playwright.stop)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"] if os.getuid() == 0 else []
        )
        self.addCleanup(browser.close)
        self.page = browser.new_page()
        self.problems = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def shoot(self, name: str) -> None:
        if SHOTS:
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme)
                self.page.screenshot(path=f"{SHOTS}/{name}-{scheme}.png", full_page=True)

    def until(self, what: str, holds) -> None:
        end = time.monotonic() + TIMEOUT
        while not holds():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.2)

    def until_standing(self, standing: str) -> None:
        self.until(standing, lambda: self.dev.usage()["standing"] == standing)

    def subscribe(self, card: str = "4242 4242 4242 4242") -> None:
        self.page.goto(self.dev.ask("billing", "checkout")["url"])
        self.page.get_by_label("Card number").fill(card)
        self.page.get_by_role("button", name="Subscribe").click()

    def use_data_out_until_refused(self) -> None:
        """Asks a view for large answers until it is not allowed to any more."""
        end = time.monotonic() + 3 * TIMEOUT
        while time.monotonic() < end:
            try:
                self.dev.query()
            except urllib.error.HTTPError as error:
                self.assertEqual(error.code, 402)
                return
        self.fail("the cap stops nothing")

    def move_to_the_end_of_the_month(self) -> None:
        self.page.goto(self.dev.stripe)
        self.shoot("stand-in")
        self.page.get_by_role("button", name="To the next month").click()

    def test_subscribe_use_pay_and_cancel(self) -> None:
        dev = self.dev
        month = dev.usage()["month"]

        # A view that answers with megabytes.
        component = self.directory / "audit.wasm"
        dev.command("view", "example", "audit-log", "-o", str(component))
        dev.ask("log", "create", "actions")
        for number in range(EVENTS):
            event = {"actor": "a", "action": "b", "resource": "c", "text": "x" * EVENT_BYTES}
            file = self.directory / "event.json"
            file.write_text(json.dumps(event | {"number": number}))
            dev.ask("append", "actions", "--file", str(file))
        dev.ask("view", "deploy", "actions", "audit", str(component))

        # A card that is declined subscribes nobody; another one does.
        self.subscribe("4000 0000 0000 0002")
        self.shoot("declined")
        self.assertIn("declined", self.page.content())
        self.subscribe()
        self.shoot("subscribed")
        self.until_standing("active")
        self.assertEqual(dev.command("billing", "checkout").returncode, 5)

        # At full load the cap stops it.
        dev.ask("billing", "cap", CAP)
        with ThreadPoolExecutor(LOAD) as load:
            list(load.map(lambda _: self.use_data_out_until_refused(), range(LOAD)))
        used = dev.usage()
        self.assertEqual(used["cost"]["cents"], CAP_CENTS)

        # The month ends, and is paid.
        self.move_to_the_end_of_the_month()
        self.until("the month ends", lambda: dev.usage()["month"] != month)
        for _ in range(3):
            self.page.goto(dev.stripe)
            self.page.get_by_role("button", name="One hour on").click()
        paid = lambda: ((dev.usage(month)["bill"] or {}).get("invoice") or {}).get("status") == "paid"
        self.until("the invoice is paid", paid)
        bill = dev.usage(month)["bill"]
        self.assertEqual(bill["status"], "invoiced")
        # To the cent, and what was used beyond it is nobody's.
        self.assertEqual(bill["invoice"]["subtotal_cents"], CAP_CENTS)
        beyond = bill["data_out"]["free_units"]
        self.assertGreater(beyond, 0)
        print(f"{beyond} MB were used beyond the cap", file=sys.stderr)
        explained = dev.ask("billing", "explain", month, "data-out")
        self.assertEqual(explained["total"], bill["data_out"]["used_as_billed"])

        # It survives a restart, and is cancelled on the portal.
        dev.stop()
        dev.start()
        self.page.goto(dev.ask("billing", "portal")["url"])
        self.shoot("portal")
        self.page.get_by_role("button", name="Cancel").click()
        self.shoot("cancelled")
        self.until_standing("ending")
        self.move_to_the_end_of_the_month()
        self.until_standing("cancelled")
        self.assertEqual(self.problems, [])
