from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.role import Role

T = TypeVar("T", bound="AcceptedInvitation")


@_attrs_define
class AcceptedInvitation:
    """The new membership.

    Attributes:
        email_verified (bool): Whether the address is verified. If not, a mail with a link was sent to it, and logging
            in
            works after that was opened.
        role (Role): What someone may do; each role may do all that a lower one may.
        short_name (str):
        tenant_id (UUID):
    """

    email_verified: bool
    role: Role
    short_name: str
    tenant_id: UUID
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        email_verified = self.email_verified

        role = self.role.value

        short_name = self.short_name

        tenant_id = str(self.tenant_id)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "email_verified": email_verified,
                "role": role,
                "short_name": short_name,
                "tenant_id": tenant_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        email_verified = d.pop("email_verified")

        role = Role(d.pop("role"))

        short_name = d.pop("short_name")

        tenant_id = UUID(d.pop("tenant_id"))

        accepted_invitation = cls(
            email_verified=email_verified,
            role=role,
            short_name=short_name,
            tenant_id=tenant_id,
        )

        accepted_invitation.additional_properties = d
        return accepted_invitation

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
