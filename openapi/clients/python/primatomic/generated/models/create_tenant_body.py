from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="CreateTenantBody")


@_attrs_define
class CreateTenantBody:
    """Who signs up.

    Example:
        {'owner_email': 'ada@example.org', 'owner_password': 'correct horse battery staple', 'short_name': 'acme'}

    Attributes:
        owner_email (str): The address of the first owner. A mail with a link goes there.
        owner_password (str): 8 to 128 characters.
        short_name (str): 1 to 64 of a-z, 0-9 and '-'; unique.
    """

    owner_email: str
    owner_password: str
    short_name: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        owner_email = self.owner_email

        owner_password = self.owner_password

        short_name = self.short_name

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "owner_email": owner_email,
                "owner_password": owner_password,
                "short_name": short_name,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        owner_email = d.pop("owner_email")

        owner_password = d.pop("owner_password")

        short_name = d.pop("short_name")

        create_tenant_body = cls(
            owner_email=owner_email,
            owner_password=owner_password,
            short_name=short_name,
        )

        create_tenant_body.additional_properties = d
        return create_tenant_body

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
