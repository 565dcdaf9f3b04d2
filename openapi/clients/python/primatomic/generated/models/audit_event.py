from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.actor import Actor


T = TypeVar("T", bound="AuditEvent")


@_attrs_define
class AuditEvent:
    """A change.

    Example:
        {'actor': {'id': '0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f', 'kind': 'user'}, 'at': '2026-11-22T09:30:00Z',
            'details': {'key': '0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f', 'name': 'ingest'}, 'request_id':
            '0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f', 'sequence': 12, 'type': 'key_revoked'}

    Attributes:
        actor (Actor): Who changed something.
        at (str):
        details (Any): What it happened to, and how; the fields depend on the type.
        request_id (UUID): The request that made the change.
        sequence (int): 1, 2, 3, … for each tenant, without a gap.
        type_ (str): What happened.
    """

    actor: Actor
    at: str
    details: Any
    request_id: UUID
    sequence: int
    type_: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        actor = self.actor.to_dict()

        at = self.at

        details = self.details

        request_id = str(self.request_id)

        sequence = self.sequence

        type_ = self.type_

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "actor": actor,
                "at": at,
                "details": details,
                "request_id": request_id,
                "sequence": sequence,
                "type": type_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.actor import Actor

        d = dict(src_dict)
        actor = Actor.from_dict(d.pop("actor"))

        at = d.pop("at")

        details = d.pop("details")

        request_id = UUID(d.pop("request_id"))

        sequence = d.pop("sequence")

        type_ = d.pop("type")

        audit_event = cls(
            actor=actor,
            at=at,
            details=details,
            request_id=request_id,
            sequence=sequence,
            type_=type_,
        )

        audit_event.additional_properties = d
        return audit_event

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
