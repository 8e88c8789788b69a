"""Moves over HTTP: where a card is dropped is where it stands, and the counts agree (A5, A6, A7)."""

import pytest

from support.http_client import Doors
from workledger.domain.task import Task, ranks

COLUMNS = ("backlog", "in_progress", "waiting_approval", "verified")


def laid(doors: Doors) -> Doors:
    """Five cards a to e in the backlog, and two agents."""
    doors.do("projects", id="prj_1", name="Atlas")
    for name in "abcde":
        doors.do("tasks", id=name, title=name, project_id="prj_1")
    for agent in ("agt_1", "agt_2"):
        doors.do("agents", id=agent, name=agent, project_id="prj_1")
    return doors


@pytest.fixture
def board(doors: Doors) -> Doors:
    return laid(doors)


@pytest.fixture
def every_board(all_doors: Doors) -> Doors:
    """The board on each kind of store."""
    return laid(all_doors)


def column(doors: Doors, name: str = "backlog") -> str:
    """The cards of a column, after everything that shows them was seen to agree."""
    shown = {one["name"]: one for one in doors.see("projects/prj_1/board")["columns"]}
    tasks = doors.see("tasks", project_id="prj_1", limit=100)
    for one in COLUMNS:
        cards = [card["id"] for card in shown[one]["tasks"]]
        listed = doors.see("tasks", project_id="prj_1", column=one, limit=100)["items"]
        assert [card["position"] for card in shown[one]["tasks"]] == list(range(len(cards)))
        assert cards == [row["id"] for row in listed]
        assert cards == [row["id"] for row in tasks["items"] if row["board_column"] == one]
        assert [doors.see(f"tasks/{id}")["position"] for id in cards] == list(range(len(cards)))
        assert shown[one]["count"] == len(cards) == tasks["counts"][one]
    return "".join(card["id"] for card in shown[name]["tasks"])


def move(doors: Doors, id: str, **body: object) -> None:
    doors.do(f"tasks/{id}/move", board_column="backlog", **body)


def test_a_card_is_put_at_a_position(every_board: Doors) -> None:
    """A5: reorder gives dense positions on read; A6: the counts agree with the list after every step."""
    for id, position, expected in (
        ("e", 0, "eabcd"),
        ("e", 4, "abcde"),
        ("c", 1, "acbde"),
        ("c", 3, "abdce"),
        ("a", 99, "bdcea"),
        ("a", 4, "bdcea"),
    ):
        move(every_board, id, position=position)
        assert column(every_board) == expected


def test_a_card_is_put_before_another(board: Doors) -> None:
    for id, before, expected in (("e", "a", "eabcd"), ("e", "d", "abced"), ("a", "b", "abced"), ("c", "a", "cabed")):
        move(board, id, before=before)
        assert column(board) == expected


def test_a_card_is_put_after_another(board: Doors) -> None:
    for id, after, expected in (("a", "e", "bcdea"), ("a", "b", "bacde"), ("e", "a", "baecd")):
        move(board, id, after=after)
        assert column(board) == expected


def test_a_card_is_put_between_two(board: Doors) -> None:
    move(board, "e", after="b", before="c")
    assert column(board) == "abecd"
    move(board, "a", after="d", before=None)
    assert column(board) == "becda"


def test_a_card_that_stands_there_already_is_left_alone(board: Doors) -> None:
    head = board.ledger.head()
    for place in ({"position": 1}, {"before": "c"}, {"after": "a"}, {"after": "a", "before": "c"}, {}):
        move(board, "b", **place)
    assert board.ledger.head() == head


def test_neighbours_that_have_moved_are_a_conflict(board: Doors) -> None:
    """A5: position conflicts."""
    for after, before in (("c", "b"), ("b", "a"), (None, "x"), ("e", "e")):
        place = {"after": after, "before": before}
        assert board.refuses("tasks/d/move", board_column="backlog", **place) == (409, "TASK_POSITION_CONFLICT")
    board.do("tasks/a/assign", agent_id="agt_1")
    assert board.refuses("tasks/d/move", board_column="backlog", before="a") == (409, "TASK_POSITION_CONFLICT")
    assert board.refuses("tasks/d/move", board_column="backlog", before="d") == (409, "TASK_POSITION_CONFLICT")
    assert board.refuses("tasks/d/move", board_column="backlog", position=-1) == (400, "VALIDATION_ERROR")
    assert column(board) == "bcde"


def test_a_column_without_room_is_spread_out_in_one_append(every_board: Doors) -> None:
    low = ranks.between(None, every_board.ledger.get(Task, "a").rank)
    tight = "V" * 62
    with every_board.ledger.unit() as unit:
        for id, rank in (("a", low), ("b", tight), ("c", tight + "1"), ("d", tight + "2"), ("e", tight + "21")):
            unit.edit(Task, id).place(rank=rank)
    before = column(every_board)
    head = every_board.ledger.head()
    every_board.do("tasks/a/move", board_column="backlog", after="d", before="e")
    assert column(every_board) == before.replace("a", "").replace("e", "ae")
    assert every_board.ledger.head() == head + 5
    assert all(len(card["rank"]) < 10 for card in every_board.see("tasks", project_id="prj_1")["items"])


def test_equal_ranks_are_spread_out_too(every_board: Doors) -> None:
    with every_board.ledger.unit() as unit:
        for id in "abcde":
            unit.edit(Task, id).place(rank="V")
    assert column(every_board) == "abcde"
    every_board.do("tasks/e/move", board_column="backlog", position=2)
    assert column(every_board) == "abecd"


def test_many_moves_to_one_place_keep_the_order(board: Doors) -> None:
    expected = list("abcde")
    for turn in range(60):
        id = "cde"[turn % 3]
        board.do(f"tasks/{id}/move", board_column="backlog", after="a")
        expected.remove(id)
        expected.insert(1, id)
    assert column(board) == "".join(expected)


def test_a_drag_to_another_column_is_the_command_that_leads_there(every_board: Doors) -> None:
    """A4, A6, A8: the six ways, each with what its command needs."""
    every_board.do("tasks/a/move", board_column="in_progress", agent_id="agt_1")
    every_board.do("tasks/b/move", board_column="in_progress", agent_id="agt_2", before="a")
    assert (column(every_board), column(every_board, "in_progress")) == ("cde", "ba")
    every_board.do("tasks/a/move", board_column="waiting_approval", turn_count=2, files_changed=1)
    assert (column(every_board, "in_progress"), column(every_board, "waiting_approval")) == ("b", "a")
    every_board.do("tasks/a/move", board_column="in_progress", reason="not yet", position=0)
    row = every_board.see("tasks/a")
    assert (row["rejection_reason"], row["rejection_count"], row["files_changed"]) == ("not yet", 1, None)
    assert column(every_board, "in_progress") == "ab"
    every_board.do("tasks/a/move", board_column="waiting_approval", turn_count=3, files_changed=1)
    every_board.do("tasks/a/move", board_column="verified", approved_by="user:ann")
    assert (column(every_board, "waiting_approval"), column(every_board, "verified")) == ("", "a")
    every_board.do("tasks/b/move", board_column="backlog", after="c")
    assert column(every_board) == "cbde"


def test_no_other_way_leads_from_column_to_column(board: Doors) -> None:
    """A4."""
    for name in ("waiting_approval", "verified"):
        assert board.refuses("tasks/a/move", board_column=name) == (400, "TASK_INVALID_TRANSITION")
    assert board.refuses("tasks/a/move", board_column="done") == (400, "VALIDATION_ERROR")
    assert board.refuses("tasks/a/move", board_column="in_progress") == (400, "VALIDATION_ERROR")
    assert column(board) == "abcde"


def test_a_dropped_card_leaves_the_counts(board: Doors) -> None:
    board.do("tasks/c/cancel", to="dropped")
    assert column(board) == "abde"
    board.do("tasks/c/reopen", reason="after all")
    assert column(board) == "abcde"
    board.do("tasks/a/delete")
    assert column(board) == "bcde"


def test_approving_is_refused_without_a_diff_twice_and_in_the_wrong_column(board: Doors) -> None:
    """A7: the four codes."""
    assert board.refuses("tasks/a/approve") == (400, "TASK_NOT_WAITING_APPROVAL")
    board.do("tasks/a/assign", agent_id="agt_1")
    assert board.refuses("tasks/a/finish-work", turn_count=1) == (400, "TASK_NO_DIFF")
    board.do("tasks/a/finish-work", turn_count=1, diff_summary="x")
    board.do("tasks/a/approve")
    assert board.refuses("tasks/a/approve") == (409, "TASK_ALREADY_APPROVED")
    assert board.refuses("tasks/b/reject", reason="no") == (400, "TASK_NOT_WAITING_APPROVAL")


def test_the_board_shows_the_first_cards_and_counts_them_all(board: Doors) -> None:
    shown = board.see("projects/prj_1/board", limit=2)["columns"]
    assert [(one["name"], one["title"], one["count"], len(one["tasks"])) for one in shown] == [
        ("backlog", "Backlog", 5, 2),
        ("in_progress", "In progress", 0, 0),
        ("waiting_approval", "Waiting approval", 0, 0),
        ("verified", "Verified", 0, 0),
    ]
    assert board.refused("GET", "projects/prj_9/board") == (404, "PROJECT_NOT_FOUND")
