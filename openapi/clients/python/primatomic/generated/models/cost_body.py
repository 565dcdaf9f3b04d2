from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CostBody")


@_attrs_define
class CostBody:
    """What was used beyond the free tier costs, before tax, in cents.

    Attributes:
        cents (int): So far.
        compute_cents (int):
        currency (str): Three letters, such as `usd`.
        data_out_cents (int):
        forecast_cents (int): At the end of the month, if use goes on as until now.
        storage_cents (int):
    """

    cents: int
    compute_cents: int
    currency: str
    data_out_cents: int
    forecast_cents: int
    storage_cents: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        cents = self.cents

        compute_cents = self.compute_cents

        currency = self.currency

        data_out_cents = self.data_out_cents

        forecast_cents = self.forecast_cents

        storage_cents = self.storage_cents

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "cents": cents,
                "compute_cents": compute_cents,
                "currency": currency,
                "data_out_cents": data_out_cents,
                "forecast_cents": forecast_cents,
                "storage_cents": storage_cents,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        cents = d.pop("cents")

        compute_cents = d.pop("compute_cents")

        currency = d.pop("currency")

        data_out_cents = d.pop("data_out_cents")

        forecast_cents = d.pop("forecast_cents")

        storage_cents = d.pop("storage_cents")

        cost_body = cls(
            cents=cents,
            compute_cents=compute_cents,
            currency=currency,
            data_out_cents=data_out_cents,
            forecast_cents=forecast_cents,
            storage_cents=storage_cents,
        )

        cost_body.additional_properties = d
        return cost_body

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
