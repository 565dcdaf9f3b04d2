"""Server-sent events, as the HTML standard defines them, as far as an event log needs them."""

from collections.abc import Iterable, Iterator


def messages(chunks: Iterable[bytes]) -> Iterator[str]:
    """The data of each message of a stream."""
    rest = b""
    data: list[bytes] = []
    for chunk in chunks:
        rest += chunk
        # A carriage return at the end may be half of a line end.
        if rest.endswith(b"\r"):
            continue
        *lines, rest = rest.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            if not line and data:
                yield b"\n".join(data).decode()
                data = []
            elif line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
