from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.health_status import HealthStatus

if TYPE_CHECKING:
    from ..models.part_health import PartHealth


T = TypeVar("T", bound="HealthBody")


@_attrs_define
class HealthBody:
    """The service and its parts.

    Attributes:
        database (PartHealth): A part of the service.
        nats (PartHealth): A part of the service.
        object_store (PartHealth): A part of the service.
        status (HealthStatus):
        workers (PartHealth): A part of the service.
    """

    database: PartHealth
    nats: PartHealth
    object_store: PartHealth
    status: HealthStatus
    workers: PartHealth
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        database = self.database.to_dict()

        nats = self.nats.to_dict()

        object_store = self.object_store.to_dict()

        status = self.status.value

        workers = self.workers.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "database": database,
                "nats": nats,
                "object_store": object_store,
                "status": status,
                "workers": workers,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.part_health import PartHealth

        d = dict(src_dict)
        database = PartHealth.from_dict(d.pop("database"))

        nats = PartHealth.from_dict(d.pop("nats"))

        object_store = PartHealth.from_dict(d.pop("object_store"))

        status = HealthStatus(d.pop("status"))

        workers = PartHealth.from_dict(d.pop("workers"))

        health_body = cls(
            database=database,
            nats=nats,
            object_store=object_store,
            status=status,
            workers=workers,
        )

        health_body.additional_properties = d
        return health_body

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
