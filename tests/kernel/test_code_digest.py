"""The digest of a function's code: it changes with what the function does, and with nothing else."""

import linecache
import sys
import textwrap
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any

import pytest

from workledger.domain.kernel.code_digest import digest

Written = Callable[..., str]

SHOP = """
    from shop import prices, words

    RATE = 3
    NAMES = {"tea": "Tee", "coffee": "Kaffee"}

    def helper(value):
        return RATE * value

    def between(value):
        return helper(value) + 1

    def rule(data, more=1):
        '''What an event of the shop comes to.'''
        first = between(data["n"])  # in cents
        return first + more + prices.TAX + prices.tax(data), NAMES.get(data["name"]), words.UNUSED
"""
PRICES = """
    TAX = 19

    def tax(data):
        return data["n"] * TAX
"""
WORDS = "UNUSED = 1"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """The digest of `rule` in a package `shop` whose modules have that source."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(
        sys, "dont_write_bytecode", True
    )  # one of another source, of the same size and second, would do

    def digested(source: str = SHOP, prices: str = PRICES, *, of: str = "rule") -> str:
        package = tmp_path / "shop"
        package.mkdir(exist_ok=True)
        for name, text in {"__init__": "", "words": WORDS, "prices": prices, "rules": source}.items():
            (package / f"{name}.py").write_text(textwrap.dedent(text))
        forgotten()
        rules = vars(import_module("shop.rules"))
        return digest(rules[of])

    yield digested
    forgotten()


def forgotten() -> None:
    """As in a process that begins."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]
    linecache.clearcache()
    invalidate_caches()


def changed(old: str, new: str, source: str = SHOP) -> str:
    assert old in source
    return source.replace(old, new)


def test_it_is_the_same_in_every_process(written: Written) -> None:
    assert written() == written()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("first + more", "first - more", id="the body"),
        pytest.param("more=1", "more=2", id="a default"),
        pytest.param('data["n"])  #', 'data["m"])  #', id="a constant in it"),
        pytest.param("RATE = 3", "RATE = 4", id="a constant that a helper names"),
        pytest.param('"Tee"', '"Thee"', id="a dictionary that it names"),
        pytest.param("helper(value) + 1", "helper(value) + 2", id="a helper"),
        pytest.param("RATE * value", "RATE + value", id="a helper of a helper"),
        pytest.param("def between", "@staticmethod\n    def between", id="a decorator of a helper"),
    ],
)
def test_it_changes_with(written: Written, old: str, new: str) -> None:
    assert written(changed(old, new)) != written()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("  # in cents", "", id="a comment"),
        pytest.param("'''What an event of the shop comes to.'''", "'''Another word.'''", id="the docstring"),
        pytest.param("'''What an event of the shop comes to.'''", "", id="no docstring"),
        pytest.param("def helper(value)", "def helper(value: int) -> int", id="annotations"),
        pytest.param('between(data["n"])', "between(\n            data['n'],\n        )", id="format"),
        pytest.param("RATE = 3", "OTHER = 5\n    RATE = 3", id="what it does not name"),
        pytest.param("def helper", "def other(value):\n        return value\n\n    def helper", id="other functions"),
    ],
)
def test_it_does_not_change_with(written: Written, old: str, new: str) -> None:
    assert written(changed(old, new)) == written()


@pytest.mark.parametrize(("old", "new"), [("TAX = 19", "TAX = 7"), ('data["n"] * TAX', 'data["n"] + TAX')])
def test_it_changes_with_another_module_of_the_package(written: Written, old: str, new: str) -> None:
    assert written(prices=changed(old, new, PRICES)) != written()


def test_it_looks_into_lambdas_closures_partials_and_cached_functions(written: Written) -> None:
    source = """
        from functools import cache, partial

        def times(number):
            def rule(data):
                return data * number
            return rule

        def plain(number, data):
            return data * number

        by_lambda = lambda data: data * 3
        by_closure = times(3)
        by_partial = partial(plain, 3)
        by_cache = cache(plain)
    """
    other = changed("data * number", "data + number", source)
    for of, edited in {
        "by_lambda": changed("data: data * 3", "data: data * 4", source),
        "by_closure": changed("times(3)", "times(4)", source),
        "by_partial": changed("plain, 3", "plain, 4", source),
        "by_cache": other,
    }.items():
        assert written(edited, of=of) != written(source, of=of), of
    assert written(other, of="by_closure") != written(source, of="by_closure")
    assert written(other, of="by_partial") != written(source, of="by_partial")


def test_functions_that_call_each_other_come_to_an_end(written: Written) -> None:
    source = """
        def rule(n):
            return n and other(n - 1)

        def other(n):
            return n and rule(n - 2)
    """
    assert written(source) == written(source)
    assert written(changed("n - 2", "n - 3", source)) != written(source)


def test_what_is_not_of_the_package_counts_by_its_name() -> None:
    assert digest(len) == digest(len)
    assert (
        len({digest(len), digest(str.upper), digest(textwrap.dedent), digest(partial(textwrap.indent, prefix=" "))})
        == 4
    )


def test_without_source_the_bytecode_is_taken() -> None:
    """As in a frozen app, or in a console."""

    def made(source: str) -> Callable[[Any], Any]:
        names: dict[str, Any] = {"__name__": "console"}
        exec(compile(source, "<console>", "exec"), names)
        rule: Callable[[Any], Any] = names["rule"]
        return rule

    one = "def rule(data):\n    return data in {'a', 'b', 'c'}"
    assert digest(made(one)) == digest(made(f"# A comment.\n{one}"))
    assert digest(made(one)) != digest(made(changed("'c'", "'d'", one)))
    assert digest(made(one)) != digest(made(changed("in", "not in", one)))


def sample(data: dict[str, Any], *, names: tuple[str, ...] = ("a", "b")) -> Any:
    """Some of all that a rule may be written with."""
    found = {name: f"{value!r:>{len(names)}}" for name, value in data.items() if name in names}
    try:
        total = sum(one for one in data.values() if isinstance(one, int | float) and not one < 0)
    except TypeError as error:
        raise ValueError(f"no number: {error}") from error
    match data:
        case {"kind": "move", **rest}:
            return (lambda given: [*given, -1, None, ...])(rest)
        case _ if (count := len(found)) > 1:
            return found | {"total": total, "count": count}
    return None


def test_it_is_the_same_on_every_python() -> None:
    """It is stored with checkpoints: an upgrade of Python rebuilds nothing."""
    assert digest(sample) == "eb039f80380584c9"
