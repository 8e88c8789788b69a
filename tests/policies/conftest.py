"""What tests of policies are given: a ledger that is quick to make, for rules that ask nothing of the database."""

from collections.abc import Iterator

import pytest

import workledger
from workledger import Workledger


@pytest.fixture
def memory_ledger() -> Iterator[Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger
