#!/usr/bin/env python3
"""Holds what ARCHITECTURE.md says about the direction of dependencies; `make lint` runs it.

    docs/structure/structure.py [DIRECTORY]

It prints the crates and the arrows between them, the circles of files in every crate, and every rule that
is broken; with one of the latter two it exits with 1. A circle within a module and its own children is
none. The rules are the tables below. It takes Python 3.11 and nothing but its standard library.
"""

import re
import sys
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import modules

# A crate may depend on crates of later layers alone; those of one layer don't know each other.
LAYERS = (
    ("bench", "primatomic"),
    ("archiver", "control-plane", "worker"),
    ("storage",),
    ("catalog",),
    ("migrations", "protocol"),
)

# Crates beside the layers, with all that they may depend on. Only the first layer, and tests, may depend on
# them.
BESIDE = {
    "audit-log": ("primatomic-view",),
    "counter": ("primatomic-view",),
    "example-views": (),
    "primatomic-client": (),
    "primatomic-view": (),
    "stripe-fake": (),
    "test-servers": (),
    "usage-metering": ("primatomic-view",),
}


@dataclass(frozen=True)
class Home:
    """Where the code lies that may name a library."""

    # Names of packages; `*` stands for any end.
    packages: tuple[str, ...]
    # Folders and files, from the root of the repository.
    places: tuple[str, ...]


HOMES = (
    Home(("poem-openapi",), ("control-plane/src/api",)),
    Home(("poem",), ("control-plane/src/api", "control-plane/src/internal.rs", "control-plane/src/server/mod.rs")),
    Home(("async-stripe*", "stripe", "stripe-[bcpst]*"), ("control-plane/src/billing",)),
    Home(("wasmer*", "wasmparser", "wasm-encoder"), ("worker",)),
    Home(("async-nats", "aws-config", "aws-sdk-*", "rusqlite"), ("storage",)),
    Home(("sea-orm*", "sqlx*"), ("catalog", "migrations")),
)


@dataclass(frozen=True)
class Allowed:
    """Something that the rules forbid and that is right all the same."""

    # A crate's folder; with `/tests` behind it the package is a dependency of tests alone.
    place: str
    package: str
    reason: str


EXCEPTIONS = (
    Allowed("stripe-fake", "poem", "it stands in for a server of somebody else"),
    Allowed("stripe-fake/tests", "stripe*", "its answers are read with the library that reads Stripe's"),
    Allowed("bench", "async-nats", "a cluster is measured against bare publishers"),
    Allowed("catalog/tests", "rusqlite", "tests damage the catalog's file as only others could"),
    Allowed("control-plane/src/billing/payments/tests", "poem", "the simulation receives webhooks"),
    Allowed("control-plane/tests", "worker", "tests of views run them on the real worker"),
)


@dataclass
class Package:
    """A crate of the workspace."""

    name: str
    folder: str
    # Packages that it depends on, and those that only its tests and examples do.
    needs: set[str] = field(default_factory=set)
    test_needs: set[str] = field(default_factory=set)


def packages(root: Path) -> dict[str, Package]:
    """The crates of the workspace, by name."""
    workspace = tomllib.loads((root / "Cargo.toml").read_text())["workspace"]
    found = {}
    for folder in workspace["members"]:
        manifest = tomllib.loads((root / folder / "Cargo.toml").read_text())
        package = Package(manifest["package"]["name"], folder)
        # A target's own dependencies are dependencies too.
        for table in (manifest, *manifest.get("target", {}).values()):
            package.needs |= names(table.get("dependencies", {}))
            package.needs |= names(table.get("build-dependencies", {}))
            package.test_needs |= names(table.get("dev-dependencies", {}))
        package.test_needs -= package.needs
        found[package.name] = package
    return found


def names(dependencies: dict) -> set[str]:
    """Names of packages, whatever the crate calls them."""
    return {
        value.get("package", name) if isinstance(value, dict) else name
        for name, value in dependencies.items()
    }


class Check:
    """One look at a repository: what is broken, and which exceptions something needed."""

    def __init__(self, root: Path, exceptions: tuple[Allowed, ...]):
        self.root = root
        self.packages = packages(root)
        self.exceptions = exceptions
        self.used: set[Allowed] = set()
        self.broken: list[str] = []

    def excepted(self, place: str, package: str) -> bool:
        """Whether the table of exceptions lets this place name the package."""
        for exception in self.exceptions:
            if fnmatchcase(package, exception.package) and is_within(place, exception.place):
                self.used.add(exception)
                return True
        return False

    def directions(self) -> None:
        """Every arrow between two crates points to a later layer."""
        layer = {name: number for number, layer in enumerate(LAYERS) for name in layer}
        for package in self.packages.values():
            if package.name not in layer and package.name not in BESIDE:
                self.broken.append(
                    f"{package.folder}: the crate {package.name} has no layer yet; enter it into LAYERS or "
                    "BESIDE in docs/structure/structure.py"
                )
                continue
            for needs, place in (
                (package.needs, package.folder),
                (package.test_needs, f"{package.folder}/tests"),
            ):
                for other in sorted(needs & self.packages.keys()):
                    if not self.may_depend(package.name, other, layer, place) and not self.excepted(place, other):
                        self.broken.append(
                            f"{package.folder}/Cargo.toml: {package.name} must not depend on {other}; move what "
                            "both need to a crate of a later layer, or hand it in from `primatomic`"
                        )

    @staticmethod
    def may_depend(name: str, other: str, layer: dict[str, int], place: str) -> bool:
        """Whether the arrow from one crate to another has the right direction."""
        if name in BESIDE:
            return other in BESIDE[name]
        if other in BESIDE:
            return layer[name] == 0 or place.endswith("/tests")
        return layer[name] < layer.get(other, -1)

    def libraries(self) -> None:
        """Every library is named at home alone: in manifests, and in each file of a crate that has it."""
        for package in self.packages.values():
            for home in HOMES:
                for library in sorted(package.needs | package.test_needs):
                    if any(fnmatchcase(library, pattern) for pattern in home.packages):
                        self.library(package, library, home)

    def library(self, package: Package, library: str, home: Home) -> None:
        """Looks for one library in one crate."""
        places = " and ".join(home.places)
        for place in home.places:
            if not (self.root / place).exists():
                self.broken.append(
                    f"docs/structure/structure.py: there is no {place}, the home of {library}; enter where its "
                    "code is now"
                )
        if not any(is_within(place, package.folder) for place in home.places):
            place = package.folder if library in package.needs else f"{package.folder}/tests"
            if not self.excepted(place, library):
                self.broken.append(
                    f"{package.folder}/Cargo.toml: {library} belongs to {places}; take it out, and call what "
                    "that code offers"
                )
            return
        named = re.compile(rf"(?<![\w:]){name_in_code(library)}(?=::|;| as )")
        for path in sorted((self.root / package.folder).rglob("*.rs")):
            place = path.relative_to(self.root).as_posix()
            if any(is_within(place, it) for it in home.places) or self.excepted(place, library):
                continue
            if match := named.search(code := modules.without_text(path.read_text())):
                line = code.count("\n", 0, match.start()) + 1
                self.broken.append(
                    f"{place}:{line}: {library} belongs to {places}; move the code there, or put a function "
                    "there and call it"
                )

    def leftovers(self) -> None:
        """An exception that nothing needs any more is none."""
        for exception in self.exceptions:
            if exception not in self.used:
                self.broken.append(
                    f"docs/structure/structure.py: {exception.place} does not name {exception.package}; "
                    "remove the exception"
                )

    def circles(self) -> list[str]:
        """The circles of files, a line for each file in one."""
        lines = []
        for package in self.packages.values():
            arrows = modules.Crate(self.root / package.folder / "src").arrows()
            for circle in modules.circles(arrows):
                lines.append(
                    f"{package.folder}: {len(circle)} files import each other; move what they share to a file "
                    "that imports none of them"
                )
                for module in circle:
                    others = ", ".join("::".join(it) for it in sorted(arrows[module] & set(circle)))
                    lines.append(f"  {'::'.join(module) or 'the root'} -> {others}")
        return lines

    def arrows(self) -> list[str]:
        """The crates, each with the crates that it depends on."""
        order = [name for layer in LAYERS for name in layer] + sorted(BESIDE)
        known = sorted(self.packages.values(), key=lambda it: (order.index(it.name) if it.name in order else 99))
        width = max(len(package.name) for package in known)
        lines = []
        for package in known:
            needs = ", ".join(sorted(package.needs & self.packages.keys())) or "-"
            tests = ", ".join(sorted(package.test_needs & self.packages.keys()))
            lines.append(f"{package.name:{width}} -> {needs}" + (f"; in tests {tests}" if tests else ""))
        return lines


def name_in_code(package: str) -> str:
    """What code calls a package; those of async-stripe leave the first word out."""
    name = package.replace("-", "_")
    return name.removeprefix("async_") if name.startswith("async_stripe") else name


def is_within(place: str, folder: str) -> bool:
    """Whether a path is a folder or lies below it."""
    return place == folder or place.startswith(f"{folder}/")


def main(root: Path) -> int:
    """Prints everything, and returns the exit code."""
    check = Check(root, EXCEPTIONS)
    check.directions()
    check.libraries()
    check.leftovers()
    circles = check.circles()
    sections = (("Crates", check.arrows()), ("Circles of files", circles), ("Broken rules", check.broken))
    for title, lines in sections:
        print(f"{title}:", *(lines or ["none"]), sep="\n  ")
    return 1 if circles or check.broken else 0


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()))
