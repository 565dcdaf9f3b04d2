from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.density import Density
from ...models.error import Error
from ...types import UNSET, Response, Unset


def _get_kwargs(
    log: str,
    *,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    buckets: int | Unset = 120,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["since"] = since

    params["until"] = until

    params["buckets"] = buckets

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/logs/{log}/density".format(
            log=quote(str(log), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Density | Error | str | None:
    if response.status_code == 200:
        response_200 = Density.from_dict(response.json())

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
) -> Response[Density | Error | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    log: str,
    *,
    client: AuthenticatedClient,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    buckets: int | Unset = 120,
) -> Response[Density | Error | str]:
    """Count events over time

     How many events were appended in each of some stretches of time of equal length, for drawing.
    It is read from indexes, so it costs little, however long the log is, and long stretches are
    estimates.

    Args:
        log (str):
        since (str | Unset):
        until (str | Unset):
        buckets (int | Unset):  Default: 120.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Density | Error | str]
    """

    kwargs = _get_kwargs(
        log=log,
        since=since,
        until=until,
        buckets=buckets,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    log: str,
    *,
    client: AuthenticatedClient,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    buckets: int | Unset = 120,
) -> Density | Error | str | None:
    """Count events over time

     How many events were appended in each of some stretches of time of equal length, for drawing.
    It is read from indexes, so it costs little, however long the log is, and long stretches are
    estimates.

    Args:
        log (str):
        since (str | Unset):
        until (str | Unset):
        buckets (int | Unset):  Default: 120.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Density | Error | str
    """

    return sync_detailed(
        log=log,
        client=client,
        since=since,
        until=until,
        buckets=buckets,
    ).parsed


async def asyncio_detailed(
    log: str,
    *,
    client: AuthenticatedClient,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    buckets: int | Unset = 120,
) -> Response[Density | Error | str]:
    """Count events over time

     How many events were appended in each of some stretches of time of equal length, for drawing.
    It is read from indexes, so it costs little, however long the log is, and long stretches are
    estimates.

    Args:
        log (str):
        since (str | Unset):
        until (str | Unset):
        buckets (int | Unset):  Default: 120.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Density | Error | str]
    """

    kwargs = _get_kwargs(
        log=log,
        since=since,
        until=until,
        buckets=buckets,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    log: str,
    *,
    client: AuthenticatedClient,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    buckets: int | Unset = 120,
) -> Density | Error | str | None:
    """Count events over time

     How many events were appended in each of some stretches of time of equal length, for drawing.
    It is read from indexes, so it costs little, however long the log is, and long stretches are
    estimates.

    Args:
        log (str):
        since (str | Unset):
        until (str | Unset):
        buckets (int | Unset):  Default: 120.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Density | Error | str
    """

    return (
        await asyncio_detailed(
            log=log,
            client=client,
            since=since,
            until=until,
            buckets=buckets,
        )
    ).parsed
