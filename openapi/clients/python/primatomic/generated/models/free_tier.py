from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="FreeTier")


@_attrs_define
class FreeTier:
    """What of the month is free, and what is left of it.

    Attributes:
        compute_seconds (float):
        compute_seconds_left (float):
        data_out_gb (float):
        data_out_gb_left (float):
        storage_gb_hours (float):
        storage_gb_hours_left (float):
    """

    compute_seconds: float
    compute_seconds_left: float
    data_out_gb: float
    data_out_gb_left: float
    storage_gb_hours: float
    storage_gb_hours_left: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        compute_seconds = self.compute_seconds

        compute_seconds_left = self.compute_seconds_left

        data_out_gb = self.data_out_gb

        data_out_gb_left = self.data_out_gb_left

        storage_gb_hours = self.storage_gb_hours

        storage_gb_hours_left = self.storage_gb_hours_left

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "compute_seconds": compute_seconds,
                "compute_seconds_left": compute_seconds_left,
                "data_out_gb": data_out_gb,
                "data_out_gb_left": data_out_gb_left,
                "storage_gb_hours": storage_gb_hours,
                "storage_gb_hours_left": storage_gb_hours_left,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        compute_seconds = d.pop("compute_seconds")

        compute_seconds_left = d.pop("compute_seconds_left")

        data_out_gb = d.pop("data_out_gb")

        data_out_gb_left = d.pop("data_out_gb_left")

        storage_gb_hours = d.pop("storage_gb_hours")

        storage_gb_hours_left = d.pop("storage_gb_hours_left")

        free_tier = cls(
            compute_seconds=compute_seconds,
            compute_seconds_left=compute_seconds_left,
            data_out_gb=data_out_gb,
            data_out_gb_left=data_out_gb_left,
            storage_gb_hours=storage_gb_hours,
            storage_gb_hours_left=storage_gb_hours_left,
        )

        free_tier.additional_properties = d
        return free_tier

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
