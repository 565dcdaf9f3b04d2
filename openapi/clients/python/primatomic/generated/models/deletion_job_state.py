from enum import Enum


class DeletionJobState(str, Enum):
    DONE = "done"
    RUNNING = "running"
    SCHEDULED = "scheduled"

    def __str__(self) -> str:
        return str(self.value)
