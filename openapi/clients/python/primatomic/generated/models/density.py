from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Density")


@_attrs_define
class Density:
    """How many events were appended when.

    Attributes:
        bucket_ms (int):
        counts (list[int]): The events of each bucket, the oldest first.
        exact (bool): Whether no count was estimated. Archived events are known in blocks: one that lies in several
            buckets is spread evenly over its time.
        since (str): The begin of the first bucket.
        until (str): The end of the last bucket, which may be shorter than the others.
    """

    bucket_ms: int
    counts: list[int]
    exact: bool
    since: str
    until: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        bucket_ms = self.bucket_ms

        counts = self.counts

        exact = self.exact

        since = self.since

        until = self.until

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "bucket_ms": bucket_ms,
                "counts": counts,
                "exact": exact,
                "since": since,
                "until": until,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        bucket_ms = d.pop("bucket_ms")

        counts = cast(list[int], d.pop("counts"))

        exact = d.pop("exact")

        since = d.pop("since")

        until = d.pop("until")

        density = cls(
            bucket_ms=bucket_ms,
            counts=counts,
            exact=exact,
            since=since,
            until=until,
        )

        density.additional_properties = d
        return density

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
