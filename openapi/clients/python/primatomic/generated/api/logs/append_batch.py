from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.append_batch_answer import AppendBatchAnswer
from ...models.error import Error
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    log: str,
    *,
    body: File,
    delimiter: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    expected_sequence: int | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    if not isinstance(expected_sequence, Unset):
        headers["Expected-Sequence"] = str(expected_sequence)

    params: dict[str, Any] = {}

    params["delimiter"] = delimiter

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/logs/{log}/append_batch".format(
            log=quote(str(log), safe=""),
        ),
        "params": params,
    }

    _kwargs["content"] = body.payload
    headers["Content-Type"] = "application/vnd.primatomic.events"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AppendBatchAnswer | Error | str | None:
    if response.status_code == 200:
        response_200 = AppendBatchAnswer.from_dict(response.json())

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
) -> Response[AppendBatchAnswer | Error | str]:
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
    body: File,
    delimiter: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    expected_sequence: int | Unset = UNSET,
) -> Response[AppendBatchAnswer | Error | str]:
    """Append a batch of events

     All of them or none, at consecutive sequences; at most 10 MiB and 100,000 events. The body
    holds the events in one of four forms: raw bytes between delimiters (with the parameter
    `delimiter`), newline-delimited JSON, a JSON array whose elements are the events, or `u32`
    little-endian lengths each followed by so many bytes.

    Args:
        log (str):
        delimiter (str | Unset):
        idempotency_key (str | Unset):
        expected_sequence (int | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AppendBatchAnswer | Error | str]
    """

    kwargs = _get_kwargs(
        log=log,
        body=body,
        delimiter=delimiter,
        idempotency_key=idempotency_key,
        expected_sequence=expected_sequence,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    log: str,
    *,
    client: AuthenticatedClient,
    body: File,
    delimiter: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    expected_sequence: int | Unset = UNSET,
) -> AppendBatchAnswer | Error | str | None:
    """Append a batch of events

     All of them or none, at consecutive sequences; at most 10 MiB and 100,000 events. The body
    holds the events in one of four forms: raw bytes between delimiters (with the parameter
    `delimiter`), newline-delimited JSON, a JSON array whose elements are the events, or `u32`
    little-endian lengths each followed by so many bytes.

    Args:
        log (str):
        delimiter (str | Unset):
        idempotency_key (str | Unset):
        expected_sequence (int | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AppendBatchAnswer | Error | str
    """

    return sync_detailed(
        log=log,
        client=client,
        body=body,
        delimiter=delimiter,
        idempotency_key=idempotency_key,
        expected_sequence=expected_sequence,
    ).parsed


async def asyncio_detailed(
    log: str,
    *,
    client: AuthenticatedClient,
    body: File,
    delimiter: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    expected_sequence: int | Unset = UNSET,
) -> Response[AppendBatchAnswer | Error | str]:
    """Append a batch of events

     All of them or none, at consecutive sequences; at most 10 MiB and 100,000 events. The body
    holds the events in one of four forms: raw bytes between delimiters (with the parameter
    `delimiter`), newline-delimited JSON, a JSON array whose elements are the events, or `u32`
    little-endian lengths each followed by so many bytes.

    Args:
        log (str):
        delimiter (str | Unset):
        idempotency_key (str | Unset):
        expected_sequence (int | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AppendBatchAnswer | Error | str]
    """

    kwargs = _get_kwargs(
        log=log,
        body=body,
        delimiter=delimiter,
        idempotency_key=idempotency_key,
        expected_sequence=expected_sequence,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    log: str,
    *,
    client: AuthenticatedClient,
    body: File,
    delimiter: str | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
    expected_sequence: int | Unset = UNSET,
) -> AppendBatchAnswer | Error | str | None:
    """Append a batch of events

     All of them or none, at consecutive sequences; at most 10 MiB and 100,000 events. The body
    holds the events in one of four forms: raw bytes between delimiters (with the parameter
    `delimiter`), newline-delimited JSON, a JSON array whose elements are the events, or `u32`
    little-endian lengths each followed by so many bytes.

    Args:
        log (str):
        delimiter (str | Unset):
        idempotency_key (str | Unset):
        expected_sequence (int | Unset):
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AppendBatchAnswer | Error | str
    """

    return (
        await asyncio_detailed(
            log=log,
            client=client,
            body=body,
            delimiter=delimiter,
            idempotency_key=idempotency_key,
            expected_sequence=expected_sequence,
        )
    ).parsed
