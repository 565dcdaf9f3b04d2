from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.direction import Direction
from ...models.error import Error
from ...models.event_page_body import EventPageBody
from ...types import UNSET, Response, Unset


def _get_kwargs(
    log: str,
    *,
    from_: int | Unset = UNSET,
    at: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    direction: Direction | Unset = Direction.FORWARD,
    text: str | Unset = UNSET,
    filter_: str | Unset = UNSET,
    last_event_id: int | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(last_event_id, Unset):
        headers["Last-Event-ID"] = str(last_event_id)

    params: dict[str, Any] = {}

    params["from"] = from_

    params["at"] = at

    params["limit"] = limit

    json_direction: str | Unset = UNSET
    if not isinstance(direction, Unset):
        json_direction = direction.value

    params["direction"] = json_direction

    params["text"] = text

    params["filter"] = filter_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/logs/{log}/events".format(
            log=quote(str(log), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | EventPageBody | str | None:
    if response.status_code == 200:
        response_200 = EventPageBody.from_dict(response.json())

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

    if response.status_code == 406:
        response_406 = Error.from_dict(response.json())

        return response_406

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
) -> Response[Error | EventPageBody | str]:
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
    from_: int | Unset = UNSET,
    at: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    direction: Direction | Unset = Direction.FORWARD,
    text: str | Unset = UNSET,
    filter_: str | Unset = UNSET,
    last_event_id: int | Unset = UNSET,
) -> Response[Error | EventPageBody | str]:
    """Read events

     The header `Accept` chooses the form: a JSON object, newline-delimited JSON, the binary form
    of a batch, or with `text/event-stream` a live tail, which sends the log from `from` or `at`
    or behind `Last-Event-ID` on and then every new event, without a gap.

    With `text` or `filter` only events come that match. A page then looks at a limited number of
    events, so it may hold few, or none, and still have a next one; it says how many it looked at.
    A tail sends at most once in a second, as an event `scanned`, how far it looked.

    Args:
        log (str):
        from_ (int | Unset):
        at (str | Unset):
        limit (int | Unset):
        direction (Direction | Unset):  Default: Direction.FORWARD.
        text (str | Unset):
        filter_ (str | Unset):
        last_event_id (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | EventPageBody | str]
    """

    kwargs = _get_kwargs(
        log=log,
        from_=from_,
        at=at,
        limit=limit,
        direction=direction,
        text=text,
        filter_=filter_,
        last_event_id=last_event_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    log: str,
    *,
    client: AuthenticatedClient,
    from_: int | Unset = UNSET,
    at: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    direction: Direction | Unset = Direction.FORWARD,
    text: str | Unset = UNSET,
    filter_: str | Unset = UNSET,
    last_event_id: int | Unset = UNSET,
) -> Error | EventPageBody | str | None:
    """Read events

     The header `Accept` chooses the form: a JSON object, newline-delimited JSON, the binary form
    of a batch, or with `text/event-stream` a live tail, which sends the log from `from` or `at`
    or behind `Last-Event-ID` on and then every new event, without a gap.

    With `text` or `filter` only events come that match. A page then looks at a limited number of
    events, so it may hold few, or none, and still have a next one; it says how many it looked at.
    A tail sends at most once in a second, as an event `scanned`, how far it looked.

    Args:
        log (str):
        from_ (int | Unset):
        at (str | Unset):
        limit (int | Unset):
        direction (Direction | Unset):  Default: Direction.FORWARD.
        text (str | Unset):
        filter_ (str | Unset):
        last_event_id (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | EventPageBody | str
    """

    return sync_detailed(
        log=log,
        client=client,
        from_=from_,
        at=at,
        limit=limit,
        direction=direction,
        text=text,
        filter_=filter_,
        last_event_id=last_event_id,
    ).parsed


async def asyncio_detailed(
    log: str,
    *,
    client: AuthenticatedClient,
    from_: int | Unset = UNSET,
    at: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    direction: Direction | Unset = Direction.FORWARD,
    text: str | Unset = UNSET,
    filter_: str | Unset = UNSET,
    last_event_id: int | Unset = UNSET,
) -> Response[Error | EventPageBody | str]:
    """Read events

     The header `Accept` chooses the form: a JSON object, newline-delimited JSON, the binary form
    of a batch, or with `text/event-stream` a live tail, which sends the log from `from` or `at`
    or behind `Last-Event-ID` on and then every new event, without a gap.

    With `text` or `filter` only events come that match. A page then looks at a limited number of
    events, so it may hold few, or none, and still have a next one; it says how many it looked at.
    A tail sends at most once in a second, as an event `scanned`, how far it looked.

    Args:
        log (str):
        from_ (int | Unset):
        at (str | Unset):
        limit (int | Unset):
        direction (Direction | Unset):  Default: Direction.FORWARD.
        text (str | Unset):
        filter_ (str | Unset):
        last_event_id (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | EventPageBody | str]
    """

    kwargs = _get_kwargs(
        log=log,
        from_=from_,
        at=at,
        limit=limit,
        direction=direction,
        text=text,
        filter_=filter_,
        last_event_id=last_event_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    log: str,
    *,
    client: AuthenticatedClient,
    from_: int | Unset = UNSET,
    at: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    direction: Direction | Unset = Direction.FORWARD,
    text: str | Unset = UNSET,
    filter_: str | Unset = UNSET,
    last_event_id: int | Unset = UNSET,
) -> Error | EventPageBody | str | None:
    """Read events

     The header `Accept` chooses the form: a JSON object, newline-delimited JSON, the binary form
    of a batch, or with `text/event-stream` a live tail, which sends the log from `from` or `at`
    or behind `Last-Event-ID` on and then every new event, without a gap.

    With `text` or `filter` only events come that match. A page then looks at a limited number of
    events, so it may hold few, or none, and still have a next one; it says how many it looked at.
    A tail sends at most once in a second, as an event `scanned`, how far it looked.

    Args:
        log (str):
        from_ (int | Unset):
        at (str | Unset):
        limit (int | Unset):
        direction (Direction | Unset):  Default: Direction.FORWARD.
        text (str | Unset):
        filter_ (str | Unset):
        last_event_id (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | EventPageBody | str
    """

    return (
        await asyncio_detailed(
            log=log,
            client=client,
            from_=from_,
            at=at,
            limit=limit,
            direction=direction,
            text=text,
            filter_=filter_,
            last_event_id=last_event_id,
        )
    ).parsed
