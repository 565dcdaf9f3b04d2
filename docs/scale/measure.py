#!/usr/bin/env python3
"""Measures the constants that `simulate.py` calculates with, on this machine.

    docs/scale/measure.py nats         memory and start time of a NATS server with many logs
    docs/scale/measure.py hot          memory of a NATS server with many frames of few logs
    docs/scale/measure.py postgres     bytes of a row of the catalog
    docs/scale/measure.py compression  size of compressed blocks of JSON events

It takes the NATS server of `make servers`, PostgreSQL 15 and the program zstd, and nothing but
Python's standard library. Servers run on free ports of the loopback address, with their data in a
temporary directory, and end with the measurement.
"""

import json
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NATS = ROOT / ".local/servers/bin/nats-server"
PREFIX = "primatomic"
SHARDS = 16
EVENT_BYTES = 200
# A frame of one event: 72 of header, 4 of length, the event, 32 of chain, 4 of checksum.
FRAME_BYTES = 72 + 4 + EVENT_BYTES + 32 + 4
# Publishes that are in flight at a time.
WINDOW = 2_000


def main():
    measurements = {
        "nats": measure_nats,
        "hot": measure_hot,
        "postgres": measure_postgres,
        "compression": measure_compression,
    }
    if len(sys.argv) != 2 or sys.argv[1] not in measurements:
        sys.exit(__doc__)
    measurements[sys.argv[1]]()


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# NATS


class Nats:
    """A server with JetStream, and one connection to it."""

    def __init__(self, directory):
        self.port, self.monitor = free_port(), free_port()
        self.config = directory / "nats.conf"
        # Memory does not depend on when the server syncs, and filling it is quicker this way.
        self.config.write_text(
            f"listen: 127.0.0.1:{self.port}\nhttp: 127.0.0.1:{self.monitor}\n"
            f"max_payload: 16MB\njetstream {{ store_dir: {json.dumps(str(directory))} }}\n"
        )
        self.log = open(directory / "nats.log", "ab")
        self.start()

    def start(self):
        """Returns the seconds until the server is healthy, its streams restored."""
        began = time.monotonic()
        self.process = subprocess.Popen(
            [NATS, "--config", self.config], stdout=self.log, stderr=self.log
        )
        while True:
            try:
                page = f"http://127.0.0.1:{self.monitor}/healthz"
                with urllib.request.urlopen(page, timeout=1) as answer:
                    if answer.status == 200:
                        break
            except OSError:
                time.sleep(0.01)
        took = time.monotonic() - began
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.sendall(b'CONNECT {"verbose":false}\r\nSUB _INBOX.measure 1\r\nPING\r\n')
        self.read_until(lambda data: b"PONG" in data)
        return took

    def stop(self, how):
        self.socket.close()
        self.process.send_signal(how)
        self.process.wait()

    def read_until(self, enough):
        data = b""
        while not enough(data):
            part = self.socket.recv(1 << 20)
            if not part:
                raise RuntimeError("the server closed the connection")
            data += part
        return data

    def publish(self, messages):
        """Publishes and waits until all are stored."""
        for begin in range(0, len(messages), WINDOW):
            window = messages[begin : begin + WINDOW]
            self.socket.sendall(
                b"".join(
                    b"PUB %s _INBOX.measure %d\r\n%s\r\n" % (subject, len(body), body)
                    for subject, body in window
                )
            )
            answers = self.read_until(lambda data: data.count(b"}\r\n") >= len(window))
            if b'"error"' in answers:
                raise RuntimeError(answers[:500])

    def create_streams(self):
        for shard in range(SHARDS):
            stream = {
                "name": f"{PREFIX}-events-{shard}",
                "subjects": [f"{PREFIX}.ev.{shard}.*"],
                "retention": "limits",
                "storage": "file",
                "discard": "new",
                "allow_direct": True,
                "allow_atomic": True,
                "num_replicas": 1,
                "republish": {
                    "src": f"{PREFIX}.ev.{shard}.*",
                    "dest": f"{PREFIX}.live.{shard}.{{{{wildcard(1)}}}}",
                },
            }
            subject = f"$JS.API.STREAM.CREATE.{stream['name']}".encode()
            self.publish([(subject, json.dumps(stream).encode())])

    def resident_mb(self):
        """Resident memory once it has stopped changing, in megabytes."""
        last, quiet = None, 0
        for _ in range(120):
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            now = int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6
            quiet = quiet + 1 if last is not None and abs(now - last) < 1 else 0
            if quiet >= 10:
                break
            last = now
            time.sleep(0.5)
        return now


def subject_of(log):
    """Where the frames of a log are stored, as `protocol/src/subject.rs` says."""
    identifier = uuid.UUID(int=log)
    shard = int.from_bytes(identifier.bytes[8:], "big") % SHARDS
    return f"{PREFIX}.ev.{shard}.{identifier.hex}".encode()


def measure_nats():
    chance = random.Random(1)
    body = bytes(chance.randrange(256) for _ in range(FRAME_BYTES))
    row("logs", "frames per log", "MB resident", "bytes per log", "MB on disk",
        "after SIGTERM: s", "MB", "after SIGKILL: s", "MB")
    row(*["---:"] * 9)
    with tempfile.TemporaryDirectory() as directory:
        directory = Path(directory)
        server = Nats(directory)
        try:
            server.create_streams()
            empty = server.resident_mb()
            row(0, 0, f"{empty:.0f}", "", "", "", "", "", "")
            logs = []
            for count, frames in [(100_000, 1), (300_000, 1), (1_000_000, 1), (1_000_000, 2)]:
                while len(logs) < count:
                    logs.append(subject_of(chance.getrandbits(128)))
                stored = 0 if frames > 1 else measured_logs(server)
                server.publish([(log, body) for log in logs[stored:]])
                report(server, directory, count, frames, empty)
        finally:
            server.stop(signal.SIGTERM)


def measured_logs(server):
    page = f"http://127.0.0.1:{server.monitor}/jsz"
    with urllib.request.urlopen(page) as answer:
        return json.load(answer)["messages"]


def report(server, directory, count, frames, empty):
    resident = server.resident_mb()
    disk = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file()) / 1e6
    restarts = []
    for how in (signal.SIGTERM, signal.SIGKILL):
        server.stop(how)
        took = server.start()
        restarts += [f"{took:.1f}", f"{server.resident_mb():.0f}"]
    per_log = (resident - empty) * 1e6 / count
    row(f"{count:,}", frames, f"{resident:.0f}", f"{per_log:.0f}", f"{disk:.0f}", *restarts)


def measure_hot():
    chance = random.Random(2)
    body = bytes(chance.randrange(256) for _ in range(FRAME_BYTES))
    logs = [subject_of(chance.getrandbits(128)) for _ in range(10_000)]
    row("logs", "frames per log", "MB resident", "after 5 idle minutes", "after a restart")
    row(*["---:"] * 5)
    with tempfile.TemporaryDirectory() as directory:
        server = Nats(Path(directory))
        try:
            server.create_streams()
            stored = 0
            for frames in (1, 100, 200):
                for _ in range(stored, frames):
                    server.publish([(log, body) for log in logs])
                stored = frames
                now = server.resident_mb()
                # What the server keeps at hand of recent frames goes after some idle minutes.
                time.sleep(300 if frames > 1 else 0)
                idle = server.resident_mb()
                server.stop(signal.SIGTERM)
                server.start()
                row(f"{len(logs):,}", frames, f"{now:.0f}", f"{idle:.0f}",
                    f"{server.resident_mb():.0f}")
        finally:
            server.stop(signal.SIGTERM)


# PostgreSQL

# As the migrations make them.
TABLES = """
CREATE TABLE archive_blocks (
    log_id uuid NOT NULL, first bigint NOT NULL, last bigint NOT NULL, segment_id uuid NOT NULL,
    byte_offset bigint NOT NULL, bytes bigint NOT NULL, body_bytes bigint NOT NULL,
    payload_bytes bigint NOT NULL, first_at bigint NOT NULL, last_at bigint NOT NULL,
    chain bytea NOT NULL, checksum bigint NOT NULL, shard integer NOT NULL, level integer NOT NULL,
    trim_pending boolean NOT NULL, PRIMARY KEY (log_id, first));
CREATE INDEX archive_blocks_segment ON archive_blocks (segment_id);
CREATE INDEX archive_blocks_to_trim ON archive_blocks (shard, last_at) WHERE trim_pending;
CREATE INDEX archive_blocks_to_merge ON archive_blocks (shard, level, log_id) WHERE level < 9;
CREATE TABLE archive_segments (
    id uuid PRIMARY KEY, shard integer NOT NULL, bytes bigint NOT NULL, live_blocks bigint NOT NULL,
    created_at bigint NOT NULL, erase_since bigint, retired_at bigint);
CREATE INDEX archive_segments_to_erase ON archive_segments (erase_since)
    WHERE erase_since IS NOT NULL AND retired_at IS NULL;
CREATE INDEX archive_segments_retired ON archive_segments (retired_at)
    WHERE retired_at IS NOT NULL;
CREATE TABLE logs (
    id uuid PRIMARY KEY, tenant_id uuid NOT NULL, name text COLLATE "C" NOT NULL,
    description text COLLATE "C", retention text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL, updated_at bigint NOT NULL);
CREATE UNIQUE INDEX logs_name ON logs (tenant_id, name);
CREATE TABLE control_events (
    position bigserial PRIMARY KEY, tenant_id uuid NOT NULL, sequence bigint NOT NULL,
    at bigint NOT NULL, actor_kind text COLLATE "C" NOT NULL, actor_id uuid,
    request_id uuid NOT NULL, kind text COLLATE "C" NOT NULL, version smallint NOT NULL,
    payload jsonb NOT NULL);
CREATE UNIQUE INDEX control_events_sequence ON control_events (tenant_id, sequence);
CREATE INDEX control_events_kind ON control_events (tenant_id, kind, sequence);
"""
# Blocks come in the order of time and not of logs, so the primary key is filled at random places.
BLOCKS = """
INSERT INTO archive_blocks SELECT gen_random_uuid(), n, n + 5,
    ('00000000-0000-7000-8000-' || lpad(to_hex(n / 1000), 12, '0'))::uuid, n % 1000 * 400, 400,
    1200, n * 200::bigint, 1790000000000000 + n, 1790000000000000 + n,
    decode(md5(n::text) || md5((-n)::text), 'hex'), n, n % 16, 0, false
FROM generate_series(1, {rows}) n
"""
SEGMENTS = """
INSERT INTO archive_segments SELECT gen_random_uuid(), n % 16, 4000000, 1000, 1790000000000000 + n,
    NULL, NULL
FROM generate_series(1, {rows}) n
"""
LOGS = """
INSERT INTO logs SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000001',
    'customer-' || n, NULL, 'archive', 1790000000000000 + n,
    1790000000000000 + n FROM generate_series(1, {rows}) n;
INSERT INTO control_events (tenant_id, sequence, at, actor_kind, actor_id, request_id, kind,
    version, payload)
SELECT '00000000-0000-7000-8000-000000000001', n, 1790000000000000 + n, 'key',
    '00000000-0000-7000-8000-000000000002', gen_random_uuid(), 'log.created', 1,
    jsonb_build_object('id', gen_random_uuid(), 'name', 'customer-' || n, 'retention', 'archive')
FROM generate_series(1, {rows}) n
"""
SIZES = """
SELECT relname, pg_table_size(oid), pg_indexes_size(oid), pg_total_relation_size(oid)
FROM pg_class
WHERE relname IN ('archive_blocks', 'archive_segments', 'logs', 'control_events') ORDER BY relname
"""


@contextmanager
def postgres():
    """The address of a PostgreSQL server with an empty database."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    directory = Path(tempfile.mkdtemp())
    options = {"cwd": directory, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        user = pwd.getpwnam("postgres")
        os.chown(directory, user.pw_uid, user.pw_gid)
        options.update(user=user.pw_uid, group=user.pw_gid)
    data, port = directory / "data", free_port()
    subprocess.run(
        [programs / "initdb", "-D", data, "-A", "trust", "-U", "measure", "--no-sync"],
        check=True, **options,
    )
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1",
         "-c", f"unix_socket_directories={directory}", "-c", "max_wal_size=4GB"],
        **options,
    )
    try:
        address = f"postgres://measure@127.0.0.1:{port}/postgres"
        while subprocess.run([programs / "pg_isready", "-q", "-d", address]).returncode:
            time.sleep(0.05)
        yield address
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()
        shutil.rmtree(directory)


def measure_postgres(rows=1_000_000):
    row("table", "rows", "bytes per row", "of that indexes", "inserted in s")
    row("---", "---:", "---:", "---:", "---:")

    with postgres() as address:

        def sql(text):
            return subprocess.run(
                ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", address, "-c", text],
                check=True, capture_output=True, text=True,
            ).stdout

        sql(TABLES)
        times = {}
        inserts = (("archive_blocks", BLOCKS), ("archive_segments", SEGMENTS), ("logs", LOGS))
        for table, text in inserts:
            began = time.monotonic()
            sql(text.format(rows=rows))
            times[table] = f"{time.monotonic() - began:.0f}"
        for line in sql(SIZES).splitlines():
            table, _, indexes, total = line.split("|")
            row(f"`{table}`", f"{rows:,}", f"{int(total) / rows:.0f}",
                f"{int(indexes) / rows:.0f}", times.get(table, "with `logs`"))


# Compression


def events(count, chance):
    """Events of about 190 bytes as a metered API would send them, each with a random id."""
    kinds = ["api.request", "storage.write", "storage.read", "job.finished"]
    regions = ["eu-central-1", "us-east-1", "ap-south-1"]
    at = 1_790_000_000_000
    for _ in range(count):
        at += chance.randrange(20_000)
        event = {
            "type": chance.choice(kinds),
            "id": f"{chance.getrandbits(64):016x}",
            "at": at,
            "user": f"user-{chance.randrange(5_000):04}",
            "region": chance.choice(regions),
            "units": chance.randrange(1, 500),
            "duration_ms": round(chance.lognormvariate(3, 1), 2),
            "path": f"/v1/projects/{chance.randrange(300)}/documents",
            "ok": chance.random() < 0.98,
        }
        text = json.dumps(event, separators=(",", ":")).encode()
        yield len(text).to_bytes(4, "little") + text


def measure_compression():
    row("events in a block", "raw bytes", "compressed bytes", "ratio", "bytes per event")
    row(*["---:"] * 5)
    for count in (1, 6, 20, 100, 1_000, 10_000):
        # Small blocks differ, so their mean is taken.
        sizes = [compressed(count, seed) for seed in range(max(1, min(50, 10_000 // count)))]
        raw = sum(size for size, _ in sizes) / len(sizes)
        packed = sum(size for _, size in sizes) / len(sizes)
        row(f"{count:,}", f"{raw:,.0f}", f"{packed:,.0f}", f"{packed / raw:.2f}",
            f"{packed / count:.0f}")


def compressed(count, seed):
    block = b"".join(events(count, random.Random(seed)))
    with tempfile.NamedTemporaryFile() as file:
        file.write(block)
        file.flush()
        answer = subprocess.run(
            ["zstd", "-3", "--no-check", "-q", "-c", file.name], check=True, capture_output=True
        )
    return len(block), len(answer.stdout)


if __name__ == "__main__":
    main()
