"""What leaves an import before it is stored: secrets by their shapes and names, and home folders."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workledger.adapters.redaction import GONE, counted, redact, redact_text

SECRETS = {
    "an Anthropic key": "sk-" + "ant-api03-" + "x7Y" * 12,
    "an OpenAI key": "sk-" + "proj-" + "a1B2" * 10,
    "a Stripe key": "sk_" + "live_" + "4eC39HqLyjWDarjtT1",
    "a GitHub token": "ghp_" + "a1b2c3d4e5" * 4,
    "a GitHub OAuth token": "gho_" + "a1b2c3d4e5" * 4,
    "a fine-grained GitHub token": "github_pat_" + "11ABCDEFG0" * 6,
    "a GitLab token": "glpat-" + "AbCdEfGhIj1234567890",
    "an npm token": "npm_" + "a1B2c3D4e5F6" * 3,
    "a PyPI token": "pypi-" + "AgEIcHlwaS5vcmc" * 4,
    "a Hugging Face token": "hf_" + "AbCdEfGhIjKl" * 3,
    "an AWS key id": "AKIA" + "IOSFODNN7EXAMPLE",
    "a Google key": "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
    "a Slack token": "xoxb-" + "123456789012-abcdefABCDEF",
    "a JWT": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
@pytest.mark.parametrize("around", ["{}", "use {} now", '{{"key": "{}"}}', "curl -H 'X: {}' | jq", "«{}»"])
def test_a_secret_is_gone_by_its_shape_wherever_it_stands(secret: str, around: str) -> None:
    clean = redact_text(around.format(secret))
    assert secret not in clean
    assert GONE in clean
    assert clean.replace(GONE, secret) == around.format(secret)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("password=hunter2", "password=[redacted]"),
        ("PASSWORD: 'hunter2'", "PASSWORD: '[redacted]'"),
        ("DB_PASSWORD=letmein\nNEXT=1", "DB_PASSWORD=[redacted]\nNEXT=1"),
        ("export API_KEY=abc123def", "export API_KEY=[redacted]"),
        ('{"access_token": "abcdef"}', '{"access_token": "[redacted]"}'),
        ('{\\"secret\\": \\"abcdef\\"}', '{\\"secret\\": \\"[redacted]\\"}'),
        ("client_secret = s3cr3t-value", "client_secret = [redacted]"),
        ("Authorization: Bearer abc.def-123456", "Authorization: Bearer [redacted]"),
        ("authorization: basic dXNlcjpwYXNz1=", "authorization: basic [redacted]"),
        ("curl -H 'Authorization: token 0123abcd'", "curl -H 'Authorization: token [redacted]'"),
        ("postgres://ann:pa55@db:5432/work", "postgres://[redacted]@db:5432/work"),
        ("redis://:pa55@cache/0", "redis://[redacted]@cache/0"),
        ("https://x-access-token:abc@github.com/a/b", "https://[redacted]@github.com/a/b"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nafter",
            "[redacted]\nafter",
        ),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", "[redacted]"),
        ("İ password=hunter2 İ", "İ password=[redacted] İ"),
    ],
)
def test_a_secret_is_gone_by_what_stands_before_it(text: str, clean: str) -> None:
    assert redact_text(text) == clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/home/ann/projects/x.py", "~/projects/x.py"),
        ("cd /home/ann && ls", "cd ~ && ls"),
        ("/Users/ann.lee/Library", "~/Library"),
        ("file:///home/ann/x", "file://~/x"),
        ("/var/home/ann/x", "~/x"),
        (r"C:\Users\ann\code", r"~\code"),
        (r"C:\\Users\\ann\\code", r"~\\code"),
        ("C:/Users/ann/code", "~/code"),
        ("/mnt/c/Users/ann/code", "~/code"),
        ("/c/Users/ann/code", "~/code"),
        ("~/.claude/projects/-home-ann-code-x/1.jsonl", "~/.claude/projects/-~-code-x/1.jsonl"),
        ('"/home/ann":"/home/bob"', '"~":"~"'),
    ],
)
def test_a_home_folder_is_a_tilde(text: str, clean: str) -> None:
    assert redact_text(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "src/home/index.html and /srv/home/www, https://example.com/home/page",
        "task-id b0be39e, risk-averse-and-some-more-words",
        "total_tokens: 76365, maxThinkingTokens=31999",
        "token = get_token()",
        "token: string; password: str = None",
        "def login(password, token): return secret",
        "the secret: nobody knows it",
        "password=$PASSWORD token=${TOKEN} secret=<secret>",
        "tokens = tokenizer.encode(text)",
        "https://github.com/ann/repo.git and git@github.com:ann/repo.git",
        "12:30:00 a@b.c //host",
        "basic understanding of bearer tokens",
        "a keyboard, a monkey = banana1, keyed = value1",
    ],
)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert redact_text(text) == text


def test_all_of_a_record_is_looked_at() -> None:
    record: dict[str, Any] = {
        "cwd": "/home/ann/x",
        "n": 1,
        "none": None,
        "nested": [{"/home/ann/file": ["password=hunter2", True]}],
        "password": "plain",
        "apiKey": "plain too",
        "token": "",
        "usage": {"input_tokens": 12},
    }
    assert redact(record) == {
        "cwd": "~/x",
        "n": 1,
        "none": None,
        "nested": [{"~/file": ["password=[redacted]", True]}],
        "password": GONE,
        "apiKey": GONE,
        "token": "",
        "usage": {"input_tokens": 12},
    }


PIECES = st.sampled_from(
    [*SECRETS.values(), "password=", "token: ", "/home/ann", " ", "\n", '"', "é", "x", "://a:b@", "Bearer "]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=12).map(" ".join))
def test_what_is_redacted_once_is_not_changed_again(text: str) -> None:
    clean = redact_text(text)
    assert redact_text(clean) == clean


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    )
)
def test_everything_else_keeps_its_form(value: Any) -> None:
    clean = redact(value)
    assert type(clean) is type(value)


def test_texts_with_a_secret_are_counted_and_home_folders_are_not() -> None:
    count = counted(redact)
    record: dict[str, Any] = {
        "cwd": "/home/ann/x",
        "token": "plain",
        "nested": [["password=hunter2 token=hunter3"], "was password=[redacted]"],
        "password=hunter2": 1,
    }
    assert count(record) == redact(record)
    assert count.count == 3
    count("[redacted] and password=hunter2")
    assert count.count == 4
