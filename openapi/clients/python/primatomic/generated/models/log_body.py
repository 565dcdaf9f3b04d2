from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.retention import Retention
from ..types import UNSET, Unset

T = TypeVar("T", bound="LogBody")


@_attrs_define
class LogBody:
    """A log with its state.

    Attributes:
        archived_events (int): Events in the archive alone.
        chain_hash (str): The hash chain after the last event, in hexadecimal.
        created_at (datetime.datetime):
        event_bytes (int): Bytes of all events.
        event_count (int):
        head_sequence (int): The sequence of the last event; 0 for an empty log.
        hot_events (int): Events in the hot log.
        log_id (UUID):
        log_name (str):
        retention (Retention): What becomes of events once they are archived.
        tenant_id (UUID):
        description (None | str | Unset):
        last_append_at (datetime.datetime | None | Unset): Null for an empty log.
        last_day (list[int] | None | Unset): In a list with `density`: the events of each of the last 24 hours, the
            newest last. Where they
            are archived, they may be estimated.
    """

    archived_events: int
    chain_hash: str
    created_at: datetime.datetime
    event_bytes: int
    event_count: int
    head_sequence: int
    hot_events: int
    log_id: UUID
    log_name: str
    retention: Retention
    tenant_id: UUID
    description: None | str | Unset = UNSET
    last_append_at: datetime.datetime | None | Unset = UNSET
    last_day: list[int] | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        archived_events = self.archived_events

        chain_hash = self.chain_hash

        created_at = self.created_at.isoformat()

        event_bytes = self.event_bytes

        event_count = self.event_count

        head_sequence = self.head_sequence

        hot_events = self.hot_events

        log_id = str(self.log_id)

        log_name = self.log_name

        retention = self.retention.value

        tenant_id = str(self.tenant_id)

        description: None | str | Unset
        if isinstance(self.description, Unset):
            description = UNSET
        else:
            description = self.description

        last_append_at: None | str | Unset
        if isinstance(self.last_append_at, Unset):
            last_append_at = UNSET
        elif isinstance(self.last_append_at, datetime.datetime):
            last_append_at = self.last_append_at.isoformat()
        else:
            last_append_at = self.last_append_at

        last_day: list[int] | None | Unset
        if isinstance(self.last_day, Unset):
            last_day = UNSET
        elif isinstance(self.last_day, list):
            last_day = self.last_day

        else:
            last_day = self.last_day

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "archived_events": archived_events,
                "chain_hash": chain_hash,
                "created_at": created_at,
                "event_bytes": event_bytes,
                "event_count": event_count,
                "head_sequence": head_sequence,
                "hot_events": hot_events,
                "log_id": log_id,
                "log_name": log_name,
                "retention": retention,
                "tenant_id": tenant_id,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if last_append_at is not UNSET:
            field_dict["last_append_at"] = last_append_at
        if last_day is not UNSET:
            field_dict["last_day"] = last_day

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        archived_events = d.pop("archived_events")

        chain_hash = d.pop("chain_hash")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        event_bytes = d.pop("event_bytes")

        event_count = d.pop("event_count")

        head_sequence = d.pop("head_sequence")

        hot_events = d.pop("hot_events")

        log_id = UUID(d.pop("log_id"))

        log_name = d.pop("log_name")

        retention = Retention(d.pop("retention"))

        tenant_id = UUID(d.pop("tenant_id"))

        def _parse_description(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        description = _parse_description(d.pop("description", UNSET))

        def _parse_last_append_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_append_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_append_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        last_append_at = _parse_last_append_at(d.pop("last_append_at", UNSET))

        def _parse_last_day(data: object) -> list[int] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                last_day_type_0 = cast(list[int], data)

                return last_day_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[int] | None | Unset, data)

        last_day = _parse_last_day(d.pop("last_day", UNSET))

        log_body = cls(
            archived_events=archived_events,
            chain_hash=chain_hash,
            created_at=created_at,
            event_bytes=event_bytes,
            event_count=event_count,
            head_sequence=head_sequence,
            hot_events=hot_events,
            log_id=log_id,
            log_name=log_name,
            retention=retention,
            tenant_id=tenant_id,
            description=description,
            last_append_at=last_append_at,
            last_day=last_day,
        )

        log_body.additional_properties = d
        return log_body

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
