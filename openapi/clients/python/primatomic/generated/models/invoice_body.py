from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="InvoiceBody")


@_attrs_define
class InvoiceBody:
    """An invoice of Stripe.

    Attributes:
        id (str):
        status (str): `draft`, `open`, `paid`, `uncollectible` or `void`.
        subtotal_cents (int): Before tax.
    """

    id: str
    status: str
    subtotal_cents: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        status = self.status

        subtotal_cents = self.subtotal_cents

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "status": status,
                "subtotal_cents": subtotal_cents,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = d.pop("id")

        status = d.pop("status")

        subtotal_cents = d.pop("subtotal_cents")

        invoice_body = cls(
            id=id,
            status=status,
            subtotal_cents=subtotal_cents,
        )

        invoice_body.additional_properties = d
        return invoice_body

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
