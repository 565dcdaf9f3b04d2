from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.state import State
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.halt import Halt


T = TypeVar("T", bound="UploadAnswer")


@_attrs_define
class UploadAnswer:
    """A component that was accepted.

    Attributes:
        state (State): What a version is doing.
        success (bool): Whether the component was accepted; `state` says what becomes of it.
        version (int):
        view_id (UUID):
        failure (Halt | None | Unset): Why it failed, if it did.
    """

    state: State
    success: bool
    version: int
    view_id: UUID
    failure: Halt | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.halt import Halt

        state = self.state.value

        success = self.success

        version = self.version

        view_id = str(self.view_id)

        failure: dict[str, Any] | None | Unset
        if isinstance(self.failure, Unset):
            failure = UNSET
        elif isinstance(self.failure, Halt):
            failure = self.failure.to_dict()
        else:
            failure = self.failure

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "state": state,
                "success": success,
                "version": version,
                "view_id": view_id,
            }
        )
        if failure is not UNSET:
            field_dict["failure"] = failure

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.halt import Halt

        d = dict(src_dict)
        state = State(d.pop("state"))

        success = d.pop("success")

        version = d.pop("version")

        view_id = UUID(d.pop("view_id"))

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

        upload_answer = cls(
            state=state,
            success=success,
            version=version,
            view_id=view_id,
            failure=failure,
        )

        upload_answer.additional_properties = d
        return upload_answer

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
