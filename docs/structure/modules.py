"""Reads Rust sources: which file of a crate names an item that another file holds.

It reads `use` declarations and paths in code, follows re-exports to the file that defines the item, and
leaves out code for tests. It knows no types, so a call of a method makes no arrow.
"""

import re
from pathlib import Path

# A module is the tuple of its names: () is the crate's root, ("commands", "log") is crate::commands::log.
Module = tuple[str, ...]

TEXT = re.compile(
    r'(?<![A-Za-z0-9_])b?r(#*)"[\s\S]*?"\1'  # raw strings
    r'|"(?:\\[\s\S]|[^"\\])*"'  # strings
    r"|'(?:\\.[^']*|[^'\\\n])'"  # characters
    r"|//[^\n]*|/\*[\s\S]*?\*/"  # comments
)
USE = re.compile(r"(?m)^[ \t]*(pub(?:\([^)]*\))?[ \t]+)?use[ \t]+([^;]+);")
PATH = re.compile(r"(?<![\w:])[A-Za-z_]\w*(?:::[A-Za-z_]\w*)+")
TEST = re.compile(r"#\[cfg\((?:test|all\(test,[^\]]*)\)\]")


def without_text(source: str) -> str:
    """The source without comments, and with empty strings; its lines stay where they are."""

    def blank(match: re.Match) -> str:
        return ("" if match[0].startswith("/") else '""') + "\n" * match[0].count("\n")

    return TEXT.sub(blank, source)


def without_tests(code: str) -> str:
    """The code without the items that are marked with `#[cfg(test)]`."""
    while match := TEST.search(code):
        code = code[: match.start()] + code[end_of_item(code, match.end()) :]
    return code


def end_of_item(code: str, start: int) -> int:
    """Where the item ends that begins at `start`: behind its semicolon, or its outermost braces."""
    depth = 0
    for position in range(start, len(code)):
        letter = code[position]
        if letter in "{[(":
            depth += 1
        elif letter in "}])":
            depth -= 1
            if depth == 0 and letter == "}":
                return position + 1
        elif letter == ";" and depth == 0:
            return position + 1
    return len(code)


def use_tree(tree: str) -> list[tuple[list[str], str]]:
    """The paths of a `use` declaration, each with the name that it gets in this file."""
    tree = tree.strip()
    if not tree.endswith("}"):
        path, _, alias = tree.partition(" as ")
        segments = [segment.strip() for segment in path.strip().split("::")]
        if segments[-1] == "self":
            segments.pop()
        return [(segments, alias.strip() or segments[-1])] if segments else []
    prefix, _, inner = tree[:-1].partition("{")
    parts, depth, part = [], 0, ""
    for letter in inner:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += letter
    parts.append(part)
    return [
        found for part in parts if part.strip() for found in use_tree(prefix.strip() + part.strip())
    ]


class Crate:
    """The files of a crate, and the paths that each of them names."""

    def __init__(self, src: Path):
        self.files: dict[Module, Path] = {}
        for path in sorted(src.rglob("*.rs")):
            module = path.relative_to(src).with_suffix("").parts
            if module[-1] in ("mod", "lib", "main"):
                module = module[:-1]
            self.files[module] = path
        self.names: dict[Module, list[list[str]]] = {}
        # By file: what a name of a `use` declaration stands for, and which of these are public.
        self.imported: dict[Module, dict[str, list[str]]] = {}
        self.exported: dict[Module, dict[str, list[str]]] = {}
        for module, path in self.files.items():
            self.read(module, path.read_text())

    def read(self, module: Module, source: str) -> None:
        """Notes every path in one file."""
        code = without_tests(without_text(source))
        names, imported, exported = [], {}, {}
        for public, tree in USE.findall(code):
            for path, name in use_tree(tree):
                names.append(path)
                imported[name] = path
                if public:
                    exported[name] = path
        names += [path.split("::") for path in PATH.findall(USE.sub("", code))]
        self.names[module], self.imported[module], self.exported[module] = names, imported, exported

    def target(self, module: Module, path: list[str], depth: int = 0) -> Module | None:
        """The file that holds what `path` names in the file `module`; None if it is of another crate."""
        first, rest = path[0], list(path[1:])
        if first == "crate":
            found = ()
        elif first in ("self", "super"):
            found = module[: len(module) - (first == "super")]
            while rest and rest[0] == "super":
                found, rest = found[:-1], rest[1:]
        elif (*module, first) in self.files:
            found = (*module, first)
        elif first in self.imported[module] and self.imported[module][first] != path and depth < 8:
            return self.target(module, self.imported[module][first] + rest, depth + 1)
        else:
            return None
        while rest and (*found, rest[0]) in self.files:
            found, rest = (*found, rest[0]), rest[1:]
        if found not in self.files:
            return None
        exports = self.exported[found]
        if rest and rest[0] in exports and found != module and depth < 8:
            return self.target(found, exports[rest[0]] + rest[1:], depth + 1) or found
        return found

    def arrows(self) -> dict[Module, set[Module]]:
        """For each file the others that it names, but for those above and below it."""
        arrows = {}
        for module, names in self.names.items():
            found = {self.target(module, path) for path in names} - {None}
            arrows[module] = {other for other in found if not is_family(module, other)}
        return arrows


def is_family(one: Module, other: Module) -> bool:
    """Whether one of two modules lies within the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def circles(arrows: dict[Module, set[Module]]) -> list[list[Module]]:
    """Groups of files in which each is reached from each: Tarjan's strongly connected components."""
    order, low, stack, found = {}, {}, [], []

    def visit(module: Module) -> None:
        order[module] = low[module] = len(order)
        stack.append(module)
        for other in sorted(arrows[module]):
            if other not in order:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], order[other])
        if low[module] == order[module]:
            start = stack.index(module)
            group = stack[start:]
            del stack[start:]
            if len(group) > 1:
                found.append(sorted(group))

    for module in sorted(arrows):
        if module not in order:
            visit(module)
    return found
