"""A short form of `make api-fuzz`: few examples, and the same ones every time."""

import unittest

from fuzz import fuzz


class Fuzz(unittest.TestCase):
    def test_answers_are_those_of_the_document(self):
        options = ["--max-examples", "3", "--seed", "1"]
        found = fuzz(self.addCleanup, *options)
        if found:
            self.fail(found)


if __name__ == "__main__":
    unittest.main()
