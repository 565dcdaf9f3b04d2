from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.role import Role

T = TypeVar("T", bound="SentInvitation")


@_attrs_define
class SentInvitation:
    """An invitation with its token, which is shown this once.

    Attributes:
        created_at (datetime.datetime):
        email (str):
        expires_at (datetime.datetime):
        id (UUID):
        invite_url (str): The page with this token.
        role (Role): What someone may do; each role may do all that a lower one may.
        token (str): Whoever has it can accept; it is not the one in the mail, and does not verify the address. It
            can't be shown again.
    """

    created_at: datetime.datetime
    email: str
    expires_at: datetime.datetime
    id: UUID
    invite_url: str
    role: Role
    token: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at.isoformat()

        email = self.email

        expires_at = self.expires_at.isoformat()

        id = str(self.id)

        invite_url = self.invite_url

        role = self.role.value

        token = self.token

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "email": email,
                "expires_at": expires_at,
                "id": id,
                "invite_url": invite_url,
                "role": role,
                "token": token,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        email = d.pop("email")

        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        id = UUID(d.pop("id"))

        invite_url = d.pop("invite_url")

        role = Role(d.pop("role"))

        token = d.pop("token")

        sent_invitation = cls(
            created_at=created_at,
            email=email,
            expires_at=expires_at,
            id=id,
            invite_url=invite_url,
            role=role,
            token=token,
        )

        sent_invitation.additional_properties = d
        return sent_invitation

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
