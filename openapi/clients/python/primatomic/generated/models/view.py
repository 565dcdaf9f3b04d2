from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.state import State
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.version import Version


T = TypeVar("T", bound="View")


@_attrs_define
class View:
    """A view with its versions, the newest first.

    Attributes:
        created_at (datetime.datetime):
        head_sequence (int): The log's last sequence.
        log_id (UUID):
        log_name (str):
        state (State): What a version is doing.
        versions (list[Version]):
        view_id (UUID):
        view_name (str):
        live_version (int | None | Unset): The number of the live version.
    """

    created_at: datetime.datetime
    head_sequence: int
    log_id: UUID
    log_name: str
    state: State
    versions: list[Version]
    view_id: UUID
    view_name: str
    live_version: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at.isoformat()

        head_sequence = self.head_sequence

        log_id = str(self.log_id)

        log_name = self.log_name

        state = self.state.value

        versions = []
        for versions_item_data in self.versions:
            versions_item = versions_item_data.to_dict()
            versions.append(versions_item)

        view_id = str(self.view_id)

        view_name = self.view_name

        live_version: int | None | Unset
        if isinstance(self.live_version, Unset):
            live_version = UNSET
        else:
            live_version = self.live_version

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "head_sequence": head_sequence,
                "log_id": log_id,
                "log_name": log_name,
                "state": state,
                "versions": versions,
                "view_id": view_id,
                "view_name": view_name,
            }
        )
        if live_version is not UNSET:
            field_dict["live_version"] = live_version

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.version import Version

        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        head_sequence = d.pop("head_sequence")

        log_id = UUID(d.pop("log_id"))

        log_name = d.pop("log_name")

        state = State(d.pop("state"))

        versions = []
        _versions = d.pop("versions")
        for versions_item_data in _versions:
            versions_item = Version.from_dict(versions_item_data)

            versions.append(versions_item)

        view_id = UUID(d.pop("view_id"))

        view_name = d.pop("view_name")

        def _parse_live_version(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        live_version = _parse_live_version(d.pop("live_version", UNSET))

        view = cls(
            created_at=created_at,
            head_sequence=head_sequence,
            log_id=log_id,
            log_name=log_name,
            state=state,
            versions=versions,
            view_id=view_id,
            view_name=view_name,
            live_version=live_version,
        )

        view.additional_properties = d
        return view

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
