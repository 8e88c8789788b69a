"""Claims, the same on each database: what an event takes, gives back or relies on."""

import pytest

from workledger import Workledger
from workledger.domain.kernel.claims import UNLIMITED, Claim, Limit, Release, Require, Take, Vacancy
from workledger.domain.kernel.refusals import NameTaken, NotFound
from workledger.domain.kernel.store import ClaimUnmet, Conditions, EventStore, Stored

STORES = ("memory", "sqlite", "postgres")


@pytest.fixture
def store(ledger: Workledger) -> EventStore:
    return ledger.store


def claim(store: EventStore, stream: str, *claims: Claim) -> None:
    """Append an event of the stream with these claims."""
    event = Stored(originator_id=stream, originator_version=0, topic="sample.happened", state=b"{}", event_id=stream)
    store.insert_events([event], conditions=Conditions(claims=[(stream, one) for one in claims]))


def claim_together(store: EventStore, *claims: tuple[str, Claim]) -> None:
    """Append an event of each of the streams, with claims of all of them."""
    streams = dict.fromkeys(stream for stream, _ in claims)
    events = [
        Stored(originator_id=stream, originator_version=0, topic="sample.happened", state=b"{}", event_id=stream)
        for stream in streams
    ]
    store.insert_events(events, conditions=Conditions(claims=claims))


def refused(store: EventStore, stream: str, *claims: Claim) -> ClaimUnmet:
    """The claims are not met, and nothing is stored."""
    head = store.head()
    with pytest.raises(ClaimUnmet) as unmet:
        claim(store, stream, *claims)
    assert store.head() == head
    return unmet.value


def test_what_is_taken_is_refused_to_others_until_it_is_free(store: EventStore) -> None:
    claim(store, "s-1", Take("name:ann", NameTaken))
    unmet = refused(store, "s-2", Take("name:ann", NameTaken))
    assert (unmet.claim, unmet.holder) == (Take("name:ann", NameTaken), "s-1")
    claim(store, "s-2", Take("name:bob", NameTaken))
    claim(store, "s-1", Release("name:ann"))
    claim(store, "s-2", Take("name:ann", NameTaken))


def test_taking_what_one_holds_changes_nothing(store: EventStore) -> None:
    claim(store, "s-1", Take("name:ann"))
    claim(store, "s-1", Take("name:ann"))
    claim(store, "s-1", Release("name:ann"))
    claim(store, "s-2", Take("name:ann"))


def test_nobody_frees_what_another_holds(store: EventStore) -> None:
    claim(store, "s-1", Take("name:ann"))
    claim(store, "s-2", Release("name:ann"), Release("name:nobody"))
    assert refused(store, "s-3", Take("name:ann")).holder == "s-1"


def test_what_is_needed_must_be_held_by_somebody(store: EventStore) -> None:
    unmet = refused(store, "s-1", Require("project:p", NotFound))
    assert (unmet.claim.refused, unmet.holder) == (NotFound, None)
    claim(store, "s-2", Take("project:p"))
    claim(store, "s-1", Require("project:p", NotFound))
    claim(store, "s-2", Release("project:p"))
    refused(store, "s-1", Require("project:p", NotFound))


def test_room_is_there_while_fewer_hold_the_key_than_may(store: EventStore) -> None:
    claim(store, "s-1", Vacancy("run:ann", capacity=1))
    claim(store, "s-1", Take("run:ann"))
    assert refused(store, "s-2", Vacancy("run:ann", capacity=1)).holder == "s-1"
    claim(store, "s-2", Vacancy("run:ann", capacity=2))


def test_room_is_not_there_for_the_one_who_holds_the_key_either(store: EventStore) -> None:
    """Whoever is deleted must not be running."""
    claim(store, "s-1", Take("run:ann"))
    refused(store, "s-1", Vacancy("run:ann", capacity=1))


def test_a_limit_says_how_many_may_hold_a_key(store: EventStore) -> None:
    claim(store, "s-0", Limit("runs:p", capacity=2))
    for stream in ("s-1", "s-2"):
        claim(store, stream, Vacancy("runs:p"), Take("runs:p"))
    assert refused(store, "s-3", Take("runs:p")).holder in ("s-1", "s-2")
    refused(store, "s-3", Vacancy("runs:p"))
    claim(store, "s-1", Release("runs:p"))
    claim(store, "s-3", Take("runs:p"))


def test_those_who_hold_a_key_keep_it_when_the_limit_sinks(store: EventStore) -> None:
    claim(store, "s-0", Limit("runs:p", capacity=3))
    for stream in ("s-1", "s-2", "s-3"):
        claim(store, stream, Take("runs:p"))
    claim(store, "s-0", Limit("runs:p", capacity=1))
    claim(store, "s-2", Take("runs:p"))
    for stream in ("s-1", "s-2"):
        claim(store, stream, Release("runs:p"))
        refused(store, "s-4", Take("runs:p"))
    claim(store, "s-3", Release("runs:p"))
    claim(store, "s-4", Take("runs:p"))


def test_without_a_limit_one_may_hold_a_key(store: EventStore) -> None:
    claim(store, "s-1", Vacancy("runs:p"), Take("runs:p"))
    refused(store, "s-2", Vacancy("runs:p"))


def test_a_capacity_of_its_own_counts_instead_of_the_limit(store: EventStore) -> None:
    claim(store, "s-0", Limit("queue:p", capacity=1))
    for stream in ("s-1", "s-2"):
        claim(store, stream, Take("queue:p", capacity=2))
    refused(store, "s-3", Take("queue:p", capacity=2))


def test_claims_are_settled_in_their_order(store: EventStore) -> None:
    claim(store, "s-1", Take("name:ann"))
    claim(store, "s-1", Release("name:ann"), Vacancy("name:ann", capacity=1), Take("name:bob"), Require("name:bob"))
    refused(store, "s-2", Require("name:cyd"), Take("name:cyd"))


def test_a_claim_that_is_not_met_takes_back_those_before_it(store: EventStore) -> None:
    claim(store, "s-1", Take("name:ann"), Limit("runs:p", capacity=1))
    refused(store, "s-2", Take("name:bob"), Limit("runs:p", capacity=9), Release("name:ann"), Take("name:ann"))
    claim(store, "s-3", Take("name:bob"))
    refused(store, "s-4", Require("name:cyd"))
    claim(store, "s-4", Take("runs:p"))
    refused(store, "s-5", Take("runs:p"))


def test_any_number_may_hold_a_key_that_says_who_belongs_to_something(store: EventStore) -> None:
    belonging = Take("task_of:p", capacity=UNLIMITED)
    claim(store, "s-0", Limit("task_of:p", capacity=1))
    for stream in ("s-3", "s-1", "s-2", "s-1"):
        claim(store, stream, belonging)
    assert list(store.holders("task_of:p")) == ["s-1", "s-2", "s-3"]
    claim(store, "s-4", Require("task_of:p"))
    assert refused(store, "s-4", Vacancy("task_of:p", capacity=3)).holder == "s-1"
    claim(store, "s-2", Release("task_of:p"))
    claim(store, "s-4", Vacancy("task_of:p", capacity=3))
    assert list(store.holders("task_of:p")) == ["s-1", "s-3"]
    assert list(store.holders("task_of:nobody")) == []


def test_many_keys_are_looked_up_at_once(store: EventStore) -> None:
    for number in range(3):
        claim(store, f"s-{number}", Take(f"name:{number}"))
    keys = [f"name:{number}" for number in range(2_000)]
    assert store.held(keys) == {f"name:{number}": f"s-{number}" for number in range(3)}
    assert store.held([]) == {}


def test_what_a_stream_takes_is_there_for_the_others_of_its_append(store: EventStore) -> None:
    claim_together(store, ("s-1", Take("project:p")), ("s-2", Require("project:p")), ("s-3", Require("project:p")))
    assert list(store.holders("project:p")) == ["s-1"]


def test_what_a_stream_gives_back_another_of_its_append_may_take(store: EventStore) -> None:
    claim(store, "s-1", Take("name:ann"))
    claim_together(store, ("s-1", Release("name:ann")), ("s-2", Take("name:ann")))
    assert list(store.holders("name:ann")) == ["s-2"]


def test_two_streams_of_one_append_do_not_both_take_a_key(store: EventStore) -> None:
    with pytest.raises(ClaimUnmet) as unmet:
        claim_together(store, ("s-1", Take("name:ann")), ("s-2", Take("name:ann")))
    assert (unmet.value.claim, unmet.value.holder) == (Take("name:ann"), "s-1")
    assert store.head() == 0
    assert list(store.holders("name:ann")) == []
