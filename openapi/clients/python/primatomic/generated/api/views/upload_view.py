from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.upload_answer import UploadAnswer
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    log: str,
    view: str,
    *,
    body: File,
    content_type: str | Unset = UNSET,
    config: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    params["content_type"] = content_type

    params["config"] = config

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/logs/{log}/views/{view}".format(
            log=quote(str(log), safe=""),
            view=quote(str(view), safe=""),
        ),
        "params": params,
    }

    _kwargs["content"] = body.payload
    headers["Content-Type"] = "application/octet-stream"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | UploadAnswer | str | None:
    if response.status_code == 201:
        response_201 = UploadAnswer.from_dict(response.json())

        return response_201

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

    if response.status_code == 503:
        response_503 = Error.from_dict(response.json())

        return response_503

    if response.status_code == 507:
        response_507 = Error.from_dict(response.json())

        return response_507

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | UploadAnswer | str]:
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
    body: File,
    content_type: str | Unset = UNSET,
    config: str | Unset = UNSET,
) -> Response[Error | UploadAnswer | str]:
    """Deploy a view

     The body is a WebAssembly component of the world `primatomic:machine`, at most 100 MiB. A
    new name makes a view, a known one a new version of it: it folds the log beside the live
    version and takes its place when it is done, or fails and leaves it alone. The answer comes
    when that is known, or after ten seconds with the state `building`.

    Args:
        log (str):
        view (str):
        content_type (str | Unset):
        config (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | UploadAnswer | str]
    """

    kwargs = _get_kwargs(
        log=log,
        view=view,
        body=body,
        content_type=content_type,
        config=config,
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
    body: File,
    content_type: str | Unset = UNSET,
    config: str | Unset = UNSET,
) -> Error | UploadAnswer | str | None:
    """Deploy a view

     The body is a WebAssembly component of the world `primatomic:machine`, at most 100 MiB. A
    new name makes a view, a known one a new version of it: it folds the log beside the live
    version and takes its place when it is done, or fails and leaves it alone. The answer comes
    when that is known, or after ten seconds with the state `building`.

    Args:
        log (str):
        view (str):
        content_type (str | Unset):
        config (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | UploadAnswer | str
    """

    return sync_detailed(
        log=log,
        view=view,
        client=client,
        body=body,
        content_type=content_type,
        config=config,
    ).parsed


async def asyncio_detailed(
    log: str,
    view: str,
    *,
    client: AuthenticatedClient,
    body: File,
    content_type: str | Unset = UNSET,
    config: str | Unset = UNSET,
) -> Response[Error | UploadAnswer | str]:
    """Deploy a view

     The body is a WebAssembly component of the world `primatomic:machine`, at most 100 MiB. A
    new name makes a view, a known one a new version of it: it folds the log beside the live
    version and takes its place when it is done, or fails and leaves it alone. The answer comes
    when that is known, or after ten seconds with the state `building`.

    Args:
        log (str):
        view (str):
        content_type (str | Unset):
        config (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | UploadAnswer | str]
    """

    kwargs = _get_kwargs(
        log=log,
        view=view,
        body=body,
        content_type=content_type,
        config=config,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    log: str,
    view: str,
    *,
    client: AuthenticatedClient,
    body: File,
    content_type: str | Unset = UNSET,
    config: str | Unset = UNSET,
) -> Error | UploadAnswer | str | None:
    """Deploy a view

     The body is a WebAssembly component of the world `primatomic:machine`, at most 100 MiB. A
    new name makes a view, a known one a new version of it: it folds the log beside the live
    version and takes its place when it is done, or fails and leaves it alone. The answer comes
    when that is known, or after ten seconds with the state `building`.

    Args:
        log (str):
        view (str):
        content_type (str | Unset):
        config (str | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | UploadAnswer | str
    """

    return (
        await asyncio_detailed(
            log=log,
            view=view,
            client=client,
            body=body,
            content_type=content_type,
            config=config,
        )
    ).parsed
