from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.accept_body import AcceptBody
from ...models.accepted_invitation import AcceptedInvitation
from ...models.error import Error
from ...types import Response


def _get_kwargs(
    token: str,
    *,
    body: AcceptBody,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/invitations/{token}/accept".format(
            token=quote(str(token), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AcceptedInvitation | Error | str | None:
    if response.status_code == 200:
        response_200 = AcceptedInvitation.from_dict(response.json())

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
) -> Response[AcceptedInvitation | Error | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    token: str,
    *,
    client: AuthenticatedClient | Client,
    body: AcceptBody,
) -> Response[AcceptedInvitation | Error | str]:
    """Accept an invitation

     A registered address proves its password; a new one is registered with the password. With the
    token of the mail the address is verified, since the mail came to it. With the one that the
    inviter got, an address that is not verified yet gets a mail for that.

    Args:
        token (str):
        body (AcceptBody): Who accepts. Example: {'email': 'grace@example.org', 'password':
            'correct horse battery staple'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AcceptedInvitation | Error | str]
    """

    kwargs = _get_kwargs(
        token=token,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    token: str,
    *,
    client: AuthenticatedClient | Client,
    body: AcceptBody,
) -> AcceptedInvitation | Error | str | None:
    """Accept an invitation

     A registered address proves its password; a new one is registered with the password. With the
    token of the mail the address is verified, since the mail came to it. With the one that the
    inviter got, an address that is not verified yet gets a mail for that.

    Args:
        token (str):
        body (AcceptBody): Who accepts. Example: {'email': 'grace@example.org', 'password':
            'correct horse battery staple'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AcceptedInvitation | Error | str
    """

    return sync_detailed(
        token=token,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    token: str,
    *,
    client: AuthenticatedClient | Client,
    body: AcceptBody,
) -> Response[AcceptedInvitation | Error | str]:
    """Accept an invitation

     A registered address proves its password; a new one is registered with the password. With the
    token of the mail the address is verified, since the mail came to it. With the one that the
    inviter got, an address that is not verified yet gets a mail for that.

    Args:
        token (str):
        body (AcceptBody): Who accepts. Example: {'email': 'grace@example.org', 'password':
            'correct horse battery staple'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AcceptedInvitation | Error | str]
    """

    kwargs = _get_kwargs(
        token=token,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    token: str,
    *,
    client: AuthenticatedClient | Client,
    body: AcceptBody,
) -> AcceptedInvitation | Error | str | None:
    """Accept an invitation

     A registered address proves its password; a new one is registered with the password. With the
    token of the mail the address is verified, since the mail came to it. With the one that the
    inviter got, an address that is not verified yet gets a mail for that.

    Args:
        token (str):
        body (AcceptBody): Who accepts. Example: {'email': 'grace@example.org', 'password':
            'correct horse battery staple'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AcceptedInvitation | Error | str
    """

    return (
        await asyncio_detailed(
            token=token,
            client=client,
            body=body,
        )
    ).parsed
