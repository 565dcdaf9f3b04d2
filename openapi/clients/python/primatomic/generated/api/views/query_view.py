from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    log: str,
    view: str,
    *,
    body: File | Unset = UNSET,
    after: int | Unset = UNSET,
    sequence: int | Unset = UNSET,
    as_of: int | Unset = UNSET,
    version: int | Unset = UNSET,
    timeout_ms: int | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    params["after"] = after

    params["sequence"] = sequence

    params["as_of"] = as_of

    params["version"] = version

    params["timeout_ms"] = timeout_ms

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/logs/{log}/views/{view}/query".format(
            log=quote(str(log), safe=""),
            view=quote(str(view), safe=""),
        ),
        "params": params,
    }

    if not isinstance(body, Unset):
        _kwargs["content"] = body.payload
    headers["Content-Type"] = "application/octet-stream"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | File | str | None:
    if response.status_code == 200:
        response_200 = File(payload=BytesIO(response.content))

        return response_200

    if response.status_code == 400:
        response_400 = Error.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Error.from_dict(response.json())

        return response_401

    if response.status_code == 402:
        response_402 = Error.from_dict(response.json())

        return response_402

    if response.status_code == 403:
        response_403 = Error.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Error.from_dict(response.json())

        return response_404

    if response.status_code == 408:
        response_408 = Error.from_dict(response.json())

        return response_408

    if response.status_code == 409:
        response_409 = Error.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = Error.from_dict(response.json())

        return response_413

    if response.status_code == 414:
        response_414 = Error.from_dict(response.json())

        return response_414

    if response.status_code == 422:
        response_422 = Error.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = response.text
        return response_429

    if response.status_code == 431:
        response_431 = Error.from_dict(response.json())

        return response_431

    if response.status_code == 500:
        response_500 = Error.from_dict(response.json())

        return response_500

    if response.status_code == 501:
        response_501 = Error.from_dict(response.json())

        return response_501

    if response.status_code == 503:
        response_503 = Error.from_dict(response.json())

        return response_503

    if response.status_code == 504:
        response_504 = Error.from_dict(response.json())

        return response_504

    if response.status_code == 507:
        response_507 = Error.from_dict(response.json())

        return response_507

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | File | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    log: str,
    view: str,
    *,
    client: AuthenticatedClient,
    body: File | Unset = UNSET,
    after: int | Unset = UNSET,
    sequence: int | Unset = UNSET,
    as_of: int | Unset = UNSET,
    version: int | Unset = UNSET,
    timeout_ms: int | Unset = UNSET,
) -> Response[Error | File | str]:
    """Query a view

     The body is the view's input, at most 1 MiB; the answer is the view's. Query parameters that
    are not listed here go to the view.

    Args:
        log (str):
        view (str):
        after (int | Unset):
        sequence (int | Unset):
        as_of (int | Unset):
        version (int | Unset):
        timeout_ms (int | Unset):
        body (File | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | File | str]
    """

    kwargs = _get_kwargs(
        log=log,
        view=view,
        body=body,
        after=after,
        sequence=sequence,
        as_of=as_of,
        version=version,
        timeout_ms=timeout_ms,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    log: str,
    view: str,
    *,
    client: AuthenticatedClient,
    body: File | Unset = UNSET,
    after: int | Unset = UNSET,
    sequence: int | Unset = UNSET,
    as_of: int | Unset = UNSET,
    version: int | Unset = UNSET,
    timeout_ms: int | Unset = UNSET,
) -> Error | File | str | None:
    """Query a view

     The body is the view's input, at most 1 MiB; the answer is the view's. Query parameters that
    are not listed here go to the view.

    Args:
        log (str):
        view (str):
        after (int | Unset):
        sequence (int | Unset):
        as_of (int | Unset):
        version (int | Unset):
        timeout_ms (int | Unset):
        body (File | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | File | str
    """

    return sync_detailed(
        log=log,
        view=view,
        client=client,
        body=body,
        after=after,
        sequence=sequence,
        as_of=as_of,
        version=version,
        timeout_ms=timeout_ms,
    ).parsed


async def asyncio_detailed(
    log: str,
    view: str,
    *,
    client: AuthenticatedClient,
    body: File | Unset = UNSET,
    after: int | Unset = UNSET,
    sequence: int | Unset = UNSET,
    as_of: int | Unset = UNSET,
    version: int | Unset = UNSET,
    timeout_ms: int | Unset = UNSET,
) -> Response[Error | File | str]:
    """Query a view

     The body is the view's input, at most 1 MiB; the answer is the view's. Query parameters that
    are not listed here go to the view.

    Args:
        log (str):
        view (str):
        after (int | Unset):
        sequence (int | Unset):
        as_of (int | Unset):
        version (int | Unset):
        timeout_ms (int | Unset):
        body (File | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | File | str]
    """

    kwargs = _get_kwargs(
        log=log,
        view=view,
        body=body,
        after=after,
        sequence=sequence,
        as_of=as_of,
        version=version,
        timeout_ms=timeout_ms,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    log: str,
    view: str,
    *,
    client: AuthenticatedClient,
    body: File | Unset = UNSET,
    after: int | Unset = UNSET,
    sequence: int | Unset = UNSET,
    as_of: int | Unset = UNSET,
    version: int | Unset = UNSET,
    timeout_ms: int | Unset = UNSET,
) -> Error | File | str | None:
    """Query a view

     The body is the view's input, at most 1 MiB; the answer is the view's. Query parameters that
    are not listed here go to the view.

    Args:
        log (str):
        view (str):
        after (int | Unset):
        sequence (int | Unset):
        as_of (int | Unset):
        version (int | Unset):
        timeout_ms (int | Unset):
        body (File | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | File | str
    """

    return (
        await asyncio_detailed(
            log=log,
            view=view,
            client=client,
            body=body,
            after=after,
            sequence=sequence,
            as_of=as_of,
            version=version,
            timeout_ms=timeout_ms,
        )
    ).parsed
