"""What code and tests cite of docs/explanation/domain.md, and what that page has."""

import re
from collections.abc import Iterator
from pathlib import Path

from support.documentation import ROOT

PAGE = ROOT / "docs" / "explanation" / "domain.md"

NUMBER = r"(?:D\d+|\d+\.\d+|\d+)"
CITED = re.compile(rf"domain\.md`?\)? ?({NUMBER}(?:(?:, | and |, and ){NUMBER}\b)*)")
RULE = re.compile(r"\brule (\d+)")
LABEL = re.compile(r"\b([ACDEPRX])(\d{1,2})\b(?: to \1(\d{1,2})\b)?")


def docstrings(path: Path) -> Iterator[str]:
    """Each text in triple quotes, and each comment: where citations stand."""
    text = path.read_text(encoding="utf-8")
    yield from re.findall(r'"""(.*?)"""', text, re.DOTALL)
    yield from re.findall(r"^ *# (.+)$", text, re.MULTILINE)


def sections_cited(text: str) -> set[str]:
    """The numbers after `domain.md`, and the numbered rules of 3.5 that are cited with them."""
    cited = {number for group in CITED.findall(text) for number in re.findall(NUMBER, group)}
    if "3.5" in cited:
        cited |= {f"3.5 rule {number}" for number in RULE.findall(text)}
    return cited


def labels_cited(text: str) -> set[str]:
    """Labels such as A17; `E1 to E4` are four."""
    return {
        f"{letter}{number}"
        for letter, first, last in LABEL.findall(text)
        for number in range(int(first), int(last or first) + 1)
    }


def sections() -> set[str]:
    """The sections of the page, those that are a bold paragraph or a row included, and the rules of 3.5."""
    text = PAGE.read_text(encoding="utf-8")
    rules = text.partition("### 3.5")[2].partition("\n### ")[0]
    return {
        *re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", text, re.MULTILINE),
        *re.findall(r"\*\*(\d+\.\d+)", text),
        *(f"3.5 rule {number}" for number in re.findall(r"^(\d)\. ", rules, re.MULTILINE)),
        *re.findall(r"^\| (D\d+) \|", text, re.MULTILINE),
    }


def labels() -> set[str]:
    """The labels that begin a row of the page: decisions, invariants and lines of tests."""
    rows = re.findall(r"^\| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return set().union(*(labels_cited(row) for row in rows if LABEL.match(row)))
