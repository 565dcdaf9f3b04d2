from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.rotate_key_body import RotateKeyBody
from ...models.rotated_key import RotatedKey
from ...types import UNSET, Response, Unset


def _get_kwargs(
    id: UUID,
    *,
    body: RotateKeyBody | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/keys/{id}/rotate".format(
            id=quote(str(id), safe=""),
        ),
    }

    if not isinstance(body, Unset):
        _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | RotatedKey | str | None:
    if response.status_code == 200:
        response_200 = RotatedKey.from_dict(response.json())

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

    if response.status_code == 408:
        response_408 = Error.from_dict(response.json())

        return response_408

    if response.status_code == 413:
        response_413 = Error.from_dict(response.json())

        return response_413

    if response.status_code == 414:
        response_414 = Error.from_dict(response.json())

        return response_414

    if response.status_code == 415:
        response_415 = Error.from_dict(response.json())

        return response_415

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
) -> Response[Error | RotatedKey | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: UUID,
    *,
    client: AuthenticatedClient,
    body: RotateKeyBody | Unset = UNSET,
) -> Response[Error | RotatedKey | str]:
    """Rotate an API key

     The key gets a new secret and keeps its id, its role and its logs. Earlier secrets work for a
    while, so that whatever uses the key can be changed over without a gap. At most 4 earlier
    secrets work at a time. The body may be left out.

    Args:
        id (UUID):
        body (RotateKeyBody | Unset): How a key gets a new secret. Example: {'overlap_secs':
            3600}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | RotatedKey | str]
    """

    kwargs = _get_kwargs(
        id=id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: UUID,
    *,
    client: AuthenticatedClient,
    body: RotateKeyBody | Unset = UNSET,
) -> Error | RotatedKey | str | None:
    """Rotate an API key

     The key gets a new secret and keeps its id, its role and its logs. Earlier secrets work for a
    while, so that whatever uses the key can be changed over without a gap. At most 4 earlier
    secrets work at a time. The body may be left out.

    Args:
        id (UUID):
        body (RotateKeyBody | Unset): How a key gets a new secret. Example: {'overlap_secs':
            3600}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | RotatedKey | str
    """

    return sync_detailed(
        id=id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    id: UUID,
    *,
    client: AuthenticatedClient,
    body: RotateKeyBody | Unset = UNSET,
) -> Response[Error | RotatedKey | str]:
    """Rotate an API key

     The key gets a new secret and keeps its id, its role and its logs. Earlier secrets work for a
    while, so that whatever uses the key can be changed over without a gap. At most 4 earlier
    secrets work at a time. The body may be left out.

    Args:
        id (UUID):
        body (RotateKeyBody | Unset): How a key gets a new secret. Example: {'overlap_secs':
            3600}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | RotatedKey | str]
    """

    kwargs = _get_kwargs(
        id=id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: UUID,
    *,
    client: AuthenticatedClient,
    body: RotateKeyBody | Unset = UNSET,
) -> Error | RotatedKey | str | None:
    """Rotate an API key

     The key gets a new secret and keeps its id, its role and its logs. Earlier secrets work for a
    while, so that whatever uses the key can be changed over without a gap. At most 4 earlier
    secrets work at a time. The body may be left out.

    Args:
        id (UUID):
        body (RotateKeyBody | Unset): How a key gets a new secret. Example: {'overlap_secs':
            3600}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | RotatedKey | str
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
            body=body,
        )
    ).parsed
