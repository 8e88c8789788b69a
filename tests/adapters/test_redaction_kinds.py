"""How well redaction finds: kinds of secrets that it takes, lines of code that it leaves, time that it needs."""

import html
import json
import sysconfig
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from support.planted import Planted, Plants
from workledger.adapters.redaction import redact
from workledger.adapters.redaction.texts import secrets

ROOT = Path(__file__).parents[2]
LINES = 150_000
"""Of code, which are looked at for secrets that are none."""


def remains(planted: Planted) -> bool:
    """Whether eight characters in a row of one of its secrets are still there."""
    stored = orjson.dumps(redact(planted.value)).decode()
    pieces = [orjson.dumps(secret).decode()[1:-1] for secret in planted.secrets]
    return any(piece[at : at + 8] in stored for piece in pieces for at in range(max(1, len(piece) - 7)))


@pytest.mark.parametrize("seed", [1, 2])
def test_no_kind_of_secret_remains(seed: int) -> None:
    kinds = list(Plants(seed).all())
    assert len(kinds) > 190
    missed = [f"{one.group}: {one.kind}" for one in kinds if remains(one)]
    assert not missed, f"{len(missed)} of {len(kinds)} remain: " + ", ".join(missed)


def lines(mark: str) -> Callable[[str], str]:
    """Has that mark before each line."""
    return lambda text: "".join(f"{mark}{line}\n" for line in text.split("\n"))


AROUND: dict[str, Callable[[str], str]] = {
    "a listing with numbers": lambda text: "".join(f"{at:6}→{line}\n" for at, line in enumerate(text.split("\n"), 1)),
    "what grep says": lines("src/settings.py:12:"),
    "lines that were added": lines("+"),
    "lines that were removed": lines("-"),
    "a quotation": lines("> "),
    "JSON in JSON": lambda text: json.dumps({"content": json.dumps({"stdout": text})}),
    "a string of Python": repr,
    "HTML": html.escape,
    "a sentence": lambda text: f"I ran ({text}), and it worked.",
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "colours": lambda text: "".join(f"\x1b[32m{line}\x1b[0m\n" for line in text.split("\n")),
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
def test_it_is_found_in_whatever_it_is_shown(around: Callable[[str], str]) -> None:
    """A line that was wrapped is none any more where each line got a mark of its own."""
    kinds = [one for one in Plants(3).all() if isinstance(one.value, str) and not one.kind.startswith("wrapped")]
    missed = [one.kind for one in kinds if remains(replace(one, value=around(one.value)))]
    assert not missed


def test_ordinary_code_is_left_alone_but_for_one_line_in_5_000() -> None:
    """Passwords in examples are among the lines that count, as nothing tells them from others."""
    library = sorted(Path(sysconfig.get_path("stdlib")).glob("**/*.py"))
    ours = [
        path for folder in ("adapters", "api", "domain", "projections", "docs") for path in (ROOT / folder).rglob("*")
    ]
    files = [path for path in library if not {"test", "tests", "site-packages", "idlelib"} & set(path.parts)]
    seen, changed = 0, []
    for path in (*(one for one in ours if one.suffix in {".py", ".md", ".mjs", ".css", ".html"}), *files):
        text = path.read_text("utf-8", "replace")
        seen += text.count("\n")
        changed += [f"{path.name}: {text[start:end]}" for start, end in secrets(text)]
        if seen > LINES:
            break
    assert len(changed) * 5_000 < seen, "\n".join(changed)


HOSTILE = (
    *(
        "eyJ",
        "eyJabcdef.",
        "://",
        "://a:",
        "://a:b@",
        "@",
        '"',
        "'",
        "`",
        "\\",
        '\\"',
        "\\\\n",
        "\\u0022",
        "\0",
        "é",
        "passé",
    ),
    *(
        "-----BEGIN RSA PRIVATE" + " KEY-----",
        "-----END RSA PRIVATE" + " KEY-----\n",
        "MIIEpAIBAAK",
        "QUJD",
        "QUJDREVG" * 8 + "\n",
    ),
    *(
        "password",
        "password=",
        'password="',
        "password:\n",
        'password:{"',
        "password: str = ",
        "--password ",
        "<password",
        "<password>",
    ),
    *(
        "A_KEY=",
        '"name":"DB_PASSWORD",',
        "token ",
        "bearer ",
        "authorization: ",
        "authorization: bearer ",
        "cookie: a=b; ",
        "x-api-key: ",
    ),
    *(
        "sk-",
        "sk-a1b",
        "ghp" + "_",
        "AKIA",
        "JQQ" + "J99",
        "a8Q~",
        "$6$",
        "Mabc.",
        "a1.",
        "1//0",
        "12345678:AA",
        "glpat-",
        "-",
        "_",
    ),
    *(
        "curl ",
        "curl -u a:",
        "mysql -",
        "login ",
        "machine a login b ",
        "htpasswd -b ",
        "echo a|",
        "openssl ",
        "ENV A_TOKEN ",
    ),
    *(
        "kind: Secret\ndata:\n",
        'kind: Secret\n"data":{',
        "?key=",
        "&sig=",
        "\x1b[",
        "\x1b]",
        " ",
        "\n",
        "\t",
        "/home/",
        "C:\\Users\\",
        "[[",
        "{",
    ),
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_the_length_of_a_text_and_no_faster(piece: str) -> None:
    secrets("rules are loaded")
    short, long = (min(seconds(piece * (size // len(piece))) for _ in range(2)) for size in (15_000, 60_000))
    assert long < 8 * short + 0.15


def seconds(text: str) -> float:
    """Of the processor, for one look at the text."""
    began = time.thread_time()
    secrets(text)
    return time.thread_time() - began


def test_many_small_texts_and_wide_structures_take_time_that_grows_with_them() -> None:
    def took(count: int) -> float:
        wide: Any = {f"name_{number}": ["a_word", {"text": f"sk-{number}"}] for number in range(count)}
        began = time.thread_time()
        redact([wide, list(islice(map(str, range(10**6, 10**7)), count))])
        return time.thread_time() - began

    few = took(2_000)
    assert min(took(8_000) for _ in range(3)) < 8 * few + 0.3
