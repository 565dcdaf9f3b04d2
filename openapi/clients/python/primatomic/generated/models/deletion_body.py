from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.deleted_kind import DeletedKind
from ..models.deletion_job_state import DeletionJobState
from ..models.deletion_step_name import DeletionStepName
from ..types import UNSET, Unset

T = TypeVar("T", bound="DeletionBody")


@_attrs_define
class DeletionBody:
    """The deletion of a log or a view.

    Attributes:
        job_id (UUID):
        kind (DeletedKind): What was deleted.
        link (str): Where this is to be read again.
        log_id (UUID): The log, or that of the view.
        log_name (str):
        requested_at (datetime.datetime):
        state (DeletionJobState): How far a deletion is, of a tenant, a log or a view.
        step (DeletionStepName): A step of a deletion. Those up to `records` are for tenants alone.
        step_since (str): Since when.
        finished_at (datetime.datetime | None | Unset): When nothing was left.
        view_id (None | Unset | UUID): Null when a log was deleted.
        view_name (None | str | Unset): Null when a log was deleted.
    """

    job_id: UUID
    kind: DeletedKind
    link: str
    log_id: UUID
    log_name: str
    requested_at: datetime.datetime
    state: DeletionJobState
    step: DeletionStepName
    step_since: str
    finished_at: datetime.datetime | None | Unset = UNSET
    view_id: None | Unset | UUID = UNSET
    view_name: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        job_id = str(self.job_id)

        kind = self.kind.value

        link = self.link

        log_id = str(self.log_id)

        log_name = self.log_name

        requested_at = self.requested_at.isoformat()

        state = self.state.value

        step = self.step.value

        step_since = self.step_since

        finished_at: None | str | Unset
        if isinstance(self.finished_at, Unset):
            finished_at = UNSET
        elif isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        view_id: None | str | Unset
        if isinstance(self.view_id, Unset):
            view_id = UNSET
        elif isinstance(self.view_id, UUID):
            view_id = str(self.view_id)
        else:
            view_id = self.view_id

        view_name: None | str | Unset
        if isinstance(self.view_name, Unset):
            view_name = UNSET
        else:
            view_name = self.view_name

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "job_id": job_id,
                "kind": kind,
                "link": link,
                "log_id": log_id,
                "log_name": log_name,
                "requested_at": requested_at,
                "state": state,
                "step": step,
                "step_since": step_since,
            }
        )
        if finished_at is not UNSET:
            field_dict["finished_at"] = finished_at
        if view_id is not UNSET:
            field_dict["view_id"] = view_id
        if view_name is not UNSET:
            field_dict["view_name"] = view_name

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        job_id = UUID(d.pop("job_id"))

        kind = DeletedKind(d.pop("kind"))

        link = d.pop("link")

        log_id = UUID(d.pop("log_id"))

        log_name = d.pop("log_name")

        requested_at = datetime.datetime.fromisoformat(d.pop("requested_at"))

        state = DeletionJobState(d.pop("state"))

        step = DeletionStepName(d.pop("step"))

        step_since = d.pop("step_since")

        def _parse_finished_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        finished_at = _parse_finished_at(d.pop("finished_at", UNSET))

        def _parse_view_id(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                view_id_type_0 = UUID(data)

                return view_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        view_id = _parse_view_id(d.pop("view_id", UNSET))

        def _parse_view_name(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        view_name = _parse_view_name(d.pop("view_name", UNSET))

        deletion_body = cls(
            job_id=job_id,
            kind=kind,
            link=link,
            log_id=log_id,
            log_name=log_name,
            requested_at=requested_at,
            state=state,
            step=step,
            step_since=step_since,
            finished_at=finished_at,
            view_id=view_id,
            view_name=view_name,
        )

        deletion_body.additional_properties = d
        return deletion_body

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
