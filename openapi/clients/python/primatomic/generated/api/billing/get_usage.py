from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.step import Step
from ...models.usage_body import UsageBody
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    month: str | Unset = UNSET,
    log: str | Unset = UNSET,
    view: str | Unset = UNSET,
    step: Step | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["month"] = month

    params["log"] = log

    params["view"] = view

    json_step: str | Unset = UNSET
    if not isinstance(step, Unset):
        json_step = step.value

    params["step"] = json_step

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/billing/usage",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | UsageBody | str | None:
    if response.status_code == 200:
        response_200 = UsageBody.from_dict(response.json())

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
) -> Response[Error | UsageBody | str]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    month: str | Unset = UNSET,
    log: str | Unset = UNSET,
    view: str | Unset = UNSET,
    step: Step | Unset = UNSET,
) -> Response[Error | UsageBody | str]:
    """Show what was used

     Since the current month began, or in an earlier one. Storage appears about half a minute after
    it was used, everything else within seconds. A key that is limited to some logs sees what was
    used in those.

    Args:
        month (str | Unset):
        log (str | Unset):
        view (str | Unset):
        step (Step | Unset): How long each entry of a series is.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | UsageBody | str]
    """

    kwargs = _get_kwargs(
        month=month,
        log=log,
        view=view,
        step=step,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    month: str | Unset = UNSET,
    log: str | Unset = UNSET,
    view: str | Unset = UNSET,
    step: Step | Unset = UNSET,
) -> Error | UsageBody | str | None:
    """Show what was used

     Since the current month began, or in an earlier one. Storage appears about half a minute after
    it was used, everything else within seconds. A key that is limited to some logs sees what was
    used in those.

    Args:
        month (str | Unset):
        log (str | Unset):
        view (str | Unset):
        step (Step | Unset): How long each entry of a series is.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | UsageBody | str
    """

    return sync_detailed(
        client=client,
        month=month,
        log=log,
        view=view,
        step=step,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    month: str | Unset = UNSET,
    log: str | Unset = UNSET,
    view: str | Unset = UNSET,
    step: Step | Unset = UNSET,
) -> Response[Error | UsageBody | str]:
    """Show what was used

     Since the current month began, or in an earlier one. Storage appears about half a minute after
    it was used, everything else within seconds. A key that is limited to some logs sees what was
    used in those.

    Args:
        month (str | Unset):
        log (str | Unset):
        view (str | Unset):
        step (Step | Unset): How long each entry of a series is.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | UsageBody | str]
    """

    kwargs = _get_kwargs(
        month=month,
        log=log,
        view=view,
        step=step,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    month: str | Unset = UNSET,
    log: str | Unset = UNSET,
    view: str | Unset = UNSET,
    step: Step | Unset = UNSET,
) -> Error | UsageBody | str | None:
    """Show what was used

     Since the current month began, or in an earlier one. Storage appears about half a minute after
    it was used, everything else within seconds. A key that is limited to some logs sees what was
    used in those.

    Args:
        month (str | Unset):
        log (str | Unset):
        view (str | Unset):
        step (Step | Unset): How long each entry of a series is.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | UsageBody | str
    """

    return (
        await asyncio_detailed(
            client=client,
            month=month,
            log=log,
            view=view,
            step=step,
        )
    ).parsed
