from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.activity import Activity
from ...models.error import Error
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    step_seconds: int | Unset = 300,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["since"] = since

    params["until"] = until

    params["step_seconds"] = step_seconds

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/tenants/me/activity",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Activity | Error | str | None:
    if response.status_code == 200:
        response_200 = Activity.from_dict(response.json())

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
) -> Response[Activity | Error | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    step_seconds: int | Unset = 300,
) -> Response[Activity | Error | str]:
    """Read what the own tenant did

     Appends and queries in each step of time, and how long they took. It is kept for 48 hours, and
    the last minute or two may lack what other nodes of the server did.

    Args:
        since (str | Unset):
        until (str | Unset):
        step_seconds (int | Unset):  Default: 300.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Activity | Error | str]
    """

    kwargs = _get_kwargs(
        since=since,
        until=until,
        step_seconds=step_seconds,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    step_seconds: int | Unset = 300,
) -> Activity | Error | str | None:
    """Read what the own tenant did

     Appends and queries in each step of time, and how long they took. It is kept for 48 hours, and
    the last minute or two may lack what other nodes of the server did.

    Args:
        since (str | Unset):
        until (str | Unset):
        step_seconds (int | Unset):  Default: 300.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Activity | Error | str
    """

    return sync_detailed(
        client=client,
        since=since,
        until=until,
        step_seconds=step_seconds,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    step_seconds: int | Unset = 300,
) -> Response[Activity | Error | str]:
    """Read what the own tenant did

     Appends and queries in each step of time, and how long they took. It is kept for 48 hours, and
    the last minute or two may lack what other nodes of the server did.

    Args:
        since (str | Unset):
        until (str | Unset):
        step_seconds (int | Unset):  Default: 300.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Activity | Error | str]
    """

    kwargs = _get_kwargs(
        since=since,
        until=until,
        step_seconds=step_seconds,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    step_seconds: int | Unset = 300,
) -> Activity | Error | str | None:
    """Read what the own tenant did

     Appends and queries in each step of time, and how long they took. It is kept for 48 hours, and
    the last minute or two may lack what other nodes of the server did.

    Args:
        since (str | Unset):
        until (str | Unset):
        step_seconds (int | Unset):  Default: 300.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Activity | Error | str
    """

    return (
        await asyncio_detailed(
            client=client,
            since=since,
            until=until,
            step_seconds=step_seconds,
        )
    ).parsed
