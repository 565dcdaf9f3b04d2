"""Servers of the program under test, on free ports and in directories of their own."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPENAPI = ROOT / "openapi"
CLIENTS = OPENAPI / "clients"
TYPESCRIPT = CLIENTS / "typescript"
TOOLS = ROOT / ".local/openapi/bin"
PROGRAM = Path(os.environ["PRIMATOMIC_PROGRAM"])


class Server:
    """A running `primatomic dev`; whoever cleans up stops it, by its id."""

    def __init__(self, add_cleanup, *flags):
        self.directory = Path(tempfile.mkdtemp())
        add_cleanup(shutil.rmtree, self.directory)
        settings = {name: it for name, it in os.environ.items() if not name.startswith("PRIMATOMIC_")}
        self.log = self.directory / "server.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "dev", "--listen", "127.0.0.1:0", *flags],
                cwd=self.directory,
                env=settings,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        add_cleanup(self.stop)
        line = self.process.stdout.readline()
        if " listening on " not in line:
            raise AssertionError(f"the server did not start: {line}{self.log.read_text()}")
        self.url = line.split(" listening on ")[1].strip()
        self.key = (self.directory / "data/dev-key").read_text().strip()

    def stop(self):
        if self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


UNLIMITED = ("--rate-limit", "0", "--auth-rate-limit", "0")


def variables(server, limited=None):
    """The environment of clients: what their tests read, and where programs are."""
    found = {
        "PRIMATOMIC_URL": server.url,
        "PRIMATOMIC_API_KEY": server.key,
        "COUNTER_COMPONENT": str(server.directory / "data/examples/counter.wasm"),
    }
    if limited:
        found |= {"LIMITED_URL": limited.url, "LIMITED_API_KEY": limited.key}
    path = f"{TOOLS}:{PROGRAM.parent}:{os.environ['PATH']}"
    return os.environ | found | {"PATH": path}


def run(command, **options):
    """Runs a command that must succeed; what it printed otherwise says why it did not."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        raise AssertionError(f"{command} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout
