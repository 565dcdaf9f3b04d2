"""Counts, by a view, what was appended to a log.

PRIMATOMIC_URL=http://127.0.0.1:8080 PRIMATOMIC_API_KEY=$(cat data/dev-key) \
    python example.py data/examples/counter.wasm
"""

import os
import sys
from pathlib import Path

from primatomic import Primatomic, PrimatomicError

NAME = "example-python"


def main():
    url = os.environ.get("PRIMATOMIC_URL", "http://127.0.0.1:8080")
    with Primatomic(url, os.environ["PRIMATOMIC_API_KEY"]) as primatomic:
        try:
            log = primatomic.create_log(NAME)
        except PrimatomicError as error:
            if error.code != "name_taken":
                raise
            log = primatomic.log(NAME)
        view = log.view("counter")
        component = sys.argv[1] if len(sys.argv) > 1 else "data/examples/counter.wasm"
        view.deploy(Path(component).read_bytes())

        *_, last = log.append_all({"inc": 1} for _ in range(100))
        answer = view.query(after=last)
        print(f"after event {answer.sequence}: {answer.text()}")


if __name__ == "__main__":
    main()
