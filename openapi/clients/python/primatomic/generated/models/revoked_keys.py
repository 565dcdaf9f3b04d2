from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="RevokedKeys")


@_attrs_define
class RevokedKeys:
    """What a revocation ended.

    Attributes:
        revoked (list[UUID]): The ids of the keys that work no more: this one, and those that were made with it.
        success (bool): Always true.
    """

    revoked: list[UUID]
    success: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        revoked = []
        for revoked_item_data in self.revoked:
            revoked_item = str(revoked_item_data)
            revoked.append(revoked_item)

        success = self.success

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "revoked": revoked,
                "success": success,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        revoked = []
        _revoked = d.pop("revoked")
        for revoked_item_data in _revoked:
            revoked_item = UUID(revoked_item_data)

            revoked.append(revoked_item)

        success = d.pop("success")

        revoked_keys = cls(
            revoked=revoked,
            success=success,
        )

        revoked_keys.additional_properties = d
        return revoked_keys

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
