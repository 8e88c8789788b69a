"""Tokens whose public prefix the scanner's rules do not know, or know with other lengths: older, newer and cut ones."""

import re
from collections.abc import Iterator

from workledger.adapters.redaction.spans import Span

_DENSE = r"(?=[\w-]{0,200}?(?:\d[A-Za-z]|[A-Za-z]\d)[A-Za-z0-9]{2})"
"""Letters and digits side by side: no name that is made of words."""

SHAPES = tuple(
    (literal, re.compile(pattern))
    for literal, pattern in (
        ("sk-", rf"(?<![\w-])sk-{_DENSE}(?=[\w-]{{0,200}}?[A-Za-z0-9]{{12}})[\w-]{{16,}}+"),
        ("k_live_", r"[srp]k_live_\w{10,}+"),
        ("k_test_", r"[srp]k_test_\w{10,}+"),
        ("gh", r"gh[opsur]_\w{16,}+"),
        ("github_pat_", r"github_pat_\w{16,}+"),
        ("gl", r"(?<![A-Za-z0-9])gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas|imt)-[\w-]{16,}+(?:\.\w++)*+"),
        ("npm_", r"npm_[A-Za-z0-9]{24,}+"),
        ("pypi-", r"pypi-\w[\w-]{30,}+"),
        ("hf_", r"(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{24,}+"),
        ("IA", r"(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])"),
        ("AIza", r"AIza[\w-]{30,}+"),
        ("xox", r"xox[a-z]-[\w-]{8,}+"),
        ("xapp-", r"xapp-[\w-]{8,}+"),
        ("eyJ", r"(?<![\w-])eyJ[\w-]{5,}+\.eyJ[\w-]{5,}+(?:\.[\w-]*+){0,3}"),
        ("sk.eyJ", r"(?<![\w-])sk\.eyJ[\w-]{5,}+\.[\w-]++"),
        ("hooks.", r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/-]{16,}+"),
        ("/webhooks/", r"/api/(?:v\d+/)?webhooks/\d{10,}/[\w-]{20,}+"),
        ("JQQJ99", r"(?<![A-Za-z0-9])[A-Za-z0-9]{30,100}?JQQJ99[A-Za-z0-9]{10,}+"),
        ("Q~", r"(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{28,}+"),
        ("GOCSPX-", r"GOCSPX-[\w-]{20,}+"),
        ("ya29.", r"(?<![\w-])ya29\.[\w-]{20,}+"),
        ("1//0", r"(?<![\w/])1//0[\w-]{20,}+"),
        ("whsec_", r"whsec_[A-Za-z0-9+/=]{16,}+"),
        ("SG.", r"(?<![\w-])SG\.[\w-]{10,}+\.[\w-]{10,}+"),
        ("key-", r"(?<![A-Za-z0-9])key-[0-9a-f]{32}(?![\w-])"),
        ("dop_v1_", r"do[opr]_v1_[0-9a-f]{16,}+"),
        ("dapi", r"(?<!\w)dapi[0-9a-f]{32}(?:-\d)?+(?!\w)"),
        ("shp", r"(?<!\w)shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{16,}+"),
        (":AA", r"(?<![\w:])(?:bot)?\d{8,10}:AA[\w-]{30,}+"),
        (".", r"(?<![\w.-])[MNO][A-Za-z0-9_-]{22,30}\.[\w-]{6}\.[\w-]{27,}+"),
        ("hv", r"(?<![\w.])hv[sbr]\.[\w-]{24,}+"),
        ("lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{20,}+"),
        ("ntn_", r"(?<!\w)ntn_[A-Za-z0-9]{30,}+"),
        ("secret_", r"(?<!\w)secret_[A-Za-z0-9]{43}(?!\w)"),
        ("sb", r"(?<!\w)(?:sbp|sb_secret)_[A-Za-z0-9_]{20,}+"),
        ("gsk_", r"(?<!\w)gsk_[A-Za-z0-9]{24,}+"),
        ("xai-", r"(?<![\w-])xai-[A-Za-z0-9]{40,}+"),
        ("r8_", r"(?<!\w)r8_[A-Za-z0-9]{30,}+"),
        ("pplx-", r"(?<![\w-])pplx-[A-Za-z0-9]{30,}+"),
        ("gl", r"(?<!\w)gl(?:sa|c)_[A-Za-z0-9+/=_]{24,}+"),
        ("NR", r"(?<!\w)NR(?:AK|AL|II|IQ|JS|RA|SP)-[A-Za-z0-9_-]{20,}+"),
        ("dp.", r"(?<![\w.])dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{24,}+"),
        (".atlasv1.", r"(?<!\w)\w{10,20}\.atlasv1\.[\w-]{20,}+"),
        ("AT", r"(?<!\w)AT(?:ATT3|CTT3|BB)[\w=-]{24,}+"),
        ("rubygems_", r"rubygems_[0-9a-f]{24,}+"),
        ("cio", r"(?<!\w)cio(?=[A-Za-z]*\d)[A-Za-z0-9]{32}(?!\w)"),
        ("dckr_", r"dckr_(?:pat|oat)_[\w-]{20,}+"),
        ("AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[0-9A-Z]{20,}+"),
        ("fm", r"(?<!\w)fm[12][ar]?_[\w+/=-]{40,}+"),
        ("sq0", r"(?<!\w)sq0(?:csp|atp)-[\w-]{20,}+"),
        ("EAAA", r"(?<!\w)EAAA[\w-]{56,}+"),
        ("$2", r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}"),
        ("$argon2", r"\$argon2(?:id|i|d)\$[\w=,$+/-]{30,}+"),
        ("$", r"\$(?:[156y]|apr1|7)\$(?:rounds=\d{1,9}\$)?[\w./]{1,32}\$[\w./]{16,}+"),
        ("sntry", r"sntry[su]_[\w+/=-]{30,}+"),
        ("tskey-", r"tskey-[a-z]{1,10}-[\w-]{16,}+"),
        ("jina_", r"(?<!\w)jina_[\w-]{40,}+"),
        ("fw_", r"(?<!\w)fw_(?=[A-Za-z]*\d)[A-Za-z0-9]{22,}+"),
        ("pscale_", r"pscale_(?:tkn|pw|oauth)_[\w.=-]{20,}+"),
        ("CFPAT-", r"CFPAT-[\w-]{30,}+"),
        ("tvly-", r"(?<![\w-])tvly-[\w-]{24,}+"),
        ("production$", r"access_token\$production\$\w{8,}+\$\w{16,}+"),
        ("PMAK-", r"PMAK-[0-9a-f-]{40,}+"),
        ("figd_", r"figd_[\w-]{30,}+"),
        ("pul-", r"(?<![\w-])pul-[0-9a-f]{40}"),
        ("nvapi-", r"nvapi-[\w-]{40,}+"),
        ("oy2", r"(?<!\w)oy2[a-z0-9]{43}(?!\w)"),
    )
)


def known(text: str) -> Iterator[Span]:
    """Where a token with a known prefix is."""
    for literal, pattern in SHAPES:
        if literal in text:
            for match in pattern.finditer(text):
                yield match.span()
