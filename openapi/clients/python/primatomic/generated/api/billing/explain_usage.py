from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.explained_usage import ExplainedUsage
from ...models.meter_name import MeterName
from ...types import UNSET, Response, Unset


def _get_kwargs(
    month: str,
    *,
    meter: MeterName,
    log: str | Unset = UNSET,
    view: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_meter = meter.value
    params["meter"] = json_meter

    params["log"] = log

    params["view"] = view

    params["limit"] = limit

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/billing/usage/{month}/explain".format(
            month=quote(str(month), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | ExplainedUsage | str | None:
    if response.status_code == 200:
        response_200 = ExplainedUsage.from_dict(response.json())

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
) -> Response[Error | ExplainedUsage | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    month: str,
    *,
    client: AuthenticatedClient,
    meter: MeterName,
    log: str | Unset = UNSET,
    view: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> Response[Error | ExplainedUsage | str]:
    """Explain what was used

     The records of the ledger that a figure of a month is the sum of, each of an hour, a log and a
    view, in the order in which they were made.

    Args:
        month (str):
        meter (MeterName): A meter, as parameters name it.
        log (str | Unset):
        view (str | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | ExplainedUsage | str]
    """

    kwargs = _get_kwargs(
        month=month,
        meter=meter,
        log=log,
        view=view,
        limit=limit,
        cursor=cursor,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    month: str,
    *,
    client: AuthenticatedClient,
    meter: MeterName,
    log: str | Unset = UNSET,
    view: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> Error | ExplainedUsage | str | None:
    """Explain what was used

     The records of the ledger that a figure of a month is the sum of, each of an hour, a log and a
    view, in the order in which they were made.

    Args:
        month (str):
        meter (MeterName): A meter, as parameters name it.
        log (str | Unset):
        view (str | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | ExplainedUsage | str
    """

    return sync_detailed(
        month=month,
        client=client,
        meter=meter,
        log=log,
        view=view,
        limit=limit,
        cursor=cursor,
    ).parsed


async def asyncio_detailed(
    month: str,
    *,
    client: AuthenticatedClient,
    meter: MeterName,
    log: str | Unset = UNSET,
    view: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> Response[Error | ExplainedUsage | str]:
    """Explain what was used

     The records of the ledger that a figure of a month is the sum of, each of an hour, a log and a
    view, in the order in which they were made.

    Args:
        month (str):
        meter (MeterName): A meter, as parameters name it.
        log (str | Unset):
        view (str | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | ExplainedUsage | str]
    """

    kwargs = _get_kwargs(
        month=month,
        meter=meter,
        log=log,
        view=view,
        limit=limit,
        cursor=cursor,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    month: str,
    *,
    client: AuthenticatedClient,
    meter: MeterName,
    log: str | Unset = UNSET,
    view: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> Error | ExplainedUsage | str | None:
    """Explain what was used

     The records of the ledger that a figure of a month is the sum of, each of an hour, a log and a
    view, in the order in which they were made.

    Args:
        month (str):
        meter (MeterName): A meter, as parameters name it.
        log (str | Unset):
        view (str | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | ExplainedUsage | str
    """

    return (
        await asyncio_detailed(
            month=month,
            client=client,
            meter=meter,
            log=log,
            view=view,
            limit=limit,
            cursor=cursor,
        )
    ).parsed
