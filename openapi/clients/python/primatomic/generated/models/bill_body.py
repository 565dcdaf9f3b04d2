from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.adjustment_body import AdjustmentBody
    from ..models.billed_meter import BilledMeter
    from ..models.invoice_body import InvoiceBody


T = TypeVar("T", bound="BillBody")


@_attrs_define
class BillBody:
    """The bill of a month. It grows hour by hour, is closed an hour after the month is over, and then
    stays as it is: what comes to be known later is an adjustment of another month.

        Attributes:
            adjustments (list[AdjustmentBody]):
            compute (BilledMeter): A line of a bill. Units are MB-hours of storage, milliseconds of compute, and MB of data
                out.
            currency (str):
            data_out (BilledMeter): A line of a bill. Units are MB-hours of storage, milliseconds of compute, and MB of data
                out.
            status (str): `open`, `closed`, `stopped` while somebody looks at it, or `invoiced`.
            storage (BilledMeter): A line of a bill. Units are MB-hours of storage, milliseconds of compute, and MB of data
                out.
            until (str): Up to when use is on it.
            closed_at (datetime.datetime | None | Unset):
            closed_sequence (int | None | Unset): The newest record of the ledger when it was closed; it stands on the
                invoice, too.
            invoice (InvoiceBody | None | Unset):
    """

    adjustments: list[AdjustmentBody]
    compute: BilledMeter
    currency: str
    data_out: BilledMeter
    status: str
    storage: BilledMeter
    until: str
    closed_at: datetime.datetime | None | Unset = UNSET
    closed_sequence: int | None | Unset = UNSET
    invoice: InvoiceBody | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.invoice_body import InvoiceBody

        adjustments = []
        for adjustments_item_data in self.adjustments:
            adjustments_item = adjustments_item_data.to_dict()
            adjustments.append(adjustments_item)

        compute = self.compute.to_dict()

        currency = self.currency

        data_out = self.data_out.to_dict()

        status = self.status

        storage = self.storage.to_dict()

        until = self.until

        closed_at: None | str | Unset
        if isinstance(self.closed_at, Unset):
            closed_at = UNSET
        elif isinstance(self.closed_at, datetime.datetime):
            closed_at = self.closed_at.isoformat()
        else:
            closed_at = self.closed_at

        closed_sequence: int | None | Unset
        if isinstance(self.closed_sequence, Unset):
            closed_sequence = UNSET
        else:
            closed_sequence = self.closed_sequence

        invoice: dict[str, Any] | None | Unset
        if isinstance(self.invoice, Unset):
            invoice = UNSET
        elif isinstance(self.invoice, InvoiceBody):
            invoice = self.invoice.to_dict()
        else:
            invoice = self.invoice

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "adjustments": adjustments,
                "compute": compute,
                "currency": currency,
                "data_out": data_out,
                "status": status,
                "storage": storage,
                "until": until,
            }
        )
        if closed_at is not UNSET:
            field_dict["closed_at"] = closed_at
        if closed_sequence is not UNSET:
            field_dict["closed_sequence"] = closed_sequence
        if invoice is not UNSET:
            field_dict["invoice"] = invoice

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.adjustment_body import AdjustmentBody
        from ..models.billed_meter import BilledMeter
        from ..models.invoice_body import InvoiceBody

        d = dict(src_dict)
        adjustments = []
        _adjustments = d.pop("adjustments")
        for adjustments_item_data in _adjustments:
            adjustments_item = AdjustmentBody.from_dict(adjustments_item_data)

            adjustments.append(adjustments_item)

        compute = BilledMeter.from_dict(d.pop("compute"))

        currency = d.pop("currency")

        data_out = BilledMeter.from_dict(d.pop("data_out"))

        status = d.pop("status")

        storage = BilledMeter.from_dict(d.pop("storage"))

        until = d.pop("until")

        def _parse_closed_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                closed_at_type_0 = datetime.datetime.fromisoformat(data)

                return closed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        closed_at = _parse_closed_at(d.pop("closed_at", UNSET))

        def _parse_closed_sequence(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        closed_sequence = _parse_closed_sequence(d.pop("closed_sequence", UNSET))

        def _parse_invoice(data: object) -> InvoiceBody | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                invoice_type_0 = InvoiceBody.from_dict(data)

                return invoice_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(InvoiceBody | None | Unset, data)

        invoice = _parse_invoice(d.pop("invoice", UNSET))

        bill_body = cls(
            adjustments=adjustments,
            compute=compute,
            currency=currency,
            data_out=data_out,
            status=status,
            storage=storage,
            until=until,
            closed_at=closed_at,
            closed_sequence=closed_sequence,
            invoice=invoice,
        )

        bill_body.additional_properties = d
        return bill_body

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
