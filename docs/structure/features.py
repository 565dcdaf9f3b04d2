#!/usr/bin/env python3
"""Holds that building the binary alone compiles nothing that a build of the workspace has; `make lint` runs it.

    docs/structure/features.py

Cargo compiles a dependency once for each set of features. Where the tests or the load generator give a
dependency a feature that the binary alone does not, `cargo build -p primatomic` after `make test` or `make
bench` compiles it again, with all that depends on it. Then this prints the dependency and its features and
exits with 1. It takes cargo, Python 3.11 and nothing but its standard library.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def dependencies(*selection: str) -> set[str]:
    """Every dependency of the selected crates as `name version features`, the workspace's own left out."""
    command = ["cargo", "tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p} {f}"]
    tree = subprocess.run([*command, *selection], cwd=ROOT, check=True, capture_output=True, text=True)
    lines = (line.removesuffix(" (*)").strip() for line in tree.stdout.splitlines())
    return {line for line in lines if line and str(ROOT) not in line}


def main() -> int:
    """Compares the binary's dependencies with those of the workspace."""
    alone = dependencies("--package", "primatomic")
    other = sorted(alone - dependencies("--workspace", "--all-features"))
    for line in other:
        print(
            f"{line}: these are the features in a build of primatomic alone, and the workspace has others; name "
            "the dependency in primatomic/Cargo.toml with the features that the workspace needs"
        )
    return 1 if other else 0


if __name__ == "__main__":
    sys.exit(main())
