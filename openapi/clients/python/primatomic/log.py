"""A log: appending, reading, following."""

import json
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import httpx

from .error import PrimatomicError
from .event import Event, packed, to_bytes
from .generated.models import LogBody
from .stream import messages
from .view import View


class Log:
    def __init__(self, http: httpx.Client, name: str):
        self.name = name
        self._http = http
        self._path = f"/logs/{quote(name, safe='')}"

    def get(self) -> LogBody:
        response = self._http.get(self._path)
        if response.is_error:
            raise PrimatomicError.of(response)
        return LogBody.from_dict(response.json())

    def append(
        self,
        event: Any,
        *,
        idempotency_key: str | None = None,
        expected_sequence: int | None = None,
    ) -> int:
        """Appends an event and returns its sequence.

        Bytes are appended as they are, text as UTF-8, anything else as JSON. The key makes a
        repeated append harmless for an hour; it is a random one if none is given.
        """
        headers = _headers("application/octet-stream", idempotency_key, expected_sequence)
        return self._append("append", to_bytes(event), headers)["sequence"]

    def append_batch(
        self,
        events: Iterable[Any],
        *,
        idempotency_key: str | None = None,
        expected_sequence: int | None = None,
    ) -> list[int]:
        """Appends events in one request, all of them or none, and returns their sequences."""
        media_type = "application/vnd.primatomic.events"
        headers = _headers(media_type, idempotency_key, expected_sequence)
        return self._append("append_batch", packed(map(to_bytes, events)), headers)["sequences"]

    def append_all(
        self, events: Iterable[Any], *, batch_events: int = 10_000, batch_bytes: int = 4 << 20
    ) -> Iterator[int]:
        """Appends any number of events in batches, each of which is stored whole or not at all.

        Yields the sequence of the last event of each batch; appends as far as it is asked to.
        """
        batch: list[bytes] = []
        size = 0
        for event in map(to_bytes, events):
            if batch and (len(batch) >= batch_events or size + len(event) > batch_bytes):
                yield self.append_batch(batch)[-1]
                batch, size = [], 0
            batch.append(event)
            size += len(event) + 4
        if batch:
            yield self.append_batch(batch)[-1]

    def _append(self, how: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        response = self._http.post(f"{self._path}/{how}", content=body, headers=headers)
        if response.is_error:
            raise PrimatomicError.of(response)
        return response.json()

    def events(
        self,
        *,
        start: int | None = None,
        at: str | None = None,
        limit: int | None = None,
        direction: str = "forward",
        text: str | None = None,
        filter: str | None = None,
    ) -> Iterator[Event]:
        """Reads events, page by page, up to the end of the log.

        From a sequence or a time (RFC 3339) on, and only those that hold a text and for which an
        expression holds, such as `@.tokens_out > 400`.
        """
        wanted = {"text": text, "filter": filter}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        while limit is None or limit > 0:
            query: dict[str, Any] = {"direction": direction, "limit": min(limit or 1000, 1000)}
            query |= wanted
            if start is not None:
                query["from"] = start
            elif at is not None:
                query["at"] = at
            response = self._http.get(f"{self._path}/events", params=query)
            if response.is_error:
                raise PrimatomicError.of(response)
            page = response.json()
            yield from map(Event.of, page["events"])
            if limit is not None:
                limit -= len(page["events"])
            start = page["next"]
            if start is None:
                return

    def tail(self, *, start: int | None = None) -> Iterator[Event]:
        """Follows the log from a sequence on, or from its end, without an end.

        Connects again when the connection breaks, behind the last event that was seen: none is
        missed, none comes twice.
        """
        after = self.get().head_sequence if start is None else max(start, 1) - 1
        pause = 0.1
        while True:
            headers = {"Accept": "text/event-stream"}
            if after > 0:
                headers["Last-Event-ID"] = str(after)
            try:
                # The server sends a heartbeat every few seconds.
                with self._http.stream(
                    "GET", f"{self._path}/events", params={"from": 1}, headers=headers
                ) as response:
                    if response.is_error:
                        raise PrimatomicError.of(response)
                    with closing(messages(response.iter_bytes())) as stream:
                        for message in stream:
                            event = Event.of(json.loads(message))
                            if event.sequence > after:
                                after = event.sequence
                                pause = 0.1
                                yield event
            except (httpx.ReadError, httpx.RemoteProtocolError, httpx.ReadTimeout):
                pass
            time.sleep(pause)
            pause = min(pause * 2, 10.0)

    def view(self, view: str) -> View:
        """A view of this log; nothing is sent yet."""
        return View(self._http, f"{self._path}/views/{quote(view, safe='')}")


def _headers(media_type: str, key: str | None, expected: int | None) -> dict[str, str]:
    headers = {"Content-Type": media_type, "Idempotency-Key": key or str(uuid.uuid4())}
    if expected is not None:
        headers["Expected-Sequence"] = str(expected)
    return headers
