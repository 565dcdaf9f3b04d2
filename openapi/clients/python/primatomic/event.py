"""Events as the client takes and gives them."""

import base64
import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """An event of a log."""

    sequence: int
    timestamp: str
    """RFC 3339, to the microsecond."""
    data: bytes

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "Event":
        is_text = answer["encoding"] == "utf8"
        data = answer["data"].encode() if is_text else base64.b64decode(answer["data"])
        return cls(answer["sequence"], answer["timestamp"], data)

    def text(self) -> str:
        return self.data.decode()

    def json(self) -> Any:
        return json.loads(self.data)


def to_bytes(event: Any) -> bytes:
    """Bytes as they are, text as UTF-8, anything else as JSON."""
    if isinstance(event, bytes | bytearray | memoryview):
        return bytes(event)
    if isinstance(event, str):
        return event.encode()
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


def packed(events: Iterable[bytes]) -> bytes:
    """The binary form of a batch: for each event a little-endian `u32` length, and its bytes."""
    return b"".join(struct.pack("<I", len(event)) + event for event in events)
