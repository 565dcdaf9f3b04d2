from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.role import Role
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.quotas import Quotas
    from ..models.rate_limit import RateLimit
    from ..models.tenant_deletion_body import TenantDeletionBody


T = TypeVar("T", bound="TenantBody")


@_attrs_define
class TenantBody:
    """The caller's tenant.

    Attributes:
        created_at (datetime.datetime):
        quotas (Quotas): What the tenant may have. An operator may change it.
        role (Role): What someone may do; each role may do all that a lower one may.
        short_name (str):
        tenant_id (UUID):
        deletion (None | TenantDeletionBody | Unset): Null unless the tenant is going to be deleted.
        rate_limit (None | RateLimit | Unset): Null when requests are not limited.
    """

    created_at: datetime.datetime
    quotas: Quotas
    role: Role
    short_name: str
    tenant_id: UUID
    deletion: None | TenantDeletionBody | Unset = UNSET
    rate_limit: None | RateLimit | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.rate_limit import RateLimit
        from ..models.tenant_deletion_body import TenantDeletionBody

        created_at = self.created_at.isoformat()

        quotas = self.quotas.to_dict()

        role = self.role.value

        short_name = self.short_name

        tenant_id = str(self.tenant_id)

        deletion: dict[str, Any] | None | Unset
        if isinstance(self.deletion, Unset):
            deletion = UNSET
        elif isinstance(self.deletion, TenantDeletionBody):
            deletion = self.deletion.to_dict()
        else:
            deletion = self.deletion

        rate_limit: dict[str, Any] | None | Unset
        if isinstance(self.rate_limit, Unset):
            rate_limit = UNSET
        elif isinstance(self.rate_limit, RateLimit):
            rate_limit = self.rate_limit.to_dict()
        else:
            rate_limit = self.rate_limit

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "quotas": quotas,
                "role": role,
                "short_name": short_name,
                "tenant_id": tenant_id,
            }
        )
        if deletion is not UNSET:
            field_dict["deletion"] = deletion
        if rate_limit is not UNSET:
            field_dict["rate_limit"] = rate_limit

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.quotas import Quotas
        from ..models.rate_limit import RateLimit
        from ..models.tenant_deletion_body import TenantDeletionBody

        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        quotas = Quotas.from_dict(d.pop("quotas"))

        role = Role(d.pop("role"))

        short_name = d.pop("short_name")

        tenant_id = UUID(d.pop("tenant_id"))

        def _parse_deletion(data: object) -> None | TenantDeletionBody | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                deletion_type_0 = TenantDeletionBody.from_dict(data)

                return deletion_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | TenantDeletionBody | Unset, data)

        deletion = _parse_deletion(d.pop("deletion", UNSET))

        def _parse_rate_limit(data: object) -> None | RateLimit | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                rate_limit_type_0 = RateLimit.from_dict(data)

                return rate_limit_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RateLimit | Unset, data)

        rate_limit = _parse_rate_limit(d.pop("rate_limit", UNSET))

        tenant_body = cls(
            created_at=created_at,
            quotas=quotas,
            role=role,
            short_name=short_name,
            tenant_id=tenant_id,
            deletion=deletion,
            rate_limit=rate_limit,
        )

        tenant_body.additional_properties = d
        return tenant_body

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
