"""What the arguments of commands are declared with: ids, texts and numbers with their limits, and UNSET."""

from workledger.domain.kernel.fields import UNSET, Cost, Count, Name, Path, Reason, Ref, ShortName, Text, Unset, Url
from workledger.domain.kernel.ids import Id, new_id

__all__ = [
    "UNSET",
    "Cost",
    "Count",
    "Id",
    "Name",
    "Path",
    "Reason",
    "Ref",
    "ShortName",
    "Text",
    "Unset",
    "Url",
    "new_id",
]
