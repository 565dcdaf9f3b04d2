from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="CapBody")


@_attrs_define
class CapBody:
    """What a month may cost.

    Attributes:
        cap_cents (int | None | Unset): Before tax, in the smallest unit of the currency; null is no cap.
    """

    cap_cents: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        cap_cents: int | None | Unset
        if isinstance(self.cap_cents, Unset):
            cap_cents = UNSET
        else:
            cap_cents = self.cap_cents

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if cap_cents is not UNSET:
            field_dict["cap_cents"] = cap_cents

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_cap_cents(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        cap_cents = _parse_cap_cents(d.pop("cap_cents", UNSET))

        cap_body = cls(
            cap_cents=cap_cents,
        )

        cap_body.additional_properties = d
        return cap_body

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
