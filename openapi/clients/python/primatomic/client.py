"""The client itself: where the server is, and as whom to ask it."""

from types import ModuleType
from typing import Any, Self

import httpx

from .error import PrimatomicError
from .generated.api.logs import create_log
from .generated.client import AuthenticatedClient
from .generated.models import CreateLogBody
from .log import Log
from .retry import RetryTransport


class Primatomic:
    """One server, as one caller. Use it in a `with`, or close it."""

    api: AuthenticatedClient
    """What the generated operations take as their `client`; it sends again by itself."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        retries: int = 8,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ):
        """`token` is an API key or an access token."""
        inner = transport or httpx.HTTPTransport()
        self.api = AuthenticatedClient(
            base_url=url.rstrip("/"),
            token=token.strip(),
            timeout=httpx.Timeout(timeout),
            httpx_args={"transport": RetryTransport(inner, retries)},
        )

    def call(self, operation: ModuleType, *path: str, **arguments: Any) -> Any:
        """Calls a generated operation, and raises an error answer: `call(get_log, "demo")`."""
        response = operation.sync_detailed(*path, client=self.api, **arguments)
        if response.status_code >= 400:
            request_id = response.headers.get("Request-Id")
            raise PrimatomicError(response.status_code, response.content, request_id)
        return response.parsed

    def log(self, log: str) -> Log:
        """A log by its name or id; nothing is sent yet."""
        return Log(self.api.get_httpx_client(), log)

    def create_log(self, name: str, **options: Any) -> Log:
        self.call(create_log, body=CreateLogBody(name=name, **options))
        return self.log(name)

    def close(self) -> None:
        self.api.get_httpx_client().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
