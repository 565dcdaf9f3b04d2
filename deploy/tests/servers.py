"""Real servers for tests, on free ports of the loopback address."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from known import DEPLOY, PROGRAM, SERVERS

PATIENCE = 60


def free_ports(count):
    """Ports that differ from each other."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def page(url):
    """The status and the body of a page; 0 where nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


class Servers:
    """Starts processes and ends them, by their ids, when whoever cleans up says so."""

    def __init__(self, add_cleanup):
        self.directory = Path(tempfile.mkdtemp())
        self.processes = []
        add_cleanup(self.stop)

    def start(self, name, command, **options):
        log = open(self.directory / f"{name}.log", "ab")
        options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log} | options
        process = subprocess.Popen(command, start_new_session=True, **options)
        log.close()
        process.name = name
        self.processes.append(process)
        return process

    def stop(self):
        # Who needs a store stops before it.
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.directory)

    def log(self, name):
        return (self.directory / f"{name}.log").read_text()

    def wait(self, name, what):
        """Waits until something is so, while the process runs."""
        process = next(it for it in self.processes if it.name == name)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if what():
                return
            if process.poll() is not None:
                raise AssertionError(f"{name} ended: {self.log(name)}")
            time.sleep(0.05)
        raise AssertionError(f"{name} is not ready: {self.log(name)}")

    # The stores

    def nats(self, count, configuration=DEPLOY / "nats"):
        """Servers from the files of deploy/nats. Returns the settings that Primatomic takes."""
        ports = free_ports(3 * count)
        routes = ", ".join(
            f"nats://route:p-route@127.0.0.1:{ports[3 * number + 2]}" for number in range(count)
        )
        file = "cluster.conf" if count > 1 else "single.conf"
        for number in range(count):
            client, monitor, route = ports[3 * number : 3 * number + 3]
            self.start(
                f"nats-{number}",
                [SERVERS / "nats-server", "--config", configuration / file],
                env={
                    "NATS_NAME": f"nats-{number}",
                    "NATS_LISTEN": f"127.0.0.1:{client}",
                    "NATS_MONITOR": f"127.0.0.1:{monitor}",
                    "NATS_STORE": str(self.directory / f"nats-{number}"),
                    "NATS_STORE_MAX": "1GB",
                    "NATS_USER": "primatomic",
                    "NATS_PASSWORD": "p-user",
                    "NATS_SYSTEM_USER": "system",
                    "NATS_SYSTEM_PASSWORD": "p-system",
                    "NATS_ROUTE_LISTEN": f"127.0.0.1:{route}",
                    "NATS_ROUTE_USER": "route",
                    "NATS_ROUTE_PASSWORD": "p-route",
                    "NATS_ROUTES": f"[{routes}]",
                },
            )
        monitors = [f"http://127.0.0.1:{port}" for port in ports[1::3]]
        for number, monitor in enumerate(monitors):
            self.wait(f"nats-{number}", lambda: page(f"{monitor}/healthz")[0] == 200)
        return {
            "PRIMATOMIC_NATS": ",".join(f"nats://127.0.0.1:{port}" for port in ports[0::3]),
            "PRIMATOMIC_NATS_MONITORS": ",".join(monitors),
            "PRIMATOMIC_NATS_USER": "primatomic",
            "PRIMATOMIC_NATS_PASSWORD": "p-user",
            "PRIMATOMIC_NATS_REPLICAS": str(count),
            "PRIMATOMIC_NATS_SHARDS": "2",
        }

    def postgres(self):
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        programs = programs[-1] if programs else Path(shutil.which("postgres")).parent
        home = self.directory / "postgres"
        home.mkdir()
        options = {"cwd": home}
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            user = pwd.getpwnam("postgres")
            os.chown(home, user.pw_uid, user.pw_gid)
            self.directory.chmod(0o711)
            options |= {"user": user.pw_uid, "group": user.pw_gid}
        subprocess.run(
            [programs / "initdb", "-D", home / "data", "-A", "trust", "-U", "primatomic", "--no-sync"],
            check=True, capture_output=True, **options,
        )
        port = free_ports(1)[0]
        self.start(
            "postgres",
            [programs / "postgres", "-D", home / "data", "-h", "127.0.0.1", "-p", str(port),
             "-c", "unix_socket_directories="],
            **options,
        )
        url = f"postgres://primatomic@127.0.0.1:{port}/postgres"
        ask = [programs / "pg_isready", "--quiet", "--dbname", url]
        self.wait("postgres", lambda: subprocess.run(ask).returncode == 0)
        return {"PRIMATOMIC_DATABASE_URL": url}

    def objects(self):
        port = free_ports(1)[0]
        self.start("objects", [SERVERS / "moto_server", "-H", "127.0.0.1", "-p", str(port)])
        endpoint = f"http://127.0.0.1:{port}"
        self.wait("objects", lambda: page(endpoint)[0] == 200)
        made = urllib.request.Request(f"{endpoint}/primatomic", method="PUT")
        urllib.request.urlopen(made, timeout=5).close()
        return {
            "PRIMATOMIC_S3_BUCKET": "primatomic",
            "PRIMATOMIC_S3_ENDPOINT": endpoint,
            "PRIMATOMIC_S3_REGION": "us-east-1",
            "PRIMATOMIC_S3_PATH_STYLE": "true",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }

    # Primatomic

    def primatomic(self, role, settings):
        """Starts a process and returns where its HTTP API will be."""
        port = free_ports(1)[0]
        self.start(
            role,
            [PROGRAM, "serve", role],
            cwd=self.directory,
            env=settings | {
                "PRIMATOMIC_DATA": str(self.directory / role),
                "PRIMATOMIC_LISTEN": f"127.0.0.1:{port}",
            },
        )
        return f"http://127.0.0.1:{port}"
