"""What the server answers when it does not do what it was asked to."""

import json
from typing import Any

import httpx


class PrimatomicError(Exception):
    """An error answer. The text is a sentence for people; programs look at `code`."""

    status: int
    """The HTTP status."""
    code: str | None
    """Such as `log_not_found`; None when something else than Primatomic answered."""
    request_id: str | None
    """Finds the request in the server's log."""
    body: dict[str, Any]
    """The whole answer, for the fields that some codes have: `head`, `applied`, `sequence`."""

    def __init__(self, status: int, content: bytes, request_id: str | None = None):
        try:
            body = json.loads(content)
        except ValueError:
            body = None
        text = content.decode(errors="replace").strip()[:300]
        if isinstance(body, dict) and "error" in body:
            text = body["error"]
        else:
            body = {"code": "rate_limited"} if status == 429 else {}
        super().__init__(text or f"the server answered with status {status}")
        self.status = status
        self.code = body.get("code")
        self.request_id = body.get("request_id", request_id)
        self.body = body

    @classmethod
    def of(cls, response: httpx.Response) -> "PrimatomicError":
        response.read()
        return cls(response.status_code, response.content, response.headers.get("Request-Id"))
