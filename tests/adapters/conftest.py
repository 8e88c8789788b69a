"""What several tests of the simulation look at."""

from datetime import timedelta
from itertools import islice

import pytest

from workledger.adapters.simulation.past import Happening
from workledger.adapters.simulation.tempo import PAST
from workledger.adapters.simulation.workload import START, events


@pytest.fixture(scope="session")
def past() -> list[Happening]:
    """Everything of one long past."""
    story = events(7, tempo=PAST)
    return [one for one in islice(story, 30_000) if one.at < START + timedelta(hours=40)]
