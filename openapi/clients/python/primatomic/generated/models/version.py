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
    from ..models.halt import Halt
    from ..models.snapshot import Snapshot


T = TypeVar("T", bound="Version")


@_attrs_define
class Version:
    """A version of a view.

    Attributes:
        component_bytes (int):
        component_digest (str): The BLAKE3 hash of the component.
        compute_ms (int): CPU time spent in the component.
        created_at (datetime.datetime):
        hot (bool): Whether it is in memory.
        imports (list[str]):
        lag_events (int): Events of the log that it has not applied.
        lag_seconds (float): Time since it last moved on, if it lags.
        languages (list[str]):
        live (bool): Whether queries that name no version go to this one.
        memory_bytes (int):
        snapshots (list[Snapshot]):
        state (State): What a version is doing.
        version (int):
        version_id (UUID):
        world (str):
        activated_at (datetime.datetime | None | Unset):
        applied_sequence (int | None | Unset): The sequence that its state reflects; null if it has none yet.
        content_type (None | str | Unset): Of the answers, as declared at the upload.
        failure (Halt | None | Unset): Why it failed, if it did.
        snapshots_off (None | str | Unset): Why no snapshots are taken, if none are.
    """

    component_bytes: int
    component_digest: str
    compute_ms: int
    created_at: datetime.datetime
    hot: bool
    imports: list[str]
    lag_events: int
    lag_seconds: float
    languages: list[str]
    live: bool
    memory_bytes: int
    snapshots: list[Snapshot]
    state: State
    version: int
    version_id: UUID
    world: str
    activated_at: datetime.datetime | None | Unset = UNSET
    applied_sequence: int | None | Unset = UNSET
    content_type: None | str | Unset = UNSET
    failure: Halt | None | Unset = UNSET
    snapshots_off: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.halt import Halt

        component_bytes = self.component_bytes

        component_digest = self.component_digest

        compute_ms = self.compute_ms

        created_at = self.created_at.isoformat()

        hot = self.hot

        imports = self.imports

        lag_events = self.lag_events

        lag_seconds = self.lag_seconds

        languages = self.languages

        live = self.live

        memory_bytes = self.memory_bytes

        snapshots = []
        for snapshots_item_data in self.snapshots:
            snapshots_item = snapshots_item_data.to_dict()
            snapshots.append(snapshots_item)

        state = self.state.value

        version = self.version

        version_id = str(self.version_id)

        world = self.world

        activated_at: None | str | Unset
        if isinstance(self.activated_at, Unset):
            activated_at = UNSET
        elif isinstance(self.activated_at, datetime.datetime):
            activated_at = self.activated_at.isoformat()
        else:
            activated_at = self.activated_at

        applied_sequence: int | None | Unset
        if isinstance(self.applied_sequence, Unset):
            applied_sequence = UNSET
        else:
            applied_sequence = self.applied_sequence

        content_type: None | str | Unset
        if isinstance(self.content_type, Unset):
            content_type = UNSET
        else:
            content_type = self.content_type

        failure: dict[str, Any] | None | Unset
        if isinstance(self.failure, Unset):
            failure = UNSET
        elif isinstance(self.failure, Halt):
            failure = self.failure.to_dict()
        else:
            failure = self.failure

        snapshots_off: None | str | Unset
        if isinstance(self.snapshots_off, Unset):
            snapshots_off = UNSET
        else:
            snapshots_off = self.snapshots_off

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "component_bytes": component_bytes,
                "component_digest": component_digest,
                "compute_ms": compute_ms,
                "created_at": created_at,
                "hot": hot,
                "imports": imports,
                "lag_events": lag_events,
                "lag_seconds": lag_seconds,
                "languages": languages,
                "live": live,
                "memory_bytes": memory_bytes,
                "snapshots": snapshots,
                "state": state,
                "version": version,
                "version_id": version_id,
                "world": world,
            }
        )
        if activated_at is not UNSET:
            field_dict["activated_at"] = activated_at
        if applied_sequence is not UNSET:
            field_dict["applied_sequence"] = applied_sequence
        if content_type is not UNSET:
            field_dict["content_type"] = content_type
        if failure is not UNSET:
            field_dict["failure"] = failure
        if snapshots_off is not UNSET:
            field_dict["snapshots_off"] = snapshots_off

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.halt import Halt
        from ..models.snapshot import Snapshot

        d = dict(src_dict)
        component_bytes = d.pop("component_bytes")

        component_digest = d.pop("component_digest")

        compute_ms = d.pop("compute_ms")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        hot = d.pop("hot")

        imports = cast(list[str], d.pop("imports"))

        lag_events = d.pop("lag_events")

        lag_seconds = d.pop("lag_seconds")

        languages = cast(list[str], d.pop("languages"))

        live = d.pop("live")

        memory_bytes = d.pop("memory_bytes")

        snapshots = []
        _snapshots = d.pop("snapshots")
        for snapshots_item_data in _snapshots:
            snapshots_item = Snapshot.from_dict(snapshots_item_data)

            snapshots.append(snapshots_item)

        state = State(d.pop("state"))

        version = d.pop("version")

        version_id = UUID(d.pop("version_id"))

        world = d.pop("world")

        def _parse_activated_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                activated_at_type_0 = datetime.datetime.fromisoformat(data)

                return activated_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        activated_at = _parse_activated_at(d.pop("activated_at", UNSET))

        def _parse_applied_sequence(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        applied_sequence = _parse_applied_sequence(d.pop("applied_sequence", UNSET))

        def _parse_content_type(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        content_type = _parse_content_type(d.pop("content_type", UNSET))

        def _parse_failure(data: object) -> Halt | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                failure_type_0 = Halt.from_dict(data)

                return failure_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Halt | None | Unset, data)

        failure = _parse_failure(d.pop("failure", UNSET))

        def _parse_snapshots_off(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        snapshots_off = _parse_snapshots_off(d.pop("snapshots_off", UNSET))

        version = cls(
            component_bytes=component_bytes,
            component_digest=component_digest,
            compute_ms=compute_ms,
            created_at=created_at,
            hot=hot,
            imports=imports,
            lag_events=lag_events,
            lag_seconds=lag_seconds,
            languages=languages,
            live=live,
            memory_bytes=memory_bytes,
            snapshots=snapshots,
            state=state,
            version=version,
            version_id=version_id,
            world=world,
            activated_at=activated_at,
            applied_sequence=applied_sequence,
            content_type=content_type,
            failure=failure,
            snapshots_off=snapshots_off,
        )

        version.additional_properties = d
        return version

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
