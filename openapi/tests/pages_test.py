"""Every block of a page that can be run is run, on a server of its own."""

import re
import unittest
from contextlib import ExitStack

from pages import DOCS, blocks, check, pages
from servers import ROOT, UNLIMITED, Server


class Pages(unittest.TestCase):
    def test_what_pages_show_is_what_happens(self):
        run = 0
        for page in pages():
            if not blocks(page):
                continue
            with self.subTest(page=str(page.relative_to(ROOT))), ExitStack() as scope:
                run += check(page, Server(scope.callback, *UNLIMITED))
        self.assertGreater(run, 50)

    def test_alerts_name_metrics_that_exist_and_have_a_runbook(self):
        guide = (DOCS / "operations.md").read_text()
        runbooks = (DOCS / "runbooks.md").read_text()
        made = set()
        for source in ROOT.glob("*/src/**/*.rs"):
            pattern = r'(?:counter|gauge|histogram)!\(\s*"(\w+)"'
            made |= set(re.findall(pattern, source.read_text()))
        named = set(re.findall(r"`((?:http|views|archive)_[a-z_]+)", guide + runbooks))
        self.assertGreater(len(named), 10)
        self.assertEqual(named - made, set())
        table = guide.split("## What to watch")[1].split("\n## ")[0]
        rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
        linked = re.findall(r"\(runbooks\.md#([\w-]+)\)", table)
        self.assertEqual(len(linked), len(rows))
        titles = re.findall(r"^## (.+)$", runbooks, re.M)
        self.assertEqual(sorted(linked), sorted(title.lower().replace(" ", "-") for title in titles))


if __name__ == "__main__":
    unittest.main()
