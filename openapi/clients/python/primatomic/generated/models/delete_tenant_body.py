from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="DeleteTenantBody")


@_attrs_define
class DeleteTenantBody:
    """Which tenant goes, and when.

    Example:
        {'immediately': False, 'short_name': 'acme'}

    Attributes:
        short_name (str): The short name of the tenant, so that no one deletes another one by mistake.
        immediately (bool | Unset): Delete it now. It can't be restored then. Default: False.
    """

    short_name: str
    immediately: bool | Unset = False
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        short_name = self.short_name

        immediately = self.immediately

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "short_name": short_name,
            }
        )
        if immediately is not UNSET:
            field_dict["immediately"] = immediately

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        short_name = d.pop("short_name")

        immediately = d.pop("immediately", UNSET)

        delete_tenant_body = cls(
            short_name=short_name,
            immediately=immediately,
        )

        delete_tenant_body.additional_properties = d
        return delete_tenant_body

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
