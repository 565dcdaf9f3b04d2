from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.role import Role

T = TypeVar("T", bound="InvitationOffer")


@_attrs_define
class InvitationOffer:
    """What a token invites to.

    Attributes:
        email (str):
        expires_at (datetime.datetime):
        role (Role): What someone may do; each role may do all that a lower one may.
        short_name (str):
        tenant_id (UUID):
    """

    email: str
    expires_at: datetime.datetime
    role: Role
    short_name: str
    tenant_id: UUID
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        email = self.email

        expires_at = self.expires_at.isoformat()

        role = self.role.value

        short_name = self.short_name

        tenant_id = str(self.tenant_id)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "email": email,
                "expires_at": expires_at,
                "role": role,
                "short_name": short_name,
                "tenant_id": tenant_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        email = d.pop("email")

        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        role = Role(d.pop("role"))

        short_name = d.pop("short_name")

        tenant_id = UUID(d.pop("tenant_id"))

        invitation_offer = cls(
            email=email,
            expires_at=expires_at,
            role=role,
            short_name=short_name,
            tenant_id=tenant_id,
        )

        invitation_offer.additional_properties = d
        return invitation_offer

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
