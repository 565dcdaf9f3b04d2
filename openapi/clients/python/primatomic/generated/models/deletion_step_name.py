from enum import Enum


class DeletionStepName(str, Enum):
    ARCHIVE = "archive"
    BACKUPS = "backups"
    BYTES = "bytes"
    DONE = "done"
    LOGS = "logs"
    RECORDS = "records"
    SCHEDULED = "scheduled"

    def __str__(self) -> str:
        return str(self.value)
