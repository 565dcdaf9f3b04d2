from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.deleted import Deleted
from ...models.error import Error
from ...types import Response


def _get_kwargs(
    log: str,
    view: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "delete",
        "url": "/logs/{log}/views/{view}".format(
            log=quote(str(log), safe=""),
            view=quote(str(view), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Deleted | Error | str | None:
    if response.status_code == 200:
        response_200 = Deleted.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Error.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Error.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Error.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Error.from_dict(response.json())

        return response_404

    if response.status_code == 414:
        response_414 = Error.from_dict(response.json())

        return response_414

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
) -> Response[Deleted | Error | str]:
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
) -> Response[Deleted | Error | str]:
    """Delete a view

     With all its versions and their states. The log's events stay. The answer names the job that
    removes the view's bytes.

    Args:
        log (str):
        view (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Deleted | Error | str]
    """

    kwargs = _get_kwargs(
        log=log,
        view=view,
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
) -> Deleted | Error | str | None:
    """Delete a view

     With all its versions and their states. The log's events stay. The answer names the job that
    removes the view's bytes.

    Args:
        log (str):
        view (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Deleted | Error | str
    """

    return sync_detailed(
        log=log,
        view=view,
        client=client,
    ).parsed


async def asyncio_detailed(
    log: str,
    view: str,
    *,
    client: AuthenticatedClient,
) -> Response[Deleted | Error | str]:
    """Delete a view

     With all its versions and their states. The log's events stay. The answer names the job that
    removes the view's bytes.

    Args:
        log (str):
        view (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Deleted | Error | str]
    """

    kwargs = _get_kwargs(
        log=log,
        view=view,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    log: str,
    view: str,
    *,
    client: AuthenticatedClient,
) -> Deleted | Error | str | None:
    """Delete a view

     With all its versions and their states. The log's events stay. The answer names the job that
    removes the view's bytes.

    Args:
        log (str):
        view (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Deleted | Error | str
    """

    return (
        await asyncio_detailed(
            log=log,
            view=view,
            client=client,
        )
    ).parsed
