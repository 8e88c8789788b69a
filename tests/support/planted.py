"""Kinds of secrets as they are met: each a text with a secret in it, made anew each time, so that no file has one."""

import base64
import json
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

DIGITS, LOWER, UPPER = string.digits, string.ascii_lowercase, string.ascii_uppercase
HEX, LETTERS = "0123456789abcdef", string.ascii_letters
WORD = LETTERS + DIGITS
URL = WORD + "-_"


@dataclass(frozen=True)
class Planted:
    """A value with secrets in it, none of which may be stored."""

    group: str
    kind: str
    value: Any
    secrets: tuple[str, ...]


class Plants:
    """Makes them; the same ones for the same seed."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def some(self, length: int, letters: str = WORD) -> str:
        """Letters that were drawn, of all kinds that there are, and no two digits at the end."""
        while True:
            drawn = "".join(self._random.choice(letters) for _ in range(length))
            kinds = (DIGITS, LOWER, UPPER)
            if length < 8 or all(set(kind).isdisjoint(letters) or set(kind) & set(drawn) for kind in kinds):
                return drawn

    def password(self) -> str:
        return self.some(5, LOWER) + self.some(4, DIGITS) + self.some(4, LETTERS)

    def base64(self, length: int) -> str:
        return base64.b64encode(self._random.randbytes(length)).decode()

    def all(self) -> Iterator[Planted]:
        for group, made in (
            ("tokens", self.tokens()),
            ("names", self.names()),
            ("commands", self.commands()),
            ("headers", self.headers()),
            ("urls", self.urls()),
            ("structures", self.structures()),
            ("keys", self.keys()),
            ("encodings", self.encodings()),
        ):
            for kind, value, *secrets in made:
                yield Planted(group, kind, value, tuple(secrets))

    def tokens(self) -> Iterator[tuple[Any, ...]]:
        s = self.some
        for kind, token in {
            "Anthropic": "sk-" + "ant-api03-" + s(93, URL) + "AA",
            "OpenAI project": "sk-" + "proj-" + s(74, URL) + "T3Blbk" + "FJ" + s(74, URL),
            "OpenAI, older": "sk-" + s(20) + "T3Blbk" + "FJ" + s(20),
            "OpenRouter": "sk-" + "or-v1-" + s(64, HEX),
            "DeepSeek": "sk-" + s(32, HEX),
            "Stripe": "sk_" + "live_" + s(24),
            "Stripe restricted": "rk_" + "live_" + s(24),
            "Stripe webhook": "whsec" + "_" + s(32),
            "GitHub": "ghp" + "_" + s(36),
            "GitHub OAuth": "gho" + "_" + s(36),
            "GitHub app": "ghs" + "_" + s(36),
            "GitHub fine-grained": "github" + "_pat_" + s(22) + "_" + s(59),
            "GitLab": "glpat" + "-" + s(20),
            "GitLab, routable": "glpat" + "-" + s(27) + ".01." + s(9, LOWER + DIGITS),
            "GitLab deploy": "gldt" + "-" + s(20),
            "GitLab runner": "glrt" + "-" + s(20),
            "GitLab job": "glcbt" + "-1f_" + s(20),
            "GitLab trigger": "glptt" + "-" + s(40, HEX),
            "npm": "npm" + "_" + s(36),
            "PyPI": "pypi-" + "AgEIcHlwaS5vcmc" + s(70),
            "RubyGems": "rubygems" + "_" + s(48, HEX),
            "Rust crates": "cio" + s(32),
            "Docker Hub": "dckr" + "_pat_" + s(27, URL),
            "Hugging Face": "hf" + "_" + s(34, LETTERS),
            "AWS key id": "AK" + "IA" + s(16, UPPER + "234567"),
            "Google API key": "AI" + "za" + s(35),
            "Google OAuth secret": "GOC" + "SPX-" + s(28, URL),
            "Google access token": "ya29" + "." + s(80, URL),
            "Google refresh token": "1/" + "/0" + s(60, URL),
            "Azure client secret": s(3) + "8Q" + "~" + s(34),
            "Azure DevOps": s(52) + "JQQ" + "J99" + s(14) + "AZ" + "DO" + s(4),
            "Slack bot": "xoxb" + "-" + s(12, DIGITS) + "-" + s(12, DIGITS) + "-" + s(24),
            "Slack app": "xapp" + "-1-A" + s(10, UPPER + DIGITS) + "-" + s(13, DIGITS) + "-" + s(64, HEX),
            "Slack webhook": "https://hooks.slack.com/" + "services/T" + s(8, UPPER) + "/B" + s(8, UPPER) + "/" + s(24),
            "Discord bot": "M" + s(23) + "." + s(6) + "." + s(38, URL),
            "Discord webhook": "https://discord.com/api/" + "webhooks/" + s(18, DIGITS[1:]) + "/" + s(68, URL),
            "Telegram": s(10, DIGITS[1:]) + ":A" + "A" + s(33, URL),
            "SendGrid": "SG" + "." + s(22) + "." + s(43),
            "Twilio": "SK" + s(32, HEX),
            "Mailgun": "key" + "-" + s(32, HEX),
            "DigitalOcean": "dop" + "_v1_" + s(64, HEX),
            "Databricks": "da" + "pi" + s(32, HEX),
            "Shopify": "shp" + "at_" + s(32, HEX),
            "Vault": "hvs" + "." + s(90),
            "Linear": "lin" + "_api_" + s(40),
            "Notion": "ntn" + "_" + s(46),
            "Supabase": "sbp" + "_" + s(40, HEX),
            "Groq": "gsk" + "_" + s(52),
            "xAI": "xai" + "-" + s(80),
            "Replicate": "r8" + "_" + s(37),
            "Perplexity": "pplx" + "-" + s(48),
            "Grafana": "glsa" + "_" + s(32) + "_" + s(8, HEX),
            "New Relic": "NR" + "AK-" + s(27, UPPER + DIGITS),
            "Doppler": "dp" + ".pt." + s(43),
            "Terraform": s(14) + ".atlas" + "v1." + s(64),
            "Atlassian": "ATAT" + "T3" + s(186),
            "age": "AGE-SECRET-" + "KEY-1" + s(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
            "Fly": "fm2" + "_" + s(100),
            "Square": "sq0" + "csp-" + s(43, URL),
            "Sentry": "sntr" + "yu_" + s(64, HEX),
            "Tailscale": "ts" + "key-auth-" + s(12) + "-" + s(32),
            "Postman": "PM" + "AK-" + s(24, HEX) + "-" + s(34, HEX),
            "Figma": "fi" + "gd_" + s(40, URL),
            "PlanetScale": "pscale" + "_tkn_" + s(43),
            "1Password": "ops_" + "eyJ" + s(250),
            "Airtable": "pat" + s(14) + "." + s(64, HEX),
            "Brevo": "xkey" + "sib-" + s(64, HEX) + "-" + s(16),
            "Duffel": "duffel" + "_live_" + s(43),
            "EasyPost": "EZ" + "AK" + s(54),
            "Buildkite": "bk" + "ua_" + s(40, HEX),
            "CircleCI": "CCI" + "PAT_" + s(22) + "_" + s(40, HEX),
            "LangSmith": "lsv2" + "_pt_" + s(32, HEX) + "_" + s(10, HEX),
            "PostHog": "ph" + "x_" + s(43),
            "Heroku": "HRKU" + "-AA" + s(58),
            "Vercel": "vc" + "p_" + s(56),
            "bcrypt": "$2" + "b$12$" + s(53),
            "sha512crypt": "$" + "6$" + s(12) + "$" + s(86),
            "JWT": "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + s(40) + "." + s(43, URL),
        }.items():
            yield kind, f"it is {token} for now", token.rpartition("/")[2] if "webhook" in kind else token

    def names(self) -> Iterator[tuple[Any, ...]]:
        for kind, text in {
            "environment": "DB_PASS={}",
            "environment, a mere word": "export MYSQL_PWD={}\nexport NEXT=1",
            "signs in an environment": "DB_PASSWORD={}&(x)!#y\nNEXT=1",
            "Pwd of a connection": "Server=db;Database=work;Uid=ann;Pwd={};",
            "Password of a connection": "Host=db Username=ann Password={} Port=5432",
            "quotes": 'password = "{}"',
            "blanks in quotes": 'password="two {} words"',
            "backticks": "const password = `{}`",
            "Python annotation": 'password: str = "{}"',
            "TypeScript annotation": "const dbPassword: string = '{}';",
            "Go": 'password := "{}"',
            "Ruby": ":password => '{}'",
            "PHP": "$config['db_password'] = '{}';",
            "a dict": "settings = {{'smtp_pass': '{}'}}",
            "JSON in text": 'body: {{"user": "ann", "password": "{}"}}',
            "a list in JSON in text": '{{"password": ["{}"]}}',
            "an object in JSON in text": '{{"password": {{"value": "{}"}}}}',
            "name and value in text": '[{{"name": "DB_PASSWORD", "value": "{}"}}]',
            "YAML": "database:\n  password: {}\n  port: 5432",
            "YAML, a block": "password: |\n  {}\nnext: 1",
            "YAML, name and value": "env:\n  - name: DB_PASSWORD\n    value: {}\n",
            "next line": "The password:\n{}\n",
            "properties": "spring.datasource.password={}",
            "INI": "[smtp]\npassword = {}\n",
            "XML": "<password>{}</password>",
            "XML with attributes": '<db:password encrypted="false">{}</db:password>',
            "an attribute": '<add key="DbPassword" value="{}"/>',
            "Maven": "<server><id>x</id><password>{}</password></server>",
            "SQL": "CREATE USER ann IDENTIFIED BY '{}'",
            "SQL of PostgreSQL": "alter role ann with password '{}';",
            "netrc": "machine host.example login ann password {}\n",
            "a passphrase with a number": "passphrase_1: '{}'",
            "prose with a colon": "Password: {}",
            "a keyword argument": "connect(user='ann', password='{}', port=1)",
        }.items():
            password = self.password()
            if kind == "environment, a mere word":
                password = self.some(12, LOWER)
            yield kind, text.format(password), password
        for kind, text, length, letters in (
            ("encryption key", "ENCRYPTION_KEY={}", 32, HEX),
            ("signing key", "SIGNING_KEY: {}", 40, WORD),
            ("Rails master key", "RAILS_MASTER_KEY={}", 32, HEX),
            ("Azure account key", "DefaultEndpointsProtocol=https;AccountKey={}==;EndpointSuffix=x", 86, WORD),
            ("npm _auth", "//registry.example/:_auth={}", 40, WORD),
            ("docker auth", '{{"auths": {{"host": {{"auth": "{}"}}}}}}', 40, WORD),
            ("AWS secret", "aws_secret_access_key = {}", 40, WORD),
            ("client secret", 'clientSecret: "{}"', 32, WORD),
            ("key of a service", "STRIPE_KEY={}", 32, WORD),
            ("camel case", 'apiKey: "{}",', 32, HEX),
            ("access token", '"access_token":"{}"', 40, WORD),
            ("lower case", 'apikey="{}"', 32, HEX),
            ("a secret", "SECRET={}", 24, WORD),
            ("Django", "SECRET_KEY = '{}'", 50, WORD + "!@#%^&*"),
            ("Azure DevOps", "AZURE_DEVOPS_EXT_PAT_TOKEN={}", 52, LOWER + "234567"),
        ):
            token = self.some(length, letters)
            yield kind, text.format(token), token

    def commands(self) -> Iterator[tuple[Any, ...]]:
        for kind, text in {
            "--password X": "tool --user ann --password {} run",
            "--password=X": "tool --password={} run",
            "--token X": "tool --token {}",
            "--api-key X": "tool --api-key '{}' run",
            "curl -u": "curl -u ann:{} https://x.example",
            "curl --user": "curl -s --user 'ann:{}' https://x.example",
            "mysql -p": "mysql -u root -p{} work",
            "mysqldump -p": "mysqldump -uroot -p'{}' work > x.sql",
            "sshpass -p": "sshpass -p {} ssh ann@host",
            "docker login -p": "docker login -u ann -p {} registry.example",
            "redis-cli -a": "redis-cli -h cache -a {} ping",
            "wget": "wget --user=ann --password={} https://x.example",
            "openssl": "openssl rsa -in k.pem -passin pass:{}",
            "sudo -S": "echo {} | sudo -S ls",
            "--password-stdin": "echo '{}' | docker login -u ann --password-stdin",
            "PGPASSWORD": "PGPASSWORD={} psql -h db",
            "PowerShell": "$password = '{}'",
            "set": "set DB_PASSWORD={}\r\nrem next",
            "Dockerfile": "ENV DB_PASSWORD {}\nENV DB_PASSWORD={}",
        }.items():
            password = self.password()
            yield kind, text.replace("{}", password), password

    def headers(self) -> Iterator[tuple[Any, ...]]:
        for kind, text in {
            "Bearer": "Authorization: Bearer {}",
            "Bearer in JSON": '{{"Authorization": "Bearer {}"}}',
            "Bearer in fetch": 'fetch(url, {{headers:{{"Authorization":"Bearer {}"}}}})',
            "Bearer in requests": "headers={{'Authorization': 'Bearer {}'}}",
            "token in an f-string": "headers['Authorization'] = f'token {}'",
            "ApiKey": "Authorization: ApiKey {}",
            "Basic": "Authorization: Basic {}",
            "another scheme": "Authorization: SSWS {}",
            "no scheme": "Authorization: {}",
            "curl -H": "curl -H 'Authorization: Bearer {}' https://x.example",
            "X-Api-Key": "X-Api-Key: {}",
            "PRIVATE-TOKEN": 'curl --header "PRIVATE-TOKEN: {}" https://x.example',
            "Cookie": "Cookie: session={}; theme=dark",
            "Set-Cookie": "Set-Cookie: sid={}; Path=/; HttpOnly",
            "Cookie in JSON": '{{"cookie": "session={}"}}',
            "Bearer in prose": "use Bearer {} there",
        }.items():
            token = self.some(30)
            yield kind, text.format(token), token

    def urls(self) -> Iterator[tuple[Any, ...]]:
        for kind, text in {
            "user and password": "postgres://ann:{}@db/work",
            "a slash in the password": "postgres://ann:a/{}@db:5432/work",
            "an at sign in the password": "postgres://ann:p@ss{}@db/work",
            "no user": "redis://:{}@cache:6379/0",
            "a token alone": "https://{}@github.com/a/b.git",
            "oauth2 without a scheme": "git clone https://oauth2:{}@gitlab.example/a/b.git",
            "?key=": "https://x.example/v1?key={}&z=1",
            "sig=": "https://x.blob.example/c?sv=2020-01-01&sig={}",
            "access_token=": "https://x.example/me?access_token={}",
            "AMQP": "amqps://ann:{}@mq.example/%2f",
            "JDBC": "jdbc:mysql://db/work?user=ann&password={}",
            "MongoDB": "mongodb+srv://ann:{}@cluster0.example/work",
        }.items():
            token = self.some(24)
            yield kind, text.format(token), token

    def structures(self) -> Iterator[tuple[Any, ...]]:
        for kind, made in {
            "a field": lambda x: {"password": x},
            "a list": lambda x: {"password": [x, x]},
            "an object": lambda x: {"token": {"value": x}},
            "name and value": lambda x: {"env": [{"name": "DB_PASSWORD", "value": x}]},
            "key and value": lambda x: [{"key": "api_key", "value": x}],
            "db_pass": lambda x: {"db_pass": x},
            "pwd": lambda x: {"pwd": x},
            "passphrase_1": lambda x: {"passphrase_1": x},
            "cookie": lambda x: {"cookie": f"a={x}"},
            "cookies": lambda x: {"cookies": [{"name": "sid", "value": x}]},
            "arguments": lambda x: {"args": ["tool", "--password", x]},
            "a header as a pair": lambda x: {"headers": [["Authorization", f"Bearer {x}"]]},
            "Kubernetes": lambda x: {"kind": "Secret", "data": {"url": x}},
            "docker": lambda x: {"auths": {"host": {"auth": x}}},
            "nested": lambda x: [[{"a": {"clientSecret": x}}]],
            "JSON as text": lambda x: {"stdout": json.dumps({"password": x})},
            "JSON as text in JSON as text": lambda x: {"stdout": json.dumps(json.dumps({"password": x}))},
        }.items():
            password = self.password() + self.some(8)
            yield kind, made(password), password
        yield "a number", {"password": 73915482, "pin_count": 3}, "73915482"

    def keys(self) -> Iterator[tuple[Any, ...]]:
        lines = [self.base64(48) for _ in range(6)]
        body, secret = "\n".join(lines), lines[3]
        begin, end = "-----BEGIN RSA PRIVATE", "-----END RSA PRIVATE"
        yield "PEM", f"{begin} KEY-----\n{body}\n{end} KEY-----\n", *lines
        yield "PEM without its end", f"{begin} KEY-----\n{body}\n", *lines
        yield "PEM without its beginning", f"{body}\n{end} KEY-----\n", *lines
        yield "PEM in a string", json.dumps(f"{begin} KEY-----\n{body}\n{end} KEY-----\n"), *lines
        yield "lines of a key", f"the rest is\n{body}\nas said", secret
        yield "PEM in YAML", "key: |\n" + "".join(f"    {one}\n" for one in (f"{begin} KEY-----", *lines)), *lines
        head = f"-----BEGIN PGP PRIVATE{' '}KEY BLOCK-----\nVersion: 1\n\n"
        yield "PGP", f"{head}{body}\n=Ab1C\n-----END PGP PRIVATE KEY BLOCK-----", *lines
        yield "PuTTY", f"PuTTY-User-Key-File-3: x\nPrivate-Lines: 6\n{body}\nPrivate-MAC: {'ab12' * 16}\n", *lines

    def encodings(self) -> Iterator[tuple[Any, ...]]:
        password, token = self.password(), "ghp" + "_" + self.some(36)
        encoded = base64.b64encode(f"X={token}".encode()).decode()
        yield "base64 of a token", f"it is {encoded} now", encoded
        encoded = base64.b64encode(f"DB_HOST=db\nDB_PASSWORD={password}\n".encode()).decode()
        yield "base64 of settings", f"it is {encoded} now", encoded
        yield "wrapped", f"use {token[:20]}\\\n{token[20:]} now", token[:20], token[20:]
        yield "wrapped, with a blank", f"--password \\\n  {password}", password
        colours = f"\x1b[1mpassword\x1b[0m: \x1b[32m{password}\x1b[0m"
        yield "colours", colours, password
        yield "colours in a token", f"{token[:12]}\x1b[31m{token[12:]}\x1b[0m", token[:12], token[12:]
        yield "escaped once", json.dumps(f'{{"password": "{password}"}}'), password
        yield "escaped twice", json.dumps(json.dumps(f'{{"password": "{password}"}}')), password
        yield "escaped letters", '{"password"\\u003a "' + password + '"}', password
        yield "a line end before, escaped", f"x\\n{token}\\ny", token
        secret = f"apiVersion: v1\nkind: Secret\ndata:\n  url: {self.base64(24)}\nmetadata:\n  name: x\n"
        yield "Kubernetes", secret, secret.split("url: ")[1].split("\n")[0]
        yield (
            "two texts of a list",
            [{"type": "text", "text": f"it is {token[:20]}"}, {"text": f"{token[20:]} now"}],
            (token[:20]),
            token[20:],
        )
