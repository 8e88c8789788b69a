"""Git repositories made for a test, also ones that git itself would not make."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGAN = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)


EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
ANN = "Ann <ann@example.org> 1700000000 +0000"


class Repository:
    """A repository whose commits are a minute apart, authored an hour before."""

    def __init__(self, path: Path) -> None:
        self.path, self.commits = path, 0
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str, input: bytes | None = None) -> str:
        at = BEGAN + timedelta(minutes=self.commits)
        environment = {
            **{f"GIT_{who}_NAME": f"Ann {who.title()}" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "ann@example.com" for who in ("AUTHOR", "COMMITTER")},
            "GIT_AUTHOR_DATE": (at - timedelta(hours=1)).isoformat(),
            "GIT_COMMITTER_DATE": at.isoformat(),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=environment, input=input, check=True, capture_output=True
        )
        return done.stdout.decode()

    def commit(self, message: str, **files: str) -> str:
        for name, content in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(content)
        self.git("add", "-A")
        self.git(
            "commit",
            "-q",
            "--allow-empty",
            "--allow-empty-message",
            "--cleanup=verbatim",
            "-F",
            "-",
            input=message.encode(),
        )
        self.commits += 1
        return self.git("rev-parse", "HEAD").strip()

    def log(self, *arguments: str) -> list[str]:
        return self.git("log", *arguments).splitlines()

    def history(self, count: int) -> None:
        """So many commits at once, by fast-import."""
        told = []
        for number in range(count):
            at = int((BEGAN + timedelta(minutes=number)).timestamp())
            message = f"Commit {number}: ünïcode\n\nA body\nof two lines.".encode()
            told.append(
                b"commit refs/heads/main\nauthor Ann Author <ann@example.com> %d +0200\n"
                b"committer Bob <bob@example.com> %d -0500\ndata %d\n%s\n" % (at - 3600, at, len(message), message)
            )
            told += [
                b"M 100644 inline src/%d/file %d.py\ndata 4\n%04d\n" % (number % 7, file, number)
                for file in range(number % 4)
            ]
        self.git("fast-import", "--quiet", input=b"".join(told))

    def object(self, kind: str, content: bytes) -> str:
        """Store an object as it is, right or wrong."""
        return self.git("hash-object", "-t", kind, "-w", "--stdin", "--literally", input=content).strip()

    def raw(
        self,
        message: bytes,
        *parents: str,
        author: str | bytes = ANN,
        committer: str | bytes = ANN,
        tree: str = "",
        headers: bytes = b"",
    ) -> str:
        """Store a commit with these lines, and make it the newest."""
        lines = [b"tree " + (tree or self.tree()).encode(), *(b"parent " + one.encode() for one in parents)]
        lines += [b"author " + _bytes(author), b"committer " + _bytes(committer)]
        sha = self.object("commit", b"".join(line + b"\n" for line in lines) + headers + b"\n" + message)
        self.point(sha)
        return sha

    def tree(self, **files: str) -> str:
        """Store a tree with these files."""
        blobs = [(name, self.object("blob", text.encode())) for name, text in files.items()]
        return self.git("mktree", input="".join(f"100644 blob {id}\t{name}\n" for name, id in blobs).encode()).strip()

    def point(self, sha: str) -> None:
        """Make a commit the newest, whatever it is."""
        ref = self.path / ".git" / "refs" / "heads" / "main"
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.write_text(f"{sha}\n")

    def clone(self, path: Path, *arguments: str) -> "Repository":
        """A clone as over a network, with everything that its arguments leave out missing."""
        url = self.path.absolute().as_uri()
        self.git("-c", "protocol.file.allow=always", "clone", "-q", "--no-local", *arguments, url, str(path))
        return Repository(path)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
