"""Sending again.

A request that was refused for its rate was not looked at, so it can be sent again whatever it is.
After any other failure only those are repeated that do no harm twice: reads, queries, and appends,
which carry an Idempotency-Key.
"""

import random
import time

import httpx

FIRST_PAUSE = 0.1
PAUSE_MAX = 10.0
RETRY_AFTER_MAX = 60.0


class RetryTransport(httpx.BaseTransport):
    """Repeats a request up to `retries` times."""

    def __init__(self, inner: httpx.BaseTransport, retries: int):
        self._inner = inner
        self._retries = retries

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        pause = FIRST_PAUSE
        for left in range(self._retries, -1, -1):
            response = None
            try:
                response = self._inner.handle_request(request)
            except httpx.TransportError:
                if left == 0 or not _is_harmless(request):
                    raise
            if response is not None:
                if left == 0 or not _may_repeat(request, response):
                    return response
                pause = max(pause, _retry_after(response))
                response.close()
            # Never before the server asked for it, doubled every time, and spread by chance, so
            # that clients that failed together do not come back together.
            time.sleep(pause * random.uniform(1, 1.5))
            pause = min(pause * 2, PAUSE_MAX)
        raise AssertionError("the last attempt returns or raises")

    def close(self) -> None:
        self._inner.close()


def _may_repeat(request: httpx.Request, response: httpx.Response) -> bool:
    if response.status_code == 429:
        return True
    return response.status_code in (502, 503) and _is_harmless(request)


def _is_harmless(request: httpx.Request) -> bool:
    return (
        request.method == "GET"
        or "Idempotency-Key" in request.headers
        or request.url.path.endswith("/query")
    )


def _retry_after(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), RETRY_AFTER_MAX) if text.isdecimal() else 0.0
