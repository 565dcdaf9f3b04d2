"""Server-sent events, as the HTML standard defines them, as far as an event log needs them."""

from collections.abc import Iterable, Iterator


def messages(chunks: Iterable[bytes]) -> Iterator[str]:
    """The data of each message of a stream that carries an event; other kinds are left out."""
    rest = b""
    data: list[bytes] = []
    kind = b""
    for chunk in chunks:
        rest += chunk
        # A carriage return at the end may be half of a line end.
        if rest.endswith(b"\r"):
            continue
        *lines, rest = rest.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            if not line:
                if data and kind in (b"", b"message"):
                    yield b"\n".join(data).decode()
                data, kind = [], b""
            elif line.startswith(b"event:"):
                kind = line[6:].removeprefix(b" ")
            elif line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
