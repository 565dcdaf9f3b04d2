from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.bill_body import BillBody
    from ..models.cost_body import CostBody
    from ..models.exact_use import ExactUse
    from ..models.free_tier import FreeTier
    from ..models.usage_period import UsagePeriod


T = TypeVar("T", bound="UsageBody")


@_attrs_define
class UsageBody:
    """What was used in a month. Months, days and hours are those of UTC, and a gigabyte is 10⁹ bytes.

    Attributes:
        compile_seconds (float): CPU time of compiling components, in seconds. It is not billed.
        compute_ms (float): The same in milliseconds.
        compute_seconds (float): CPU time of components that is billed, in seconds: what folds each event for the first
            time, and
            queries.
        data_out_gb (float): Answers to queries, in GB.
        exact (ExactUse): The same without rounding, as whole numbers in decimal digits.
        month (str): The month, such as `2026-11`.
        series (list[UsagePeriod]): Days or hours with use, oldest first.
        since (str): When it began.
        step (str): How long each entry of the series is.
        storage_gb_hours (float): The same in GB-hours.
        storage_gb_seconds (float): Events that were stored, over time, in GB-seconds. Divide by 3,600 for GB-hours.
        until (str): Up to when this is counted: now, or the end of the month.
        bill (BillBody | None | Unset): What is billed of the month; null where the tenant was not subscribed.
        cap_cents (int | None | Unset): What a month may cost before tax, in the smallest unit of the currency; null is
            no cap.
        cost (CostBody | None | Unset): Null where use costs nothing, and where a part of it is asked for.
        free (FreeTier | None | Unset): Null where a part of the use is asked for.
        standing (None | str | Unset): `free`, `active`, `ending`, `past_due`, `unpaid`, `cancelled` or `disputed`; null
            where a part of
            the use is asked for.
    """

    compile_seconds: float
    compute_ms: float
    compute_seconds: float
    data_out_gb: float
    exact: ExactUse
    month: str
    series: list[UsagePeriod]
    since: str
    step: str
    storage_gb_hours: float
    storage_gb_seconds: float
    until: str
    bill: BillBody | None | Unset = UNSET
    cap_cents: int | None | Unset = UNSET
    cost: CostBody | None | Unset = UNSET
    free: FreeTier | None | Unset = UNSET
    standing: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.bill_body import BillBody
        from ..models.cost_body import CostBody
        from ..models.free_tier import FreeTier

        compile_seconds = self.compile_seconds

        compute_ms = self.compute_ms

        compute_seconds = self.compute_seconds

        data_out_gb = self.data_out_gb

        exact = self.exact.to_dict()

        month = self.month

        series = []
        for series_item_data in self.series:
            series_item = series_item_data.to_dict()
            series.append(series_item)

        since = self.since

        step = self.step

        storage_gb_hours = self.storage_gb_hours

        storage_gb_seconds = self.storage_gb_seconds

        until = self.until

        bill: dict[str, Any] | None | Unset
        if isinstance(self.bill, Unset):
            bill = UNSET
        elif isinstance(self.bill, BillBody):
            bill = self.bill.to_dict()
        else:
            bill = self.bill

        cap_cents: int | None | Unset
        if isinstance(self.cap_cents, Unset):
            cap_cents = UNSET
        else:
            cap_cents = self.cap_cents

        cost: dict[str, Any] | None | Unset
        if isinstance(self.cost, Unset):
            cost = UNSET
        elif isinstance(self.cost, CostBody):
            cost = self.cost.to_dict()
        else:
            cost = self.cost

        free: dict[str, Any] | None | Unset
        if isinstance(self.free, Unset):
            free = UNSET
        elif isinstance(self.free, FreeTier):
            free = self.free.to_dict()
        else:
            free = self.free

        standing: None | str | Unset
        if isinstance(self.standing, Unset):
            standing = UNSET
        else:
            standing = self.standing

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "compile_seconds": compile_seconds,
                "compute_ms": compute_ms,
                "compute_seconds": compute_seconds,
                "data_out_gb": data_out_gb,
                "exact": exact,
                "month": month,
                "series": series,
                "since": since,
                "step": step,
                "storage_gb_hours": storage_gb_hours,
                "storage_gb_seconds": storage_gb_seconds,
                "until": until,
            }
        )
        if bill is not UNSET:
            field_dict["bill"] = bill
        if cap_cents is not UNSET:
            field_dict["cap_cents"] = cap_cents
        if cost is not UNSET:
            field_dict["cost"] = cost
        if free is not UNSET:
            field_dict["free"] = free
        if standing is not UNSET:
            field_dict["standing"] = standing

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.bill_body import BillBody
        from ..models.cost_body import CostBody
        from ..models.exact_use import ExactUse
        from ..models.free_tier import FreeTier
        from ..models.usage_period import UsagePeriod

        d = dict(src_dict)
        compile_seconds = d.pop("compile_seconds")

        compute_ms = d.pop("compute_ms")

        compute_seconds = d.pop("compute_seconds")

        data_out_gb = d.pop("data_out_gb")

        exact = ExactUse.from_dict(d.pop("exact"))

        month = d.pop("month")

        series = []
        _series = d.pop("series")
        for series_item_data in _series:
            series_item = UsagePeriod.from_dict(series_item_data)

            series.append(series_item)

        since = d.pop("since")

        step = d.pop("step")

        storage_gb_hours = d.pop("storage_gb_hours")

        storage_gb_seconds = d.pop("storage_gb_seconds")

        until = d.pop("until")

        def _parse_bill(data: object) -> BillBody | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                bill_type_0 = BillBody.from_dict(data)

                return bill_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(BillBody | None | Unset, data)

        bill = _parse_bill(d.pop("bill", UNSET))

        def _parse_cap_cents(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        cap_cents = _parse_cap_cents(d.pop("cap_cents", UNSET))

        def _parse_cost(data: object) -> CostBody | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                cost_type_0 = CostBody.from_dict(data)

                return cost_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CostBody | None | Unset, data)

        cost = _parse_cost(d.pop("cost", UNSET))

        def _parse_free(data: object) -> FreeTier | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                free_type_0 = FreeTier.from_dict(data)

                return free_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FreeTier | None | Unset, data)

        free = _parse_free(d.pop("free", UNSET))

        def _parse_standing(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        standing = _parse_standing(d.pop("standing", UNSET))

        usage_body = cls(
            compile_seconds=compile_seconds,
            compute_ms=compute_ms,
            compute_seconds=compute_seconds,
            data_out_gb=data_out_gb,
            exact=exact,
            month=month,
            series=series,
            since=since,
            step=step,
            storage_gb_hours=storage_gb_hours,
            storage_gb_seconds=storage_gb_seconds,
            until=until,
            bill=bill,
            cap_cents=cap_cents,
            cost=cost,
            free=free,
            standing=standing,
        )

        usage_body.additional_properties = d
        return usage_body

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
