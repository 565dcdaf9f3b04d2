from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.quota import Quota


T = TypeVar("T", bound="Quotas")


@_attrs_define
class Quotas:
    """What the tenant may have. An operator may change it.

    Attributes:
        keys (Quota): How much of something there may be, and how much there is.
        logs (Quota): How much of something there may be, and how much there is.
        members (Quota): How much of something there may be, and how much there is.
        queries (Quota): How much of something there may be, and how much there is.
        storage_bytes (Quota): How much of something there may be, and how much there is.
        streams (Quota): How much of something there may be, and how much there is.
        view_memory_bytes (Quota): How much of something there may be, and how much there is.
        views (Quota): How much of something there may be, and how much there is.
    """

    keys: Quota
    logs: Quota
    members: Quota
    queries: Quota
    storage_bytes: Quota
    streams: Quota
    view_memory_bytes: Quota
    views: Quota
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        keys = self.keys.to_dict()

        logs = self.logs.to_dict()

        members = self.members.to_dict()

        queries = self.queries.to_dict()

        storage_bytes = self.storage_bytes.to_dict()

        streams = self.streams.to_dict()

        view_memory_bytes = self.view_memory_bytes.to_dict()

        views = self.views.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "keys": keys,
                "logs": logs,
                "members": members,
                "queries": queries,
                "storage_bytes": storage_bytes,
                "streams": streams,
                "view_memory_bytes": view_memory_bytes,
                "views": views,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.quota import Quota

        d = dict(src_dict)
        keys = Quota.from_dict(d.pop("keys"))

        logs = Quota.from_dict(d.pop("logs"))

        members = Quota.from_dict(d.pop("members"))

        queries = Quota.from_dict(d.pop("queries"))

        storage_bytes = Quota.from_dict(d.pop("storage_bytes"))

        streams = Quota.from_dict(d.pop("streams"))

        view_memory_bytes = Quota.from_dict(d.pop("view_memory_bytes"))

        views = Quota.from_dict(d.pop("views"))

        quotas = cls(
            keys=keys,
            logs=logs,
            members=members,
            queries=queries,
            storage_bytes=storage_bytes,
            streams=streams,
            view_memory_bytes=view_memory_bytes,
            views=views,
        )

        quotas.additional_properties = d
        return quotas

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
