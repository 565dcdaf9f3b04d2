from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="Error")


@_attrs_define
class Error:
    """Every error but 429.

    Example:
        {'code': 'log_not_found', 'error': 'there is no such log', 'request_id': '0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f'}

    Attributes:
        code (str): For programs.
        error (str): A sentence for people.
        request_id (UUID):
        applied (int | Unset): With `view_behind`: the sequence that the view has applied.
        head (int | Unset): With `sequence_mismatch`: the log's head.
        sequence (int | Unset): With `view_failed`: the event that the view halted at. With `query_failed`: the state
            that it was asked in.
        view_code (str | Unset): With `query_failed`: the code that the view gave its error.
    """

    code: str
    error: str
    request_id: UUID
    applied: int | Unset = UNSET
    head: int | Unset = UNSET
    sequence: int | Unset = UNSET
    view_code: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        code = self.code

        error = self.error

        request_id = str(self.request_id)

        applied = self.applied

        head = self.head

        sequence = self.sequence

        view_code = self.view_code

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "code": code,
                "error": error,
                "request_id": request_id,
            }
        )
        if applied is not UNSET:
            field_dict["applied"] = applied
        if head is not UNSET:
            field_dict["head"] = head
        if sequence is not UNSET:
            field_dict["sequence"] = sequence
        if view_code is not UNSET:
            field_dict["view_code"] = view_code

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = d.pop("code")

        error = d.pop("error")

        request_id = UUID(d.pop("request_id"))

        applied = d.pop("applied", UNSET)

        head = d.pop("head", UNSET)

        sequence = d.pop("sequence", UNSET)

        view_code = d.pop("view_code", UNSET)

        error = cls(
            code=code,
            error=error,
            request_id=request_id,
            applied=applied,
            head=head,
            sequence=sequence,
            view_code=view_code,
        )

        error.additional_properties = d
        return error

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
