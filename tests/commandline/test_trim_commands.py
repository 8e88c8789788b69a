"""`workledger trim-commands`: forgets command ids by their age."""

import time
from datetime import timedelta

import pytest
import typer

import workledger
from commandline.typed import Run, parsed
from workledger.api.commandline.trim_commands import age
from workledger.domain.task import Task


def test_ids_are_forgotten_by_age(run: Run, url: str) -> None:
    with workledger.open(url) as ledger:
        ledger.create(Task.create(title="Once"), command_id="once")
    assert parsed(run("trim-commands", "--older-than", "1h", "--db", url, "--json")) == {"forgotten": 0}
    time.sleep(0.01)  # ages are compared by the millisecond
    forgotten = run("trim-commands", "--older-than", "0h", "--db", url)
    assert (forgotten.exit_code, forgotten.stdout) == (0, "1 command id forgotten\n")


def test_an_age_is_a_number_of_days_or_hours(run: Run, url: str) -> None:
    assert (age("30d"), age("12h")) == (timedelta(days=30), timedelta(hours=12))
    for text in ("30", "d", "-1d", "1w", "9999999d"):
        with pytest.raises(typer.BadParameter):
            age(text)
    refused = run("trim-commands", "--older-than", "a month", "--db", url)
    assert refused.exit_code == 2
    assert "such as 30d or 12h" in refused.stderr
    assert run("trim-commands", "--db", url).exit_code == 2
