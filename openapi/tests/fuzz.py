"""Runs schemathesis over the document, against a real server.

The tests have a short form with a fixed seed. `make api-fuzz` runs this: for API_FUZZ_SECS, with
API_FUZZ_SEED.
"""

import os
import subprocess
from contextlib import ExitStack

from servers import OPENAPI, TOOLS, UNLIMITED, Server

# Two checks are left out: they hold a request against its schema. A schema can't say which tokens,
# cursors and components are good ones, and headers that an operation does not look at may be anything.
LEFT_OUT = "positive_data_acceptance,negative_data_rejection"

# What may end the life of the tenant or of the key that the run is made with; after that there is
# little left to find, so these have a run of their own.
ENDING = ["deleteTenant", "logout", "revokeKey", "rotateKey"]


def fuzz(add_cleanup, *options, seconds=None):
    """Returns what is wrong; nothing if nothing is."""
    found = ""
    for which, share in ("exclude", 0.9), ("include", 0.1):
        server = Server(add_cleanup, *UNLIMITED)
        chosen = [f"--{which}-operation-id={operation}" for operation in ENDING]
        if seconds:
            chosen += ["--max-time", str(round(seconds * share) or 1)]
        good, printed = run(server, *chosen, *options)
        if not good:
            found += f"{printed}\nThe server's log ends with\n{server.log.read_text()[-3000:]}"
    return found


def run(server, *options):
    command = [
        TOOLS / "schemathesis",
        "--config-file",
        OPENAPI / "tests/schemathesis.toml",
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
