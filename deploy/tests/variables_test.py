"""Every variable and flag that deploy/ and the guides name is one that the program knows."""

import re
import unittest

from known import DEPLOY, ROOT, flags_of_operators, named_variables, variables

# What compose.yaml and its passwords are named by, and not read by the program.
OF_THE_IMAGE = {"PRIMATOMIC_VERSION"}
# What `make dev` alone sets, and no help shows.
OF_DEVELOPMENT = {"PRIMATOMIC_DEV_CLOCK"}
# Flags of other programs that the guides name.
OF_OTHERS = {"--config", "--signal", "--build", "--detach", "--namespace", "--file"}


def texts():
    for path in sorted(DEPLOY.rglob("*")):
        if path.is_file() and "tests" not in path.parts and path.name != ".env":
            yield path, path.read_text()
    for page in ("operations.md", "scale.md"):
        yield ROOT / "docs" / page, (ROOT / "docs" / page).read_text()


class Variables(unittest.TestCase):
    def test_every_variable_is_known(self):
        found = set()
        for path, text in texts():
            named = named_variables(text) - OF_THE_IMAGE - OF_DEVELOPMENT
            found |= named
            self.assertEqual(named - variables(), set(), path)
        self.assertIn("PRIMATOMIC_NATS_MONITORS", found)

    def test_every_flag_in_the_guide_is_known(self):
        page = (ROOT / "docs/operations.md").read_text()
        # Those in code alone: `--flag`, and not in the commands of other programs.
        named = set(re.findall(r"`(--[a-z][a-z0-9-]+)", page))
        self.assertTrue(named)
        self.assertEqual(named - flags_of_operators() - OF_OTHERS, set())


if __name__ == "__main__":
    unittest.main()
