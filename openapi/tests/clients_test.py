"""The clients: generated from the document as it is, and right against real servers."""

import filecmp
import tempfile
import unittest
from pathlib import Path

from pages import build_typescript
from servers import CLIENTS, OPENAPI, PROGRAM, TOOLS, TYPESCRIPT, UNLIMITED, Server, run, variables

PYTHON = CLIENTS / "python"


def files(directory):
    """The files below a directory, but for what Python leaves there."""
    found = (path.relative_to(directory) for path in directory.rglob("*") if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts)


class Generated(unittest.TestCase):
    def test_what_is_checked_in_is_generated_from_the_document(self):
        parts = ["typescript/src/generated.ts", "python/primatomic/generated"]
        with tempfile.TemporaryDirectory() as directory:
            run([OPENAPI / "generate.sh", directory])
            for part in parts:
                written, kept = Path(directory) / part, CLIENTS / part
                if written.is_file():
                    self.assertTrue(filecmp.cmp(written, kept, shallow=False), f"{part}: {ADVICE}")
                    continue
                self.assertEqual(files(written), files(kept), ADVICE)
                _, differing, missing = filecmp.cmpfiles(written, kept, files(written), shallow=False)
                self.assertEqual(differing + missing, [], ADVICE)


ADVICE = "the clients are old; run `make clients`"


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.addClassCleanup, *UNLIMITED)
        cls.limited = Server(cls.addClassCleanup, "--rate-limit", "20", "--rate-burst", "5")
        cls.variables = variables(cls.server, cls.limited)

    def test_typescript(self):
        build_typescript()
        tests = sorted(TYPESCRIPT.glob("dist/test/*.test.js"))
        run([TOOLS / "node", "--test", *tests], cwd=TYPESCRIPT, env=self.variables)
        component = self.variables["COUNTER_COMPONENT"]
        for counted in (100, 200):
            printed = run([TOOLS / "node", "dist/example/usage.js", component], cwd=TYPESCRIPT, env=self.variables)
            self.assertEqual(printed, f'after event {counted}: {{"value":{counted}}}\n')

    def test_python(self):
        python = TOOLS / "python"
        run([TOOLS / "ruff", "check", "--no-cache", "."], cwd=PYTHON)
        run([TOOLS / "ruff", "format", "--no-cache", "--check", "."], cwd=PYTHON)
        environment = self.variables | {"PYTHONPATH": str(PYTHON), "PYTHONDONTWRITEBYTECODE": "1"}
        run([python, "-m", "unittest", "discover", "tests"], cwd=PYTHON, env=environment)
        component = self.variables["COUNTER_COMPONENT"]
        for counted in (100, 200):
            printed = run([python, "example.py", component], cwd=PYTHON, env=environment)
            self.assertEqual(printed, f'after event {counted}: {{"value":{counted}}}\n')

    def test_rust(self):
        crate = CLIENTS / "rust"
        readme = (crate / "README.md").read_text()
        _, code = (crate / "examples/usage.rs").read_text().split('finds")]\n\n')
        self.assertIn(f"```rust,no_run\n{code}```", readme)
        example = PROGRAM.parent / "examples/usage"
        printed = run([example], cwd=self.server.directory, env=self.variables)
        self.assertIn(f"```text\n{printed}```", readme)


if __name__ == "__main__":
    unittest.main()
