"""Machines: what commands declare of the states they are for is what they do there."""

import pytest

from support.state_machines import MACHINES, NOTHING, Machine
from workledger.domain.tool_calls import ToolCalls

NEEDS_MORE = {
    "report_output": "it is the first output",
    "resume": "the failure can be recovered from",
    "stop": "the failure can be recovered from",
    "remove_dependency": "there is that dependency",
    "leave": "that user takes part",
    "change_status": "it is another one",
}
"""Commands that change something in a state under a condition only, which not every life meets."""

LIVES = [(machine, name) for machine in MACHINES if machine.kind is not ToolCalls for name in machine.lives]
"""The state of a tool call is not that of its aggregate, which holds all of a run."""


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.kind.CATEGORY)
def test_the_examples_cover_every_command(machine: Machine) -> None:
    assert set(machine.examples) == set(machine.kind.commands())


@pytest.mark.parametrize(("machine", "name"), LIVES, ids=[f"{one.kind.CATEGORY}-{name}" for one, name in LIVES])
def test_a_state_allows_just_what_may_change_something_in_it(machine: Machine, name: str) -> None:
    """What `allowed` says is what a row says over HTTP, and what the page offers."""
    allowed = set(machine.kind.allowed(machine.in_state(name).machine_state()))
    changing = {one for one in machine.examples if set(machine.outcomes(name, one)) - {NOTHING}}
    assert changing <= allowed
    assert allowed - changing <= set(NEEDS_MORE)
