from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="BilledMeter")


@_attrs_define
class BilledMeter:
    """A line of a bill. Units are MB-hours of storage, milliseconds of compute, and MB of data out.

    Attributes:
        carried (str): What other months carried over, exactly.
        free_units (int): Units that nobody pays: used before the tenant subscribed, or beyond its cap.
        units (int): Units that are billed.
        used_as_billed (str): What the month's use was when it was closed, exactly; until then, what it is.
        used_as_known_now (str): What it is now, with what came to be known since.
    """

    carried: str
    free_units: int
    units: int
    used_as_billed: str
    used_as_known_now: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        carried = self.carried

        free_units = self.free_units

        units = self.units

        used_as_billed = self.used_as_billed

        used_as_known_now = self.used_as_known_now

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "carried": carried,
                "free_units": free_units,
                "units": units,
                "used_as_billed": used_as_billed,
                "used_as_known_now": used_as_known_now,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        carried = d.pop("carried")

        free_units = d.pop("free_units")

        units = d.pop("units")

        used_as_billed = d.pop("used_as_billed")

        used_as_known_now = d.pop("used_as_known_now")

        billed_meter = cls(
            carried=carried,
            free_units=free_units,
            units=units,
            used_as_billed=used_as_billed,
            used_as_known_now=used_as_known_now,
        )

        billed_meter.additional_properties = d
        return billed_meter

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
