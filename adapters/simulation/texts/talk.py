"""What people and agents say to each other: questions, news, reviews, chats, errands."""

from workledger.domain.message import MessageType

ASKED: tuple[tuple[str, str], ...] = (
    ("Do you still need the old signature in {part}?", "No. My branch calls the new one already."),
    ("Which of us changes `{source}` first?", "You do; I rebase."),
    ("Is the flaky test of {part} mine or yours?", "Mine, I think. I have seen it fail on main."),
    ("What does the flag in {part} mean when it is missing?", "Off. I have added a line about it."),
    ("May I move the helper of {part} one folder up?", "Yes, nobody else imports it."),
)
"""A question of one agent to another, and the answer."""

NEWS: tuple[tuple[MessageType, str], ...] = (
    ("info", "{part} is ready to look at. The tests take eleven seconds longer than before."),
    ("info", "I have found a second caller of {part}; it is in the summary."),
    ("error", "The pipeline failed twice for {part}, once for a reason I do not understand."),
)
"""What agents let people know, by its type."""

QUESTIONS: tuple[tuple[str, str], ...] = (
    ("May I delete the records of {part} that nobody has read for a year?", "No. Move them aside."),
    ("The tests of {part} need a key for the sandbox. Who has one?", "Use the one of the staging account."),
    ("Should {part} keep working when the other service is down?", "Yes, read-only."),
    ("Two people have asked for opposite things in {part}. Whom do I follow?", "The later one."),
)
"""What agents ask of people, and the answer."""

TO_AGENTS = (
    "Please leave {part} alone until Thursday; there is an audit.",
    "The numbers of {part} are wrong since this morning. Can you look when you are done?",
    "Good work on {part}.",
)
"""What people write to agents."""

LATER = "I have read it. I look at it as soon as my task is done."
"""What an agent answers to a person who asks."""

COMMENTS = (
    "Why is this caught here, and not where it is raised?",
    "This is the third copy of these four lines.",
    "What happens when the list is empty?",
    "The name says *get*, but it writes.",
    "A comment that says why would have saved me ten minutes.",
    "Can this be tested without the clock?",
)
"""On a line of a diff."""

SECOND_THOUGHTS = " (Only in the new code; the old is as it was.)"
"""What is added to a comment."""

CHANGES = "Two of the comments are about data that may be lost. Please mend these before it is merged."
FINAL_CHANGES = "The last page of the guide still describes what was before."
FEEDBACK_ON_ERRANDS = "Almost. The comment above the line must go as well."

CHATS: tuple[tuple[str, str, str], ...] = (
    (
        "Is this all for {name}? I miss the case where the other side does not answer.",
        "You are right, it was left out. I have added it, and sharpened the description.",
        "The other side may not answer: after ten seconds it is treated as if it had said no.",
    ),
    (
        "Can {name} be done in half the time if we leave something out?",
        "Yes, without the report. I have put that into the description; it can come later.",
        "Without the report, which can come later.",
    ),
    (
        "What do we do if {name} shows that the plan is wrong?",
        "Then it ends with a page about it. I have written that down.",
        "If it shows that the plan is wrong, it ends with a page that says so.",
    ),
)
"""What a person asks about a phase, what the assistant answers, and what it adds to the phase's content."""

BRIEFING = "You help to refine one phase of a plan. Change only what you are asked to."

ERRANDS = (
    "Raise the timeout of {part} to ten seconds",
    "Correct the typo in the error of {part}",
    "Remove the unused import in `{source}`",
    "Pin the version of the linter for {part}",
    "Print the id in the log line of {part}",
    "Swap the two columns in the report of {part}",
)
"""Small things, done at once."""

HINTS = ("Please keep the old name as an alias.", "There is a test for it already, I think.", "No need to rush.")
"""What a person tells the agent of an errand."""
