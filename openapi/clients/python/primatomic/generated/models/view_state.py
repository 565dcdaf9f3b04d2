from enum import Enum


class ViewState(str, Enum):
    BUILDING = "building"
    FAILED = "failed"
    LIVE = "live"

    def __str__(self) -> str:
        return str(self.value)
