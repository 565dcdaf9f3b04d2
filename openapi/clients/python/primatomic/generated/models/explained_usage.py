from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.usage_record_body import UsageRecordBody


T = TypeVar("T", bound="ExplainedUsage")


@_attrs_define
class ExplainedUsage:
    """The records that a figure of a month is the sum of.

    Of compute, answers and compiling, the amounts of all records and `not_recorded` make the total. Of
    storage, each change of the level counts until its hour ends with `amount`, and from then until
    `until` with `level_change`; what was stored when the month began counts from there.

        Attributes:
            level_before (str): Of storage: the bytes that were stored when the month began.
            meter (str):
            month (str):
            not_recorded (str): What hours that are not over, or were not a moment ago, have so far.
            not_recorded_level_change (str): Of storage: by how many bytes these change the level.
            records (list[UsageRecordBody]):
            total (str): The figure, exactly.
            unit (str): `byte-seconds`, `nanoseconds` or `bytes`.
            until (str):
            next_cursor (None | str | Unset): Null on the last page.
    """

    level_before: str
    meter: str
    month: str
    not_recorded: str
    not_recorded_level_change: str
    records: list[UsageRecordBody]
    total: str
    unit: str
    until: str
    next_cursor: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        level_before = self.level_before

        meter = self.meter

        month = self.month

        not_recorded = self.not_recorded

        not_recorded_level_change = self.not_recorded_level_change

        records = []
        for records_item_data in self.records:
            records_item = records_item_data.to_dict()
            records.append(records_item)

        total = self.total

        unit = self.unit

        until = self.until

        next_cursor: None | str | Unset
        if isinstance(self.next_cursor, Unset):
            next_cursor = UNSET
        else:
            next_cursor = self.next_cursor

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "level_before": level_before,
                "meter": meter,
                "month": month,
                "not_recorded": not_recorded,
                "not_recorded_level_change": not_recorded_level_change,
                "records": records,
                "total": total,
                "unit": unit,
                "until": until,
            }
        )
        if next_cursor is not UNSET:
            field_dict["next_cursor"] = next_cursor

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.usage_record_body import UsageRecordBody

        d = dict(src_dict)
        level_before = d.pop("level_before")

        meter = d.pop("meter")

        month = d.pop("month")

        not_recorded = d.pop("not_recorded")

        not_recorded_level_change = d.pop("not_recorded_level_change")

        records = []
        _records = d.pop("records")
        for records_item_data in _records:
            records_item = UsageRecordBody.from_dict(records_item_data)

            records.append(records_item)

        total = d.pop("total")

        unit = d.pop("unit")

        until = d.pop("until")

        def _parse_next_cursor(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        next_cursor = _parse_next_cursor(d.pop("next_cursor", UNSET))

        explained_usage = cls(
            level_before=level_before,
            meter=meter,
            month=month,
            not_recorded=not_recorded,
            not_recorded_level_change=not_recorded_level_change,
            records=records,
            total=total,
            unit=unit,
            until=until,
            next_cursor=next_cursor,
        )

        explained_usage.additional_properties = d
        return explained_usage

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
