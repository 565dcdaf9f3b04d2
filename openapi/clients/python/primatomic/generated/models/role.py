from enum import Enum


class Role(str, Enum):
    ADMIN = "admin"
    MEMBER = "member"
    OWNER = "owner"
    READ_ONLY = "read-only"

    def __str__(self) -> str:
        return str(self.value)
