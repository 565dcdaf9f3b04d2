from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="RotateKeyBody")


@_attrs_define
class RotateKeyBody:
    """How a key gets a new secret.

    Example:
        {'overlap_secs': 3600}

    Attributes:
        overlap_secs (int | None | Unset): For how many seconds earlier secrets go on working, unless they end sooner;
            at most 2592000,
            which is 30 days. With 0 they end at once, and so does every token that they were exchanged
            for. The default is 86400, which is a day.
    """

    overlap_secs: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        overlap_secs: int | None | Unset
        if isinstance(self.overlap_secs, Unset):
            overlap_secs = UNSET
        else:
            overlap_secs = self.overlap_secs

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if overlap_secs is not UNSET:
            field_dict["overlap_secs"] = overlap_secs

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_overlap_secs(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        overlap_secs = _parse_overlap_secs(d.pop("overlap_secs", UNSET))

        rotate_key_body = cls(
            overlap_secs=overlap_secs,
        )

        rotate_key_body.additional_properties = d
        return rotate_key_body

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
