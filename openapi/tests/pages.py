"""Runs the code of a page: the blocks themselves, so that page and test can't differ.

The `sh` blocks of a page are one session of a shell, in the directory of a running server that has the
checkout as `primatomic`; its `ts` blocks are one module and its `python` blocks one script. What follows
a block and is marked `json` or `text` is what the block prints; `…` stands for anything. A block below a
line that begins with the name of a file is written to that file, where the shell is by then. Other blocks
are only shown, and so are those behind a comment `<!-- not run: why -->`.
"""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache

from servers import CLIENTS, ROOT, TOOLS, TYPESCRIPT, run, variables

DOCS = ROOT / "docs"

# Pages whose commands are for a checkout, a cluster or hours of time.
NOT_RUN = {
    "benchmarks.md": "measures for an hour",
    "operations.md": "is about clusters; deploy/tests compares what it names",
    "scale.md": "deploy/tests compares its tables",
}

ADDRESS = "http://127.0.0.1:8080"
BLOCK = re.compile(
    r"^(?P<skip><!-- not run: [^\n]+ -->\n\n?)?```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)
FILE = re.compile(r"^`([\w./-]+)`[^\n]*:\n\n\Z", re.M)
OUTPUTS = ("json", "text")
MARK = "=== the end of a block ==="


@dataclass
class Block:
    kind: str
    text: str
    line: int
    outputs: list = field(default_factory=list)


def pages():
    found = [page for page in sorted(DOCS.glob("*.md")) if page.name not in NOT_RUN]
    return found + [TYPESCRIPT / "README.md", CLIENTS / "python/README.md"]


def blocks(page):
    """The blocks of a page that are run, each with what it prints."""
    text = page.read_text()
    found = []
    last = None
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        kind = match["kind"]
        if kind in OUTPUTS and last is not None:
            last.outputs.append((kind, match["text"], line))
            continue
        last = None
        file = FILE.search(text, 0, match.start())
        if match["skip"]:
            continue
        if file:
            found.append(Block("sh", written(file[1], match["text"]), line))
        elif kind in RUNNERS:
            last = Block(kind, match["text"], line)
            found.append(last)
    return found


def written(file, text):
    return f"cat > {file} <<'END OF FILE'\n{text}END OF FILE\n"


def check(page, server):
    """Runs a page on a server; says where it goes wrong."""
    found = blocks(page)
    for kind, runner in RUNNERS.items():
        ours = [block for block in found if block.kind == kind]
        if ours:
            check_outputs(page, ours, runner(page, ours, server))
    return len(found)


def check_outputs(page, ours, printed):
    for block, lines in zip(ours, printed, strict=True):
        expected = "".join(text for _, text, _ in block.outputs)
        if not block.outputs:
            continue
        if not matches(block.outputs, lines):
            where = f"{page.relative_to(ROOT)}:{block.line}"
            raise AssertionError(f"{where} prints\n{lines}\nand not\n{expected}")


def matches(outputs, printed):
    kinds = {kind for kind, _, _ in outputs}
    expected = "".join(text for _, text, _ in outputs)
    if kinds == {"json"}:
        return same(list(values(expected)), list(values(printed)))
    pattern = re.escape(expected.strip()).replace("…", ".*")
    return re.fullmatch(pattern, printed.strip(), re.S) is not None


def values(text):
    """The JSON values that stand one after another in a text."""
    decoder = json.JSONDecoder()
    text = text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:].strip()


def same(expected, found):
    if isinstance(expected, str) and isinstance(found, str) and "…" in expected:
        return re.fullmatch(re.escape(expected).replace("…", ".*"), found, re.S) is not None
    if expected == "…":
        return True
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = set(expected) - {"…"}
        whole = "…" in expected or keys == set(found)
        return whole and all(key in found and same(expected[key], found[key]) for key in keys)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    return expected == found


def with_address(block, server):
    return block.text.replace(ADDRESS, server.url)


def cut(printed, count):
    parts = printed.split(MARK + "\n")
    if len(parts) != count + 1:
        raise AssertionError(f"{count} blocks printed {len(parts) - 1} ends:\n{printed}")
    return parts[:count]


def shell(page, ours, server):
    script = "set -euo pipefail\n"
    for block in ours:
        script += f"# {page.name}:{block.line}\n{with_address(block, server)}\necho; echo '{MARK}'\n"
    (server.directory / "primatomic").symlink_to(ROOT)
    shutil.copy(ROOT / "rust-toolchain.toml", server.directory)
    environment = variables(server)
    environment.pop("CARGO_TARGET_DIR", None)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=server.directory,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise AssertionError(f"{page.relative_to(ROOT)}: {done.stdout}\n{done.stderr}")
    return cut(done.stdout, len(ours))


def joined(ours, address, end):
    return "\n".join(block.text.replace(ADDRESS, address) + end for block in ours)


def module(page):
    return re.sub(r"\W+", "-", str(page.relative_to(ROOT).with_suffix("")))


@cache
def build_typescript():
    """Compiles the TypeScript client, its tests, and the modules of all pages with it."""
    sources = TYPESCRIPT / "pages"
    shutil.rmtree(sources, ignore_errors=True)
    shutil.rmtree(TYPESCRIPT / "dist", ignore_errors=True)
    sources.mkdir()
    for page in pages():
        ours = [block for block in blocks(page) if block.kind == "ts"]
        if ours:
            text = joined(ours, ADDRESS, f'console.log("\\n{MARK}");\n')
            text = text.replace(f'"{ADDRESS}"', 'process.env["PRIMATOMIC_URL"] ?? ""')
            (sources / f"{module(page)}.ts").write_text(text)
    run([TOOLS / "node", "node_modules/typescript/bin/tsc"], cwd=TYPESCRIPT)
    shutil.rmtree(sources)


def typescript(page, ours, server):
    build_typescript()
    compiled = TYPESCRIPT / "dist/pages" / f"{module(page)}.js"
    printed = run([TOOLS / "node", compiled], cwd=server.directory, env=variables(server))
    return cut(printed, len(ours))


def python(page, ours, server):
    script = joined(ours, server.url, f'print("\\n{MARK}")\n')
    environment = variables(server) | {
        "PYTHONPATH": str(CLIENTS / "python"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [TOOLS / "python", "-c", script]
    return cut(run(command, cwd=server.directory, env=environment), len(ours))


RUNNERS = {"sh": shell, "ts": typescript, "python": python}
