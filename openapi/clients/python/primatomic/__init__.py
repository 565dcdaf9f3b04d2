"""The client of Primatomic.

`primatomic.generated` is written from openapi/openapi.json by `make clients` and has every
operation. What stands beside it is about sending: again when the server is busy, in batches, as a
stream.
"""

from .client import Primatomic
from .error import PrimatomicError
from .event import Event, packed
from .log import Log
from .view import QueryAnswer, View

__all__ = ["Event", "Log", "Primatomic", "PrimatomicError", "QueryAnswer", "View", "packed"]
