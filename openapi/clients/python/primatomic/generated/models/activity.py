from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.activity_step import ActivityStep


T = TypeVar("T", bound="Activity")


@_attrs_define
class Activity:
    """What a tenant did in each of some steps of time.

    Attributes:
        series (list[ActivityStep]): The oldest first.
        since (str): The begin of the first step.
        step_seconds (int):
        until (str): The end of the last step.
    """

    series: list[ActivityStep]
    since: str
    step_seconds: int
    until: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        series = []
        for series_item_data in self.series:
            series_item = series_item_data.to_dict()
            series.append(series_item)

        since = self.since

        step_seconds = self.step_seconds

        until = self.until

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "series": series,
                "since": since,
                "step_seconds": step_seconds,
                "until": until,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.activity_step import ActivityStep

        d = dict(src_dict)
        series = []
        _series = d.pop("series")
        for series_item_data in _series:
            series_item = ActivityStep.from_dict(series_item_data)

            series.append(series_item)

        since = d.pop("since")

        step_seconds = d.pop("step_seconds")

        until = d.pop("until")

        activity = cls(
            series=series,
            since=since,
            step_seconds=step_seconds,
            until=until,
        )

        activity.additional_properties = d
        return activity

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
