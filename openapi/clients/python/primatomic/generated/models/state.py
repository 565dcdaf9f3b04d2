from enum import Enum


class State(str, Enum):
    BUILDING = "building"
    FAILED = "failed"
    LIVE = "live"
    RETIRED = "retired"

    def __str__(self) -> str:
        return str(self.value)
