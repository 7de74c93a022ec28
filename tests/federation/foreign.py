"""Repositories of others, written with git's plumbing: any tree, any bytes, no git-fedlearn."""

from collections.abc import Iterable
from typing import Any

from systems import System, World

from git_fedlearn.core.record import format_line, make_record

SKILLS = "data/patterns/skills-patterns.jsonl"
ERRORS = "data/patterns/error-solutions.jsonl"


def line(**fields: Any) -> bytes:
    """The canonical line of a lesson."""
    return make_record({"value_score": 0.8, **fields}).line


def forged(identifier: str, **fields: Any) -> bytes:
    """A line that claims an id."""
    return format_line(make_record(dict(fields)).id, fields).replace(
        make_record(dict(fields)).id.encode(), identifier.encode()
    )


def lines_of(lines: Iterable[bytes]) -> bytes:
    return b"".join(item + b"\n" for item in sorted(lines))


class Foreign(System):
    """A bare repository whose commits are made from bytes."""

    def __init__(self, world: World, name: str) -> None:
        path = world.folder / f"{name}.git"
        path.mkdir(parents=True)
        super().__init__(path, world.home)
        self.git("init", "--quiet", "--bare")

    def offer(
        self, *lines: bytes, path: str = SKILLS, branch: str = "main", parent: str | None = None
    ) -> str:
        """Commit a record set of these lines, as all there is."""
        return self.offer_files({path: lines_of(lines)}, branch=branch, parent=parent)

    def offer_files(
        self, files: dict[str, bytes | tuple[str, str]], *, branch: str = "main", parent: str | None = None
    ) -> str:
        """Commit files: bytes, or a mode and an object id; on top of the branch or of another parent."""
        stream = [
            b"commit refs/heads/%s\ncommitter A <a@example.org> 1780000000 +0000\ndata 1\nx" % branch.encode()
        ]
        tip = self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False).out.strip()
        start = tip if parent is None else parent
        if start:
            stream.append(b"\nfrom %s" % start.encode())
        stream.append(b"\ndeleteall")
        for path, content in files.items():
            if isinstance(content, bytes):
                stream.append(b'\nM 100644 inline "%s"\ndata %d\n%s' % (path.encode(), len(content), content))
            else:
                stream.append(b'\nM %s %s "%s"' % (content[0].encode(), content[1].encode(), path.encode()))
        self.git("fast-import", "--quiet", "--force", stdin=b"".join(stream) + b"\n")
        return self.git("rev-parse", f"refs/heads/{branch}").out.strip()

    def blob(self, data: bytes) -> str:
        """Store a blob and return its id."""
        return self.git("hash-object", "-w", "--stdin", stdin=data).out.strip()

    def raw_tree(self, *entries: tuple[str, str, str]) -> str:
        """A tree of (mode, name, object id) that no check of git has seen."""
        data = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(oid) for mode, name, oid in entries)
        return self.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=data).out.strip()

    def point_to_tree(self, tree: str, branch: str = "main") -> str:
        """Make a commit of a tree the newest of a branch."""
        commit = self.git("commit-tree", tree, "-m", "x").out.strip()
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit


def patterns(system: System) -> list[str]:
    """What the lessons of skills-patterns say, sorted."""
    return sorted(str(r.fields["pattern"]) for r in system.records("skills-patterns") if not r.is_tombstone)


def pull(here: System, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run pull-remotes; what it answers, with the peers by name."""
    answer = here.fedlearn("pull-remotes", "--json", *arguments, code=code).json()
    return {**answer, "peers": {peer["name"]: peer for peer in answer["peers"]}}
