from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.audit_page import AuditPage
from ...models.error import Error
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    type_: str | Unset = UNSET,
    actor: str | Unset = UNSET,
    about: UUID | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["type"] = type_

    params["actor"] = actor

    json_about: str | Unset = UNSET
    if not isinstance(about, Unset):
        json_about = str(about)
    params["about"] = json_about

    params["since"] = since

    params["until"] = until

    params["limit"] = limit

    params["cursor"] = cursor

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/tenants/me/audit",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AuditPage | Error | str | None:
    if response.status_code == 200:
        response_200 = AuditPage.from_dict(response.json())

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
) -> Response[AuditPage | Error | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    type_: str | Unset = UNSET,
    actor: str | Unset = UNSET,
    about: UUID | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> Response[AuditPage | Error | str]:
    """Read the audit log

     Every change of the tenant, its members, keys, logs and views, newest first, with who made
    it. A page looks at a limited number of changes, so it may hold few that match, or none, and
    still have a next one. With `Accept: application/x-ndjson` all that match come as lines, in
    one stream.

    Args:
        type_ (str | Unset):
        actor (str | Unset):
        about (UUID | Unset):
        since (str | Unset):
        until (str | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditPage | Error | str]
    """

    kwargs = _get_kwargs(
        type_=type_,
        actor=actor,
        about=about,
        since=since,
        until=until,
        limit=limit,
        cursor=cursor,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    type_: str | Unset = UNSET,
    actor: str | Unset = UNSET,
    about: UUID | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> AuditPage | Error | str | None:
    """Read the audit log

     Every change of the tenant, its members, keys, logs and views, newest first, with who made
    it. A page looks at a limited number of changes, so it may hold few that match, or none, and
    still have a next one. With `Accept: application/x-ndjson` all that match come as lines, in
    one stream.

    Args:
        type_ (str | Unset):
        actor (str | Unset):
        about (UUID | Unset):
        since (str | Unset):
        until (str | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditPage | Error | str
    """

    return sync_detailed(
        client=client,
        type_=type_,
        actor=actor,
        about=about,
        since=since,
        until=until,
        limit=limit,
        cursor=cursor,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    type_: str | Unset = UNSET,
    actor: str | Unset = UNSET,
    about: UUID | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> Response[AuditPage | Error | str]:
    """Read the audit log

     Every change of the tenant, its members, keys, logs and views, newest first, with who made
    it. A page looks at a limited number of changes, so it may hold few that match, or none, and
    still have a next one. With `Accept: application/x-ndjson` all that match come as lines, in
    one stream.

    Args:
        type_ (str | Unset):
        actor (str | Unset):
        about (UUID | Unset):
        since (str | Unset):
        until (str | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditPage | Error | str]
    """

    kwargs = _get_kwargs(
        type_=type_,
        actor=actor,
        about=about,
        since=since,
        until=until,
        limit=limit,
        cursor=cursor,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    type_: str | Unset = UNSET,
    actor: str | Unset = UNSET,
    about: UUID | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    limit: int | Unset = 100,
    cursor: str | Unset = UNSET,
) -> AuditPage | Error | str | None:
    """Read the audit log

     Every change of the tenant, its members, keys, logs and views, newest first, with who made
    it. A page looks at a limited number of changes, so it may hold few that match, or none, and
    still have a next one. With `Accept: application/x-ndjson` all that match come as lines, in
    one stream.

    Args:
        type_ (str | Unset):
        actor (str | Unset):
        about (UUID | Unset):
        since (str | Unset):
        until (str | Unset):
        limit (int | Unset):  Default: 100.
        cursor (str | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditPage | Error | str
    """

    return (
        await asyncio_detailed(
            client=client,
            type_=type_,
            actor=actor,
            about=about,
            since=since,
            until=until,
            limit=limit,
            cursor=cursor,
        )
    ).parsed
