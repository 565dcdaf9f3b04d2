from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.membership_body import MembershipBody


T = TypeVar("T", bound="AccountBody")


@_attrs_define
class AccountBody:
    """The person who is logged in.

    Attributes:
        created_at (datetime.datetime):
        email (str):
        email_verified (bool):
        recovery_codes_left (int): Recovery codes that were not used yet.
        second_factor (bool): Whether logging in takes a code.
        tenants (list[MembershipBody]): By their names.
        user_id (UUID):
    """

    created_at: datetime.datetime
    email: str
    email_verified: bool
    recovery_codes_left: int
    second_factor: bool
    tenants: list[MembershipBody]
    user_id: UUID
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at.isoformat()

        email = self.email

        email_verified = self.email_verified

        recovery_codes_left = self.recovery_codes_left

        second_factor = self.second_factor

        tenants = []
        for tenants_item_data in self.tenants:
            tenants_item = tenants_item_data.to_dict()
            tenants.append(tenants_item)

        user_id = str(self.user_id)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "email": email,
                "email_verified": email_verified,
                "recovery_codes_left": recovery_codes_left,
                "second_factor": second_factor,
                "tenants": tenants,
                "user_id": user_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.membership_body import MembershipBody

        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        email = d.pop("email")

        email_verified = d.pop("email_verified")

        recovery_codes_left = d.pop("recovery_codes_left")

        second_factor = d.pop("second_factor")

        tenants = []
        _tenants = d.pop("tenants")
        for tenants_item_data in _tenants:
            tenants_item = MembershipBody.from_dict(tenants_item_data)

            tenants.append(tenants_item)

        user_id = UUID(d.pop("user_id"))

        account_body = cls(
            created_at=created_at,
            email=email,
            email_verified=email_verified,
            recovery_codes_left=recovery_codes_left,
            second_factor=second_factor,
            tenants=tenants,
            user_id=user_id,
        )

        account_body.additional_properties = d
        return account_body

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
