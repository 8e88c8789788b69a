"""What `workledger` exports is stable: names are added here, and none is taken away."""

import importlib
import subprocess
import sys

import pytest

import workledger

EXPORTS = {
    "workledger": """
        Aggregate App AsyncLedger AsyncUnit Claim Created Deleted Event GROUPS Group InvalidTransition Limit New
        NotFound POLICIES Policy Reaction Recorded Refused Release Require Table Take Unit Vacancy Workledger aopen
        command key_of open releases
    """,
    "workledger.columns": """
        ABSENT Becomes Change Count Dollars From Logged Position ReadTables References Stamped Stream Sum TableRow Tag
        Version When
    """,
    "workledger.fields": """
        Cost Count Id Integer Json JsonObject Name Number Path Reason Ref Sha ShortName Text Time UNSET Unset Url Word
        new_id
    """,
    "workledger.http": """
        Filter Json Listing Reached Sort TheBeginner TheCaller TheId TheLedger TheTables containing create_app equal
        read resource row_json running since until
    """,
    "workledger.testing": "given",
}


@pytest.mark.parametrize("name", EXPORTS)
def test_the_exports_are_as_promised(name: str) -> None:
    module = importlib.import_module(name)
    assert sorted(module.__all__) == sorted(EXPORTS[name].split())
    for one in module.__all__:
        assert getattr(module, one) is not None


def test_the_exports_are_listed_and_what_is_none_is_missing() -> None:
    assert set(workledger.__all__) <= set(dir(workledger))
    with pytest.raises(AttributeError, match="module 'workledger' has no attribute 'nosuch'"):
        _ = workledger.nosuch


def test_importing_the_package_loads_none_of_it() -> None:
    script = "import sys, workledger; print([name for name in sys.modules if name.startswith('workledger.')])"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]"
