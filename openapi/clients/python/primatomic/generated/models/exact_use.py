from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ExactUse")


@_attrs_define
class ExactUse:
    """The same without rounding, as whole numbers in decimal digits.

    Attributes:
        compile_ns (str):
        compute_ns (str):
        data_out_bytes (str):
        storage_byte_seconds (str):
    """

    compile_ns: str
    compute_ns: str
    data_out_bytes: str
    storage_byte_seconds: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        compile_ns = self.compile_ns

        compute_ns = self.compute_ns

        data_out_bytes = self.data_out_bytes

        storage_byte_seconds = self.storage_byte_seconds

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "compile_ns": compile_ns,
                "compute_ns": compute_ns,
                "data_out_bytes": data_out_bytes,
                "storage_byte_seconds": storage_byte_seconds,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        compile_ns = d.pop("compile_ns")

        compute_ns = d.pop("compute_ns")

        data_out_bytes = d.pop("data_out_bytes")

        storage_byte_seconds = d.pop("storage_byte_seconds")

        exact_use = cls(
            compile_ns=compile_ns,
            compute_ns=compute_ns,
            data_out_bytes=data_out_bytes,
            storage_byte_seconds=storage_byte_seconds,
        )

        exact_use.additional_properties = d
        return exact_use

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
