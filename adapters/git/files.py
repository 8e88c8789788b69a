"""The files that commits changed, by their trees. A file that was moved is there under both names."""

import secrets

from workledger.adapters.git.objects import Conversation, View

QUESTIONS = 5_000
"""Comparisons that one process makes before another takes over: git keeps the trees that it has read."""

PIECE = 1 << 16


class Files(Conversation):
    """Compares trees."""

    COMMAND = ("diff-tree", "--stdin", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv")

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._end_mark = f"= {secrets.token_hex(16)}\n".encode()  # echoed: it is no id
        self._asked = 0

    def changed(self, before: str, after: str) -> tuple[str, ...] | None:
        """The names of the files that differ between two trees; None when a tree is missing or broken."""
        if not before or not after:
            return None
        if before == after:
            return ()
        if self._asked >= QUESTIONS:
            self._end()
            self._asked = 0
        self._asked += 1
        head = f"{before} {after}\n".encode()
        try:
            told = self._ask(head)
        except (EOFError, OSError):
            self._end()
            return None
        if not told.startswith(head):
            return None
        return tuple(name.decode("utf-8", "replace") for name in told[len(head) :].split(b"\0")[:-1])

    def _ask(self, question: bytes) -> bytes:
        questions, answers = self._pipes()
        questions.write(question + self._end_mark)
        questions.flush()
        told = bytearray()
        while not told.endswith(self._end_mark):
            piece = answers.read1(PIECE)  # type: ignore[attr-defined]  # a pipe is a BufferedReader
            if not piece:
                raise EOFError
            told += piece
        return bytes(told[: -len(self._end_mark)])
