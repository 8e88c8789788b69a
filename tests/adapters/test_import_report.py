"""The closing line of an import: what came in, what did not and where, and what was changed on the way."""

from workledger.adapters.importing import LISTED, Report


def test_what_was_left_out_is_told_with_the_first_place() -> None:
    report = Report("beads")
    report.skip("malformed lines", "issues.jsonl:17")
    report.skip("malformed lines", "issues.jsonl:20", count=2)
    report.skip("issues that have not changed", count=5)
    report.skip("nothing of this kind", "issues.jsonl:1", count=0)
    assert str(report) == (
        "beads: imported: nothing new; "
        "skipped: malformed lines 3 (first: issues.jsonl:17), issues that have not changed 5"
    )


def test_texts_that_were_cut_or_redacted_are_counted() -> None:
    report = Report("git", redacted=8)
    assert report.shorten("long", 3) == "lon… [4 characters]"
    assert report.shorten("fit", 3) == "fit"
    assert str(report) == "git: imported: nothing new; skipped: nothing; cut: texts 1; redacted: texts 8"


def test_projects_that_were_made_are_named() -> None:
    report = Report("claude_code", projects_made={"prj_1": "shop"})
    assert str(report).endswith("; project made: shop (prj_1)")
    report.projects_made["prj_2"] = "shop-b"
    assert str(report).endswith("; projects made: shop (prj_1), shop-b (prj_2); --project ID imports into a single one")


def test_the_line_stays_readable_whatever_there_is_to_tell() -> None:
    report = Report("git", projects_made={f"prj_{number}": "p" for number in range(500)})
    for number in range(500):
        report.skip(f"{'reason ' * 100}{number}", "a/" * 500)
        report.imported[f"kind {number}"] += 1
    line = str(report)
    assert len(line) < 10_000
    assert line.count(f"and {500 - LISTED} more") == 3
