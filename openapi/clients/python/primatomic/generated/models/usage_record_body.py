from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="UsageRecordBody")


@_attrs_define
class UsageRecordBody:
    """A record of the ledger. It never changes.

    Attributes:
        amount (str):
        hour (str): The hour, in UTC.
        level_change (str): Of storage: by how many bytes the level changed.
        recorded_at (datetime.datetime):
        sequence (int): 1, 2, 3, … for each tenant.
        log_id (None | Unset | UUID):
        view_id (None | Unset | UUID):
    """

    amount: str
    hour: str
    level_change: str
    recorded_at: datetime.datetime
    sequence: int
    log_id: None | Unset | UUID = UNSET
    view_id: None | Unset | UUID = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        amount = self.amount

        hour = self.hour

        level_change = self.level_change

        recorded_at = self.recorded_at.isoformat()

        sequence = self.sequence

        log_id: None | str | Unset
        if isinstance(self.log_id, Unset):
            log_id = UNSET
        elif isinstance(self.log_id, UUID):
            log_id = str(self.log_id)
        else:
            log_id = self.log_id

        view_id: None | str | Unset
        if isinstance(self.view_id, Unset):
            view_id = UNSET
        elif isinstance(self.view_id, UUID):
            view_id = str(self.view_id)
        else:
            view_id = self.view_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "amount": amount,
                "hour": hour,
                "level_change": level_change,
                "recorded_at": recorded_at,
                "sequence": sequence,
            }
        )
        if log_id is not UNSET:
            field_dict["log_id"] = log_id
        if view_id is not UNSET:
            field_dict["view_id"] = view_id

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        amount = d.pop("amount")

        hour = d.pop("hour")

        level_change = d.pop("level_change")

        recorded_at = datetime.datetime.fromisoformat(d.pop("recorded_at"))

        sequence = d.pop("sequence")

        def _parse_log_id(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                log_id_type_0 = UUID(data)

                return log_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        log_id = _parse_log_id(d.pop("log_id", UNSET))

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

        usage_record_body = cls(
            amount=amount,
            hour=hour,
            level_change=level_change,
            recorded_at=recorded_at,
            sequence=sequence,
            log_id=log_id,
            view_id=view_id,
        )

        usage_record_body.additional_properties = d
        return usage_record_body

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
