from enum import Enum


class Retention(str, Enum):
    ARCHIVE = "archive"
    KEEP_HOT = "keep_hot"

    def __str__(self) -> str:
        return str(self.value)
