"""Tests of the structure check itself, on small workspaces that have a known fault each."""

import io
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path

import modules
import structure

SOUND = {
    "control-plane": ("poem", "storage"),
    "worker": ("storage",),
    "storage": ("catalog", "async-nats"),
    "catalog": ("protocol",),
    "protocol": (),
}


class Workspace(unittest.TestCase):
    """A workspace in a temporary directory."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        self.write("control-plane/src/internal.rs", "")
        self.write("control-plane/src/server/mod.rs", "")
        self.write("control-plane/src/api/mod.rs", "use poem::Route;")

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def check(self, crates: dict, exceptions: tuple = (), tests: dict | None = None) -> list[str]:
        """The broken rules of a workspace of crates with these dependencies."""
        folders = ", ".join(f'"{name}"' for name in crates)
        self.write("Cargo.toml", f"[workspace]\nmembers = [{folders}]")
        for name, needs in crates.items():
            manifest = [f'[package]\nname = "{name}"', "[dependencies]"]
            manifest += [f"{need}.workspace = true" for need in needs]
            manifest.append("[dev-dependencies]")
            manifest += [f"{need}.workspace = true" for need in (tests or {}).get(name, ())]
            self.write(f"{name}/Cargo.toml", "\n".join(manifest))
        check = structure.Check(self.root, exceptions)
        check.directions()
        check.libraries()
        check.leftovers()
        return check.broken


class Rules(Workspace):
    def test_a_sound_workspace_breaks_no_rule(self) -> None:
        self.assertEqual(self.check(SOUND), [])

    def test_an_arrow_against_the_direction_is_found(self) -> None:
        (broken,) = self.check(SOUND | {"catalog": ("storage",)})
        self.assertIn("catalog must not depend on storage", broken)

    def test_roles_do_not_know_each_other_but_in_tests_that_are_listed(self) -> None:
        (broken,) = self.check(SOUND | {"worker": ("control-plane",)})
        self.assertIn("worker must not depend on control-plane", broken)
        (broken,) = self.check(SOUND, tests={"control-plane": ("worker",)})
        self.assertIn("control-plane must not depend on worker", broken)
        allowed = structure.Allowed("control-plane/tests", "worker", "a reason")
        self.assertEqual(self.check(SOUND, (allowed,), {"control-plane": ("worker",)}), [])
        # What is allowed for tests is not for the program.
        broken = self.check(SOUND | {"control-plane": ("worker",)}, (allowed,))
        self.assertIn("must not depend on worker", broken[0])

    def test_a_crate_without_a_layer_is_found(self) -> None:
        (broken,) = self.check(SOUND | {"billing": ()})
        self.assertIn("billing has no layer yet", broken)

    def test_a_library_away_from_home_is_found_in_manifests_and_in_files(self) -> None:
        (broken,) = self.check(SOUND | {"worker": ("async-nats",)})
        self.assertIn("worker/Cargo.toml: async-nats belongs to storage", broken)
        self.write("control-plane/src/domain.rs", "// poem::no\nfn f() {}\nuse poem::Route;")
        (broken,) = self.check(SOUND)
        self.assertTrue(broken.startswith("control-plane/src/domain.rs:3: poem belongs to"), broken)

    def test_stripe_is_found_by_the_name_that_code_uses(self) -> None:
        self.write("control-plane/src/billing/stripe.rs", "use stripe::Client;")
        crates = SOUND | {"control-plane": ("poem", "storage", "async-stripe")}
        self.assertEqual(self.check(crates), [])
        self.write("control-plane/src/api/billing.rs", "fn f() { stripe::Client::new() }")
        (broken,) = self.check(crates)
        self.assertIn("async-stripe belongs to control-plane/src/billing", broken)

    def test_an_exception_that_nothing_needs_is_found(self) -> None:
        (broken,) = self.check(SOUND, (structure.Allowed("worker", "async-nats", "a reason"),))
        self.assertIn("remove the exception", broken)


class Circles(Workspace):
    def circles(self, files: dict[str, str]) -> list:
        for name, text in files.items():
            self.write(f"crate/src/{name}", text)
        return modules.circles(modules.Crate(self.root / "crate/src").arrows())

    def test_a_circle_is_found_whatever_way_a_file_is_named(self) -> None:
        ways = (
            "use crate::b::Thing;",
            "use crate::{a::X, b::{self, Thing}};",
            "use super::b;\nfn f() { b::thing() }",
            "fn f() { crate::b::thing() }",
            "use crate::Thing;",
        )
        for way in ways:
            with self.subTest(way):
                files = {"lib.rs": "mod a; mod b;\npub use b::Thing;", "a.rs": way, "b.rs": "use crate::a::X;"}
                self.assertEqual(self.circles(files), [[("a",), ("b",)]])

    def test_a_circle_through_a_module_that_was_imported_is_found(self) -> None:
        files = {
            "lib.rs": "mod a; mod parts;",
            "a.rs": "use crate::parts;\nfn f() { parts::b::thing() }",
            "parts/mod.rs": "pub mod b;",
            "parts/b.rs": "use crate::a::f;",
        }
        self.assertEqual(self.circles(files), [[("a",), ("parts", "b")]])

    def test_parents_children_tests_comments_and_texts_make_no_circle(self) -> None:
        files = {
            "lib.rs": "mod a; mod b;",
            "a/mod.rs": "mod child;\nuse child::Thing;\npub struct X;",
            "a/child.rs": "use super::X;\npub struct Thing;",
            "b.rs": 'use crate::a::X;\n// crate::a\nconst C: &str = "crate::a // \\" ";',
            "a/other.rs": "//! crate::b::x\n#[cfg(test)]\nmod tests { use crate::b::y; fn f() { '{'; } }",
        }
        self.assertEqual(self.circles(files), [])


class Program(Workspace):
    def test_the_exit_code_says_whether_something_is_wrong(self) -> None:
        exceptions, structure.EXCEPTIONS = structure.EXCEPTIONS, ()
        self.addCleanup(setattr, structure, "EXCEPTIONS", exceptions)
        self.assertEqual(self.check(SOUND), [])
        out = io.StringIO()
        with redirect_stdout(out):
            self.assertEqual(structure.main(self.root), 0)
            self.write("worker/src/a.rs", "use crate::b::B;")
            self.write("worker/src/b.rs", "use crate::a::A;")
            self.assertEqual(structure.main(self.root), 1)
        self.assertIn("control-plane -> storage", out.getvalue())
        self.assertIn("worker: 2 files import each other", out.getvalue())


if __name__ == "__main__":
    unittest.main()
