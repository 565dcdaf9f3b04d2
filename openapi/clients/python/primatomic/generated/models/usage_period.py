from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="UsagePeriod")


@_attrs_define
class UsagePeriod:
    """What was used in an hour or a day.

    Attributes:
        at (str): When it began, in UTC.
        compile_seconds (float):
        compute_seconds (float):
        data_out_gb (float):
        storage_gb_seconds (float):
    """

    at: str
    compile_seconds: float
    compute_seconds: float
    data_out_gb: float
    storage_gb_seconds: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        at = self.at

        compile_seconds = self.compile_seconds

        compute_seconds = self.compute_seconds

        data_out_gb = self.data_out_gb

        storage_gb_seconds = self.storage_gb_seconds

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "at": at,
                "compile_seconds": compile_seconds,
                "compute_seconds": compute_seconds,
                "data_out_gb": data_out_gb,
                "storage_gb_seconds": storage_gb_seconds,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        at = d.pop("at")

        compile_seconds = d.pop("compile_seconds")

        compute_seconds = d.pop("compute_seconds")

        data_out_gb = d.pop("data_out_gb")

        storage_gb_seconds = d.pop("storage_gb_seconds")

        usage_period = cls(
            at=at,
            compile_seconds=compile_seconds,
            compute_seconds=compute_seconds,
            data_out_gb=data_out_gb,
            storage_gb_seconds=storage_gb_seconds,
        )

        usage_period.additional_properties = d
        return usage_period

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
