"""Runs schemathesis over the document, against a real server.

The tests have a short form with a fixed seed. `make api-fuzz` runs this: for API_FUZZ_SECS, with
API_FUZZ_SEED.
"""

import os
import subprocess
from contextlib import ExitStack

from servers import OPENAPI, PROGRAM, TOOLS, UNLIMITED, Server, run, variables

# Two checks are left out: they hold a request against its schema. A schema can't say which tokens,
# cursors and components are good ones, and headers that an operation does not look at may be anything.
LEFT_OUT = "positive_data_acceptance,negative_data_rejection"

# What may end the life of the tenant or of the key that a run is made with; after that there is little
# left to find, so these have a run of their own.
ENDING = ["deleteTenant", "logout", "revokeKey", "rotateKey"]

# The runs: their share of the time, their configuration, their operations.
RUNS = [
    (0.6, "schemathesis.toml", [f"--exclude-operation-id={it}" for it in ENDING]),
    (
        0.3,
        "schemathesis-demo.toml",
        [
            "--include-path-regex=^/logs/",
            "--exclude-operation-id=deleteLog",
            "--exclude-operation-id=deleteView",
        ],
    ),
    (0.1, "schemathesis.toml", [f"--include-operation-id={it}" for it in ENDING]),
]


def fuzz(add_cleanup, *options, seconds=None):
    """Returns what is wrong; nothing if nothing is."""
    found = ""
    for share, configuration, operations in RUNS:
        server = Server(add_cleanup, *UNLIMITED)
        fill(server)
        limit = ["--max-time", str(round(seconds * share) or 1)] if seconds else []
        good, printed = attack(server, configuration, *operations, *limit, *options)
        server.stop()
        if not good:
            found += f"{printed}\nThe server's log ends with\n{server.log.read_text()[-3000:]}"
    return found


def fill(server):
    """Puts an event and a view into the log that the server has."""
    environment = variables(server)
    for line in (
        ["append", "demo", "--data", '{"inc": 3}'],
        ["view", "deploy", "demo", "counter", environment["COUNTER_COMPONENT"]],
    ):
        run([PROGRAM, *line], env=environment)


def attack(server, configuration, *options):
    command = [
        TOOLS / "schemathesis",
        "--config-file",
        OPENAPI / "tests" / configuration,
        "run",
        OPENAPI / "openapi.json",
        "--url",
        server.url,
        "--header",
        f"Authorization: Bearer {server.key}",
        "--exclude-checks",
        LEFT_OUT,
        *options,
    ]
    done = subprocess.run(command, cwd=server.directory, capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr


def main():
    seconds = int(os.environ.get("API_FUZZ_SECS", "600"))
    seed = os.environ.get("API_FUZZ_SEED") or str(int.from_bytes(os.urandom(4)))
    print(f"{seconds} seconds, with the seed {seed}", flush=True)
    with ExitStack() as scope:
        found = fuzz(scope.callback, "--seed", seed, seconds=seconds)
    if found:
        raise SystemExit(found)
    print("nothing was found")


if __name__ == "__main__":
    main()
