from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.event_body import EventBody


T = TypeVar("T", bound="EventPageBody")


@_attrs_define
class EventPageBody:
    """A page of events. For the document alone: pages are written straight from their frames.

    Attributes:
        events (list[EventBody]):
        matched (int | None | Unset): With `text` or `filter`: how many of them match.
        next_ (int | None | Unset): Where the next page begins; null at the end.
        scanned (int | None | Unset): With `text` or `filter`: how many events were looked at for this page.
    """

    events: list[EventBody]
    matched: int | None | Unset = UNSET
    next_: int | None | Unset = UNSET
    scanned: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        events = []
        for events_item_data in self.events:
            events_item = events_item_data.to_dict()
            events.append(events_item)

        matched: int | None | Unset
        if isinstance(self.matched, Unset):
            matched = UNSET
        else:
            matched = self.matched

        next_: int | None | Unset
        if isinstance(self.next_, Unset):
            next_ = UNSET
        else:
            next_ = self.next_

        scanned: int | None | Unset
        if isinstance(self.scanned, Unset):
            scanned = UNSET
        else:
            scanned = self.scanned

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "events": events,
            }
        )
        if matched is not UNSET:
            field_dict["matched"] = matched
        if next_ is not UNSET:
            field_dict["next"] = next_
        if scanned is not UNSET:
            field_dict["scanned"] = scanned

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.event_body import EventBody

        d = dict(src_dict)
        events = []
        _events = d.pop("events")
        for events_item_data in _events:
            events_item = EventBody.from_dict(events_item_data)

            events.append(events_item)

        def _parse_matched(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        matched = _parse_matched(d.pop("matched", UNSET))

        def _parse_next_(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        next_ = _parse_next_(d.pop("next", UNSET))

        def _parse_scanned(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        scanned = _parse_scanned(d.pop("scanned", UNSET))

        event_page_body = cls(
            events=events,
            matched=matched,
            next_=next_,
            scanned=scanned,
        )

        event_page_body.additional_properties = d
        return event_page_body

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
