from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ActivityStep")


@_attrs_define
class ActivityStep:
    """What a tenant did in a step of time. Latencies are right to about 12 %.

    Attributes:
        appends (int): Requests that appended them.
        at (str): The begin of the step.
        events (int): Events that were appended.
        failed_queries (int): Queries that failed, of all.
        queries (int):
        append_p99_ms (float | None | Unset): The time that 99 of 100 appends took at most, until they were durable;
            null when there were
            none.
        query_p50_ms (float | None | Unset): The time that half of the queries took at most; null when there were none.
        query_p99_ms (float | None | Unset): The time that 99 of 100 queries took at most; null when there were none.
    """

    appends: int
    at: str
    events: int
    failed_queries: int
    queries: int
    append_p99_ms: float | None | Unset = UNSET
    query_p50_ms: float | None | Unset = UNSET
    query_p99_ms: float | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        appends = self.appends

        at = self.at

        events = self.events

        failed_queries = self.failed_queries

        queries = self.queries

        append_p99_ms: float | None | Unset
        if isinstance(self.append_p99_ms, Unset):
            append_p99_ms = UNSET
        else:
            append_p99_ms = self.append_p99_ms

        query_p50_ms: float | None | Unset
        if isinstance(self.query_p50_ms, Unset):
            query_p50_ms = UNSET
        else:
            query_p50_ms = self.query_p50_ms

        query_p99_ms: float | None | Unset
        if isinstance(self.query_p99_ms, Unset):
            query_p99_ms = UNSET
        else:
            query_p99_ms = self.query_p99_ms

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "appends": appends,
                "at": at,
                "events": events,
                "failed_queries": failed_queries,
                "queries": queries,
            }
        )
        if append_p99_ms is not UNSET:
            field_dict["append_p99_ms"] = append_p99_ms
        if query_p50_ms is not UNSET:
            field_dict["query_p50_ms"] = query_p50_ms
        if query_p99_ms is not UNSET:
            field_dict["query_p99_ms"] = query_p99_ms

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        appends = d.pop("appends")

        at = d.pop("at")

        events = d.pop("events")

        failed_queries = d.pop("failed_queries")

        queries = d.pop("queries")

        def _parse_append_p99_ms(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        append_p99_ms = _parse_append_p99_ms(d.pop("append_p99_ms", UNSET))

        def _parse_query_p50_ms(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        query_p50_ms = _parse_query_p50_ms(d.pop("query_p50_ms", UNSET))

        def _parse_query_p99_ms(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        query_p99_ms = _parse_query_p99_ms(d.pop("query_p99_ms", UNSET))

        activity_step = cls(
            appends=appends,
            at=at,
            events=events,
            failed_queries=failed_queries,
            queries=queries,
            append_p99_ms=append_p99_ms,
            query_p50_ms=query_p50_ms,
            query_p99_ms=query_p99_ms,
        )

        activity_step.additional_properties = d
        return activity_step

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
