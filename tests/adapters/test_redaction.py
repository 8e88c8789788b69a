"""What leaves an import before it is stored: secrets by their shapes and names, and home folders."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workledger.adapters.redaction import GONE, consecutive, counted, redact, redact_text

TOKEN = "ghp" + "_" + "aB3dE5fG7h" * 4
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


INSIDE = st.recursive(
    st.just(TOKEN) | st.text(max_size=6).map(lambda text: f"{text} {TOKEN} {text}"),
    lambda one: (
        st.lists(one | st.text(max_size=4), min_size=1, max_size=3)
        | st.dictionaries(st.text(max_size=6) | st.sampled_from(["content", "id", "uuid"]), one, min_size=1, max_size=3)
    ),
)


@given(INSIDE)
def test_a_token_is_found_wherever_in_a_value_it_stands(value: Any) -> None:
    assert TOKEN not in str(redact(value))


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


@pytest.mark.parametrize(
    "text",
    [
        "fetch(url, { credentials: 'include' })",
        "token_type = 'word'",
        "{ tokenizer: 'gpt2-medium' }",
        "login(user=user, password=password, token=token)",
        "cache_tokens=cached",
        "https://example.com/x/Users/list",
        "GET /Users/123 and PATCH /Users/123/name",
        "sk-button-primary-large-2x",
        'apiKey = "apiKey"',
        '{"type": "object", "properties": {"password": {"type": "string", "description": "of the account"}}}',
        "if 'PRIVATE KEY-----' in text: return False\n" * 3,
        "http://localhost:8080/@vite/client",
        "https://registry.example/@scope/name",
        "pwd=/work/parser",
        "Password: '), stream=None)",
        'errors = {"password": "The password must have eight letters."}',
        "the cookie: a small file; Cookie: theme=dark",
        "commit 3f2a9c0e5b7d4186aa0c9e1f2b3d4c5e6f708192 and sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd1",
        "id 0198a6c2-7c1e-7e44-9d1f-3f5a6b7c8d9e",
        "curl -u $USER:$PASSWORD https://example.com and docker run -u 1000:1000 x",
        "mysql -u root -p work",
        '<input type="password" name="password" autocomplete="off">',
        "Authorization: Bearer <token>",
        "session_token_count = 12",
    ],
)
def test_code_and_prose_about_secrets_stays(text: str) -> None:
    assert redact_text(text) == text


def test_a_mention_of_a_private_key_takes_no_more_than_the_key() -> None:
    begin, end = "-----BEGIN RSA PRIVATE" + " KEY-----", "-----END RSA PRIVATE" + " KEY-----"
    code = "".join(f"assert parse(line_{number}) == {number}\n" for number in range(80))
    text = f'BEGIN = "{begin}"\n{code}assert not begins("{begin}")\n{code}END = "{end}"\n'
    assert redact_text(text) == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ('{"authorization": "Bearer abcDEF123456789abcDEF"}', '{"authorization": "Bearer [redacted]"}'),
        ("{'Authorization': 'Bearer abcDEF123456789'}", "{'Authorization': 'Bearer [redacted]'}"),
        ("headers['Authorization'] = f'token abcDEF123456789'", "headers['Authorization'] = f'token [redacted]'"),
        ("postgres://ann:a/b1c2d3@db/x", "postgres://[redacted]@db/x"),
        ("postgres://ann:p@ss1word@db/x", "postgres://[redacted]@db/x"),
        ("tool --password hunter2 --verbose", "tool --password [redacted] --verbose"),
        ("Cookie: session=abc123def456; theme=dark\nHost: x", "Cookie: [redacted]\nHost: x"),
        ("\x1b[1mpassword\x1b[0m=hunter2\x1b[0m done", "\x1b[1mpassword\x1b[0m=[redacted]\x1b[0m done"),
    ],
)
def test_what_stands_around_a_secret_stays(text: str, clean: str) -> None:
    assert redact_text(text) == clean


def test_numbers_lists_and_objects_of_a_secret_name_are_secrets() -> None:
    record: dict[str, Any] = {
        "password": 12345678,
        "passwords": ["first", "second"],
        "token": {"value": "abc", "type": "bearer", "expires_in": 3600},
        "env": [{"name": "DB_PASSWORD", "value": "word"}, {"name": "DB_HOST", "value": "db"}],
        "max_tokens": 4096,
        "results": {"pass": 12, "fail": 3},
    }
    assert redact(record) == {
        "password": GONE,
        "passwords": [GONE, GONE],
        "token": {"value": GONE, "type": "bearer", "expires_in": 3600},
        "env": [{"name": "DB_PASSWORD", "value": GONE}, {"name": "DB_HOST", "value": "db"}],
        "max_tokens": 4096,
        "results": {"pass": 12, "fail": 3},
    }


def test_a_record_may_be_nested_as_deep_as_it_likes() -> None:
    deep: Any = "password=hunter2"
    for _ in range(20_000):
        deep = [deep]
    clean: Any = redact(deep)
    while isinstance(clean, list):
        clean = clean[0]
    assert clean == "password=[redacted]"


def test_a_text_is_measured_in_characters_whatever_it_begins_with() -> None:
    token = SECRETS["a GitHub token"]
    for before in ("\ufeff", "\0", "é€𝄞 ", "\ufeffé\0 "):
        assert redact_text(f"{before} {token} é") == f"{before} {GONE} é"


@pytest.mark.parametrize("cut", [4, 12, 30, 43])
def test_a_token_that_is_split_over_texts_that_follow_each_other_is_gone(cut: int) -> None:
    token = "ghp_" + "aB3dE5fG7h" * 4
    one, two = f"it is {token[:cut]}", f"{token[cut:]} now"
    assert redact([one, two]) == [f"it is {GONE}", f"{GONE} now"]
    following = consecutive(redact)
    first, second = (following({"message": {"content": [{"text": text}]}}) for text in (one, two))
    assert second == {"message": {"content": [{"text": f"{GONE} now"}]}}
    if cut > 6:
        assert first == {"message": {"content": [{"text": f"it is {GONE}"}]}}, "what has begun may go on"


def test_a_token_in_many_small_chunks_is_gone() -> None:
    token = "ghp_" + "aB3dE5fG7h" * 4
    following = consecutive(redact)
    chunks = [f"it is {token}"[at : at + 9] for at in range(0, 50, 9)]
    stored = "".join(str(following(chunk)) for chunk in chunks)
    assert not any(token[at : at + 9] in stored for at in range(len(token) - 9))


def test_ids_of_records_that_follow_each_other_are_whole_by_themselves() -> None:
    following = consecutive(redact)
    ids = ["ghp" + "_" + "aB3dE5fG", "7hJ9kL1mN3pQ5rS7tU9vW1xY3"]
    assert [following({"id": id, "sessionId": id}) for id in ids] == [{"id": id, "sessionId": id} for id in ids]


def test_chunks_of_ordinary_text_stay_as_they_are() -> None:
    following = consecutive(redact)
    text = "The parser reads the tokens of a line, and line_of_code_12 names it: sk-button-primary. " * 9
    assert "".join(str(following(text[at : at + 7])) for at in range(0, len(text), 7)) == text
