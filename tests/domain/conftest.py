"""What tests of the domain are given: a ledger in one database, as they are about rules.

That each store settles claims alike, alone and in a race, is proved in tests/adapters and tests/kernel.
"""

from collections.abc import Iterator

import pytest

import workledger
from workledger import Workledger


@pytest.fixture
def ledger(sqlite_store_url: str) -> Iterator[Workledger]:
    with workledger.open(sqlite_store_url) as ledger:
        yield ledger
