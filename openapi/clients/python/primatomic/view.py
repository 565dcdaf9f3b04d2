"""A view: deploying and asking it."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from .error import PrimatomicError
from .event import to_bytes
from .generated.models import State
from .generated.models import View as ViewBody


@dataclass(frozen=True)
class QueryAnswer:
    """A view's answer, and the sequence that it reflects."""

    sequence: int
    content_type: str
    data: bytes

    def text(self) -> str:
        return self.data.decode()

    def json(self) -> Any:
        return json.loads(self.data)


class View:
    def __init__(self, http: httpx.Client, path: str):
        self._http = http
        self._path = path

    def get(self) -> ViewBody:
        response = self._http.get(self._path)
        if response.is_error:
            raise PrimatomicError.of(response)
        return ViewBody.from_dict(response.json())

    def query(
        self,
        *,
        after: int | None = None,
        timeout_ms: int | None = None,
        version: int | None = None,
        parameters: Mapping[str, str] | None = None,
        input: Any = b"",
    ) -> QueryAnswer:
        """Asks the view; with `after` from a state that holds at least that sequence."""
        ours = {"after": after, "timeout_ms": timeout_ms, "version": version}
        query = {name: value for name, value in ours.items() if value is not None}
        response = self._http.post(
            f"{self._path}/query",
            params={**query, **(parameters or {})},
            content=to_bytes(input),
            headers={"Content-Type": "application/octet-stream"},
        )
        if response.is_error:
            raise PrimatomicError.of(response)
        return QueryAnswer(
            int(response.headers["Primatomic-Sequence"]),
            response.headers["Content-Type"],
            response.content,
        )

    def deploy(
        self, component: bytes, *, content_type: str | None = None, config: str | None = None
    ) -> int:
        """Uploads a component as a new version and waits until it is live; returns its number."""
        options = {"content_type": content_type, "config": config}
        response = self._http.post(
            self._path,
            params={name: value for name, value in options.items() if value is not None},
            content=component,
            headers={"Content-Type": "application/wasm"},
            timeout=600,
        )
        if response.is_error:
            raise PrimatomicError.of(response)
        number = response.json()["version"]
        while True:
            version = next((it for it in self.get().versions if it.version == number), None)
            if version is not None and version.state == State.FAILED:
                reason = getattr(version.failure, "message", "the version failed")
                failure = {"error": reason, "code": "view_failed"}
                raise PrimatomicError(409, json.dumps(failure).encode())
            if version is None or version.state != State.BUILDING:
                return number
            time.sleep(0.2)
