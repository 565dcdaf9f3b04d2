from enum import Enum


class MeterName(str, Enum):
    COMPILE = "compile"
    COMPUTE = "compute"
    DATA_OUT = "data_out"
    STORAGE = "storage"

    def __str__(self) -> str:
        return str(self.value)
