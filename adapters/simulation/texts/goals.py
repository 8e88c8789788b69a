"""What teams want: the goal of an initiative, the phases that lead there, and its pages."""

from dataclasses import dataclass, replace

from workledger.adapters.simulation.chance import Chance
from workledger.adapters.simulation.texts.places import Part, Place


@dataclass(frozen=True)
class Goal:
    """What an initiative is for.

    Attributes:
        parts: those of the project that it is about.
    """

    name: str
    why: str
    parts: tuple[Part, ...]

    @property
    def branch(self) -> str:
        return "goal/" + "-".join("".join(one for one in word if one.isalnum()) for word in self.name.lower().split())

    def within(self, place: Place) -> Place:
        """The place as seen by those who work on the goal."""
        return replace(place, parts=self.parts)


@dataclass(frozen=True)
class Step:
    """A phase on the way, and the names of those that come before it."""

    name: str
    after: tuple[str, ...]
    about: str


_GOALS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "orders-api": (
        ("Refunds without support", "Support spends a third of its day on refunds.", ("refunds", "webhooks", "export")),
        ("One checkout for all countries", "Four checkouts drift apart.", ("checkout", "tax", "shipping")),
        ("Gift cards everywhere", "They sell in December and cannot be used.", ("gift_cards", "discounts", "invoices")),
        ("Never oversell", "Sixty orders a week cannot be sent.", ("reservations", "deliveries", "search")),
    ),
    "storefront": (
        (
            "Shop by keyboard",
            "Every third page has a trap for the focus.",
            ("cart_drawer", "search_box", "address_form"),
        ),
        ("A product page in one second", "Half leave before it has loaded.", ("product_page", "gallery", "reviews")),
        ("Come back and find it", "People who return begin from nothing.", ("wishlist", "order_history", "sign_in")),
        ("Fewer returns", "Most returns are the wrong size.", ("size_guide", "reviews", "price_filter")),
    ),
    "warehouse-sync": (
        ("Counts that agree", "Three systems have three counts.", ("snapshot", "reconcile", "cycle")),
        ("Labels in five seconds", "Packers wait for the carrier.", ("labels", "retry", "picking")),
        ("Returns on the shelf the same day", "Returns wait for two days.", ("returns", "scans", "pallets")),
        ("The feed survives a night", "Somebody is called every third night.", ("edi", "skew", "alerts")),
    ),
    "platform": (
        ("Restore in an hour", "The last drill took a day.", ("backups", "staging_db", "secrets")),
        ("Deploy at noon", "People deploy in the evening, and stay.", ("deploy", "previews", "images")),
        ("Alerts that mean something", "Nine of ten alerts are noise.", ("alerts", "logs", "cache")),
    ),
}

_WAYS: tuple[tuple[Step, ...], ...] = (
    (
        Step("Agree on the design", (), "Two designs are compared; one is written down with what it rules out."),
        Step("Lay the groundwork", ("Agree on the design",), "Tables, clients and flags, without anything to see."),
        Step("Build the new path", ("Lay the groundwork",), "Behind a flag, for our own accounts first."),
        Step("Move what is there", ("Lay the groundwork",), "Old records are moved at night, and compared."),
        Step("Switch over", ("Build the new path", "Move what is there"), "Ten percent, half, all; then the old goes."),
    ),
    (
        Step("Measure", (), "Numbers for a week, before anything is changed."),
        Step("Mend the worst", ("Measure",), "The three that cost most."),
        Step("Keep it that way", ("Mend the worst",), "A budget that the pipeline holds."),
    ),
    (
        Step("Foundations", (), "What both halves need."),
        Step("The usual case", ("Foundations",), "From the first click to the receipt."),
        Step("Errors and edge cases", ("Foundations",), "Timeouts, double clicks, nothing there."),
        Step("Words and help", ("The usual case",), "What people read on the way."),
        Step("Watch it", ("The usual case",), "Metrics and alerts, tried out once."),
        Step("Roll out", ("Errors and edge cases", "Words and help", "Watch it"), "Country by country."),
    ),
    (
        Step("A thin slice", (), "One case, all the way through, shown to those who asked."),
        Step("The other cases", ("A thin slice",), "What the slice has left out."),
        Step("Speed", ("A thin slice",), "No slower than what it replaces."),
        Step("Take the old one out", ("The other cases", "Speed"), "Code, settings, documentation."),
    ),
)

_PAGES: tuple[tuple[str, str], ...] = (
    ("What is in, and what is not", "In: {parts}. Not in: anything that needs a new contract."),
    ("Decisions", "We keep {first} as it is until the end, and put the new one beside it."),
    ("Open questions", "Who tells the people who use {first} today? What happens to records that do not fit?"),
    ("How we will know", "{why} That must be seen in numbers within a month."),
)
LATER = (
    "Decided today: {first} gets its own flag, so that it can be switched off alone.",
    "Answered: records that do not fit are kept aside, and a person looks at them.",
    "The first week is for reading only. Nothing is written by the new path.",
    "We have learned that {first} has one caller that nobody knew of.",
)
"""What is written down as time goes on."""


def new_goal(chance: Chance, place: Place, taken: set[str]) -> Goal:
    """A goal that the team has not had; once it has had all, they come round again."""
    goals = goals_of(place)
    fresh = [one for one in goals if one.name not in taken]
    if fresh:
        return chance.pick(fresh)
    goal = chance.pick(goals)
    round = next(number for number in range(2, len(taken) + 3) if f"{goal.name}, round {number}" not in taken)
    return replace(goal, name=f"{goal.name}, round {round}")


def goal_of(place: Place, name: str) -> Goal:
    """The goal of an initiative by its name; one that a person made is about everything."""
    found = next((one for one in goals_of(place) if name.startswith(one.name)), None)
    return replace(found, name=name) if found else Goal(name, "It was asked for.", place.parts)


def goals_of(place: Place) -> tuple[Goal, ...]:
    return tuple(
        Goal(name, why, tuple(part for part in place.parts if part.noun in nouns) or place.parts[:3])
        for name, why, nouns in _GOALS[place.name]
    )


def way(chance: Chance) -> tuple[Step, ...]:
    """The phases of an initiative, each after those it depends on."""
    return chance.pick(_WAYS)


def pages(goal: Goal) -> list[tuple[str, str]]:
    """The titles and texts of the pages below the first."""
    return [(title, said(text, goal)) for title, text in _PAGES]


def said(text: str, goal: Goal) -> str:
    """A text about a goal."""
    names = [part.name for part in goal.parts]
    return text.format(parts=", ".join(names), first=names[0], why=goal.why)
