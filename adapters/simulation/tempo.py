"""Tempo: how much of everything there is, and how long it takes (domain.md 7.2, scaled down to be watched)."""

from dataclasses import dataclass

from workledger.adapters.simulation.chance import Spread


@dataclass(frozen=True)
class Tempo:
    """All times are in seconds.

    Attributes:
        turns: of a run; calls: tool calls of a turn.
        output: bytes that a tool call answers with.
        turn, call: how long one takes.
        idle: between two runs of an agent; answer: until a person answers a question.
        review: between two looks of the reviewer; plan: between two looks of the planner.
        backlog: tasks that the planner keeps in stock for each agent.
        lead, talk, errand: between two looks of those who see to initiatives, to letters, and to errands.
        exhausts: how likely a turn is to exhaust its account; exhausted: for how long.
    """

    turns: Spread
    calls: Spread
    output: Spread
    turn: Spread
    call: Spread
    idle: Spread
    answer: Spread
    review: Spread
    plan: Spread
    backlog: int
    lead: Spread
    talk: Spread
    errand: Spread
    exhausts: float
    exhausted: Spread


PAST = Tempo(
    turns=Spread(4, 12),
    calls=Spread(1, 3),
    output=Spread(500, 2_500),
    turn=Spread(150, 500),
    call=Spread(8, 90),
    idle=Spread(1_000, 6_000),
    answer=Spread(900, 7_200),
    review=Spread(1_200, 4_800),
    plan=Spread(5_400, 14_400),
    backlog=4,
    lead=Spread(600, 1_800),
    talk=Spread(3_000, 9_000),
    errand=Spread(3_600, 10_800),
    exhausts=0.01,
    exhausted=Spread(3_600, 14_400),
)
"""Days of work, told in a few thousand events."""

LIVE = Tempo(
    turns=Spread(10, 24),
    calls=Spread(1, 3),
    output=Spread(600, 3_000),
    turn=Spread(5, 12),
    call=Spread(1.5, 6),
    idle=Spread(15, 60),
    answer=Spread(20, 60),
    review=Spread(25, 80),
    plan=Spread(30, 90),
    backlog=3,
    lead=Spread(20, 60),
    talk=Spread(25, 90),
    errand=Spread(30, 100),
    exhausts=0.003,
    exhausted=Spread(60, 240),
)
"""A few events a second, at which one can watch cards move."""

FULL = Tempo(
    turns=Spread(40, 150),
    calls=Spread(1, 4),
    output=Spread(2_000, 16_000),
    turn=Spread(20, 90),
    call=Spread(2, 40),
    idle=Spread(60, 600),
    answer=Spread(300, 3_600),
    review=Spread(600, 3_600),
    plan=Spread(1_200, 7_200),
    backlog=6,
    lead=Spread(900, 3_600),
    talk=Spread(1_800, 7_200),
    errand=Spread(3_600, 14_400),
    exhausts=0.001,
    exhausted=Spread(7_200, 18_000),
)
"""As much as agents really write."""
