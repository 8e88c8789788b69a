"""The HTTP API in an app: the FastAPI app that serves a ledger, and what resources of one's own are made of."""

from workledger.api.app import create_app, running
from workledger.api.web.answers import Json, read, row_json
from workledger.api.web.caller import TheBeginner, TheCaller
from workledger.api.web.deps import Reached, TheLedger, TheTables
from workledger.api.web.ids import TheId
from workledger.api.web.listing import Filter, Listing, Sort, containing, equal, since, until
from workledger.api.web.resource import resource

__all__ = [
    "Filter",
    "Json",
    "Listing",
    "Reached",
    "Sort",
    "TheBeginner",
    "TheCaller",
    "TheId",
    "TheLedger",
    "TheTables",
    "containing",
    "create_app",
    "equal",
    "read",
    "resource",
    "row_json",
    "running",
    "since",
    "until",
]
