from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="AdjustmentBody")


@_attrs_define
class AdjustmentBody:
    """What was added to a month, or taken from it.

    Attributes:
        amount (str): In byte-seconds, nanoseconds or bytes.
        at (str):
        meter (str):
        reason (str):
    """

    amount: str
    at: str
    meter: str
    reason: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        amount = self.amount

        at = self.at

        meter = self.meter

        reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "amount": amount,
                "at": at,
                "meter": meter,
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        amount = d.pop("amount")

        at = d.pop("at")

        meter = d.pop("meter")

        reason = d.pop("reason")

        adjustment_body = cls(
            amount=amount,
            at=at,
            meter=meter,
            reason=reason,
        )

        adjustment_body.additional_properties = d
        return adjustment_body

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
