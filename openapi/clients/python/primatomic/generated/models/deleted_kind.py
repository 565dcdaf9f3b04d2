from enum import Enum


class DeletedKind(str, Enum):
    LOG = "log"
    VIEW = "view"

    def __str__(self) -> str:
        return str(self.value)
