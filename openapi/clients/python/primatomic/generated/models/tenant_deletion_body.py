from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.deletion_job_state import DeletionJobState
from ..models.deletion_step_name import DeletionStepName
from ..types import UNSET, Unset

T = TypeVar("T", bound="TenantDeletionBody")


@_attrs_define
class TenantDeletionBody:
    """The deletion of a tenant.

    Attributes:
        delete_at (datetime.datetime): When the tenant is, or was, deleted for good.
        job_id (UUID):
        link (str): Where this is to be read again, without a token too.
        logs_left (int): Logs that are still to be removed.
        removals_left (int): Logs and views whose bytes are still to be removed.
        requested_at (datetime.datetime):
        state (DeletionJobState): How far a deletion is, of a tenant, a log or a view.
        step (DeletionStepName): A step of a deletion. Those up to `records` are for tenants alone.
        step_since (str): Since when.
        tenant_id (UUID):
        finished_at (datetime.datetime | None | Unset): When nothing was left.
    """

    delete_at: datetime.datetime
    job_id: UUID
    link: str
    logs_left: int
    removals_left: int
    requested_at: datetime.datetime
    state: DeletionJobState
    step: DeletionStepName
    step_since: str
    tenant_id: UUID
    finished_at: datetime.datetime | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        delete_at = self.delete_at.isoformat()

        job_id = str(self.job_id)

        link = self.link

        logs_left = self.logs_left

        removals_left = self.removals_left

        requested_at = self.requested_at.isoformat()

        state = self.state.value

        step = self.step.value

        step_since = self.step_since

        tenant_id = str(self.tenant_id)

        finished_at: None | str | Unset
        if isinstance(self.finished_at, Unset):
            finished_at = UNSET
        elif isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "delete_at": delete_at,
                "job_id": job_id,
                "link": link,
                "logs_left": logs_left,
                "removals_left": removals_left,
                "requested_at": requested_at,
                "state": state,
                "step": step,
                "step_since": step_since,
                "tenant_id": tenant_id,
            }
        )
        if finished_at is not UNSET:
            field_dict["finished_at"] = finished_at

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        delete_at = datetime.datetime.fromisoformat(d.pop("delete_at"))

        job_id = UUID(d.pop("job_id"))

        link = d.pop("link")

        logs_left = d.pop("logs_left")

        removals_left = d.pop("removals_left")

        requested_at = datetime.datetime.fromisoformat(d.pop("requested_at"))

        state = DeletionJobState(d.pop("state"))

        step = DeletionStepName(d.pop("step"))

        step_since = d.pop("step_since")

        tenant_id = UUID(d.pop("tenant_id"))

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

        tenant_deletion_body = cls(
            delete_at=delete_at,
            job_id=job_id,
            link=link,
            logs_left=logs_left,
            removals_left=removals_left,
            requested_at=requested_at,
            state=state,
            step=step,
            step_since=step_since,
            tenant_id=tenant_id,
            finished_at=finished_at,
        )

        tenant_deletion_body.additional_properties = d
        return tenant_deletion_body

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
