"""Passwords that commands take as an argument, under a flag of their own."""

import re
from collections.abc import Iterator

from workledger.adapters.redaction import values
from workledger.adapters.redaction.spans import Span

_WORD = r"""["']?(?P<value>[^\s"'`|;<>$-][^\s"'`|;<>]{1,500}+)"""
_PAIR = r"""["']?(?P<value>[^\s"'`|;<>$:/]{1,200}+:[^\s"'`|;<>$/][^\s"'`|;<>]{0,500}+)"""
_LINE = r"[^\n|;]{0,400}?[\s\"']"

_ECHOED = r"""\becho[ ]+(?:-n[ ]+)?["']?(?P<value>[^\s"'|$][^\s"'|]{2,200}+)["']?[ ]*\|"""

COMMANDS = tuple(
    (word, re.compile(pattern))
    for word, pattern in (
        ("curl", rf"\bcurl\b{_LINE}(?:-u[ =]?|--user[ =]|--proxy-user[ =]|-U[ ]|-[a-zA-Z]{{1,6}}u[ ])\s*{_PAIR}"),
        ("wget", rf"\bwget\b{_LINE}--(?:http-|ftp-)?password[ =]{_WORD}"),
        ("http", rf"\bhttps?[ ]{_LINE}(?:-a|--auth)[ =]{_PAIR}"),
        ("mysql", rf"\bmysql\w*\b{_LINE}-p(?!ort\b){_WORD}"),
        ("mariadb", rf"\bmariadb\S*{_LINE}-p(?!ort\b){_WORD}"),
        ("sshpass", rf"\bsshpass[ ]+-p[ ]?{_WORD}"),
        ("login", rf"\blogin\b{_LINE}(?:-p|--password)[ =]{_WORD}"),
        ("redis-cli", rf"\bredis-cli\b{_LINE}-a[ ]{_WORD}"),
        ("mongo", rf"\bmongo\w*\b{_LINE}-p[ ]{_WORD}"),
        ("ldap", rf"\bldap\w+\b{_LINE}-w[ ]{_WORD}"),
        ("sqlcmd", rf"\bsqlcmd\b{_LINE}-P[ ]{_WORD}"),
        ("bcp", rf"\bbcp\b{_LINE}-P[ ]{_WORD}"),
        ("zip", rf"\b(?:un)?zip\b{_LINE}-P[ ]{_WORD}"),
        ("7z", rf"\b7za?\b{_LINE}-p(?!ort\b){_WORD}"),
        ("openssl", rf"\bopenssl\b{_LINE}(?:-pass(?:in|out)?[ ]+[\"']?pass:|-k[ ]){_WORD}"),
        ("pass:", rf"-pass(?:in|out)?[ ]+[\"']?pass:{_WORD}"),
        ("sudo -S", rf"{_ECHOED}[ ]*sudo[ ]+-S"),
        (
            "password-stdin",
            rf"{_ECHOED}[^\n|]{{0,100}}--password-stdin",
        ),
        ("env ", rf"(?<![\w$-])ENV[ ]+\w*(?:PASS|PASSWORD|PASSWD|SECRET|TOKEN|KEY)[ ]+{_WORD}"),
        ("_authToken", rf"_authToken[ ]+{_WORD}"),
        ("aws_", rf"\baws_(?:secret_access_key|session_token)[ ]+{_WORD}"),
        ("secret set", rf"\bsecret set\b{_LINE}(?:-b|--body)[ =]{_WORD}"),
        ("smbclient", rf"\bsmbclient\b{_LINE}-U[ ][^\s%]{{1,60}}%{_WORD}"),
        ("htpasswd", rf"\bhtpasswd[ ]+-\w*b\w*[ ]+(?:-\w+[ ]+)*\S{{1,200}}[ ]+\S{{1,100}}[ ]+{_WORD}"),
        ("chpasswd", rf"\becho[ ]+[\"']?\w{{1,40}}:{_WORD}[\"']?[ ]*\|[ ]*(?:sudo )?chpasswd"),
        ("identified by", rf"(?i:identified by)\s+(?i:password\s+)?(?=[\"']){_WORD}"),
        ("with password", rf"(?i:with (?:encrypted )?password)\s+(?=[\"']){_WORD}"),
        (
            "login",
            r"(?:machine\s+\S{1,200}|default)\s+login\s+\S{1,200}\s+(?:account\s+\S{1,200}\s+)?password\s+(?P<value>\S{1,500}+)",
        ),
    )
)


def commands(text: str, low: str) -> Iterator[Span]:
    """Where such an argument is; `low` is the text in lower case and ASCII, as long as the text."""
    for word, pattern in COMMANDS:
        if word.lower() in low:
            for match in pattern.finditer(text):
                value = match["value"]
                if not (values.placeholder(value) or (value.replace(":", "").isdigit() and ":" in value)):
                    yield match.span("value")
