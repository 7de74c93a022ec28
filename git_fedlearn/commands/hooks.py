"""What each git hook does; `plumbing/hook.py` finds the function by the hook's name.

A hook checks and reports. None writes records: a pull must leave what was pulled.
"""

from git_fedlearn.commands.context import Context
from git_fedlearn.commands.findings import scan_lines
from git_fedlearn.commands.wording import count, kinds, short_ids
from git_fedlearn.core.layout import DATA
from git_fedlearn.learn.sanitizing import sanitize_files
from git_fedlearn.repository.data_tree import CommittedTree, committed_tree, index_tree, open_objects
from git_fedlearn.repository.gate import Verdict, judge, new_lines
from git_fedlearn.repository.history import losses_by_set, merge_parents
from git_fedlearn.repository.objects import Objects, Oid

MOST = 20
"""Lines of each kind of report that are shown."""

SHORT_COMMIT = 12


def pre_commit(context: Context) -> int:
    """Block a commit that adds bad lines or private data, or drops records."""
    return _check_index(context, may_shrink=False)


def pre_merge_commit(context: Context) -> int:
    """The same for a merge, except that losses are left to post-merge, which tells how to mend them."""
    return _check_index(context, may_shrink=True)


def post_merge(context: Context) -> int:
    """Say so when a merge lost records, because the driver did not run."""
    repository = context.repository
    objects = open_objects(repository)
    head = objects.find_commit("HEAD")
    if head is None:
        return 0
    parents = objects.parents(head)
    earlier = parents if len(parents) > 1 else [oid for oid in [objects.find_commit("ORIG_HEAD")] if oid]
    losses = losses_by_set([committed_tree(objects, oid) for oid in earlier], committed_tree(objects, head))
    for name, found in losses.items():
        ids = (*found.lost, *found.revived, *found.weakened)
        context.complain(f"warning: this merge lost {count(len(ids), 'record')} of {name}: {short_ids(ids)}")
    if losses:
        context.complain(
            "hint: git fedlearn verify --fix && git add data && git commit -m 'bring back lost records'"
        )
    return 0


def pre_push(context: Context, remote: str, _url: str = "") -> int:
    """Check every commit that would leave, not only the tip."""
    objects = open_objects(context.repository)
    known = context.repository.git.run("for-each-ref", "--format=%(objectname)", f"refs/remotes/{remote}/")
    code = 0
    for line in context.stdin.read().decode("utf-8", "replace").splitlines():
        _local, local_oid, remote_ref, remote_oid = line.split(" ")
        tip = find_new(objects, local_oid)
        without = [find_new(objects, oid) for oid in (remote_oid, *known.decode().split())]
        code |= _check_range(context, objects, tip, without, remote_ref)
    return code


def pre_receive(context: Context) -> int:
    """On a server: bounce a push that holds private data or bad lines, or drops records."""
    objects = open_objects(context.repository)
    known = (
        context.repository.git.run("for-each-ref", "--format=%(objectname)", "refs/heads/").decode().split()
    )
    without = [objects.find_commit(oid) for oid in known]
    code = 0
    for line in context.stdin.read().decode("utf-8", "replace").splitlines():
        _old, new, ref = line.split(" ", 2)
        code |= _check_range(context, objects, find_new(objects, new), without, ref)
    return code


def find_new(objects: Objects, oid: str) -> Oid | None:
    """The commit a ref is to point at; None when the ref is deleted (all zeros) or is no commit."""
    return objects.find_commit(oid) if oid.strip("0") else None


def sanitize(context: Context, *paths: str) -> int:
    """For the pre-commit framework: rewrite data files; fail when anything changed."""
    cleaned = sanitize_files(context.repository, context.privacy, paths or None)
    for path in cleaned.paths:
        context.complain(f"sanitized {path}{kinds(cleaned.redacted)}")
    return 1 if cleaned.paths else 0


def scan(context: Context, *_paths: str) -> int:
    """For the pre-commit framework: block private data in what is staged."""
    candidate, parents = _staged(context)
    return _report(context, candidate, parents, Verdict([], {}))


def verify(context: Context, *_paths: str) -> int:
    """For the pre-commit framework: block bad lines and losses in what is staged."""
    candidate, parents = _staged(context)
    verdict = judge(context.repository, candidate, parents)
    return _report_problems(context, verdict) | _report_losses(context, verdict)


def _staged(context: Context) -> tuple[CommittedTree, list[CommittedTree]]:
    objects = open_objects(context.repository)
    parents = [committed_tree(objects, oid) for oid in merge_parents(context.repository, objects)]
    return index_tree(context.repository, objects), parents


def _check_index(context: Context, *, may_shrink: bool) -> int:
    repository = context.repository
    if repository.git.is_true("diff", "--cached", "--quiet", "--", f":/{DATA}"):
        return 0
    candidate, parents = _staged(context)
    verdict = judge(repository, candidate, parents)
    return _report(
        context, candidate, parents, Verdict(verdict.problems, {} if may_shrink else verdict.losses)
    )


def _check_range(
    context: Context, objects: Objects, tip: Oid | None, without: list[Oid | None], ref: str
) -> int:
    """Private data and bad lines in any new commit; records that the tip lacks of any new commit or base."""
    if tip is None:
        return 0
    code = 0
    bases: dict[Oid, CommittedTree] = {}
    for commit in objects.walk([tip], without=[oid for oid in without if oid]):
        parents = [bases.setdefault(oid, committed_tree(objects, oid)) for oid in objects.parents(commit)]
        candidate = bases.setdefault(commit, committed_tree(objects, commit))
        if all(candidate.entries == parent.entries for parent in parents) and parents:
            continue
        verdict = judge(context.repository, candidate, parents)
        bad = [problem for problem in verdict.problems if commit == tip or problem.kind == "opaque"]
        found = _report(context, candidate, parents, Verdict(bad, {}))
        if found:
            context.complain(f"  in commit {commit[:SHORT_COMMIT]} ({ref})")
        code |= found
    shrunk = {
        n: f for n, f in losses_by_set(bases.values(), committed_tree(objects, tip)).items() if f.is_shrunk
    }
    return code | _report_losses(context, Verdict([], shrunk))


def _report(
    context: Context, candidate: CommittedTree, parents: list[CommittedTree], verdict: Verdict
) -> int:
    code = _report_losses(context, verdict) | _report_problems(context, verdict)
    found = list(scan_lines(context.privacy, new_lines(candidate, parents)))
    for item in found[:MOST]:
        context.complain(f"error: {item}")
    if found:
        context.complain("hint: git fedlearn sanitize && git add data")
    return 1 if found else code


def _report_problems(context: Context, verdict: Verdict) -> int:
    for problem in verdict.problems[:MOST]:
        place = f"{problem.path}:{problem.line}" if problem.line else problem.path
        context.complain(f"error: {place}: {problem.message}")
    if verdict.problems:
        fixable = any(problem.fixable for problem in verdict.problems)
        context.complain(
            f"hint: {'git fedlearn verify --fix' if fixable else 'correct the file'}, then git add it"
        )
    return 1 if verdict.problems else 0


def _report_losses(context: Context, verdict: Verdict) -> int:
    for name, losses in verdict.losses.items():
        lost, revived = losses.lost, losses.revived
        if lost:
            context.complain(
                f"error: {count(len(lost), 'record')} of {name} would be lost: {short_ids(lost)}"
            )
            retract = f"git fedlearn retract {lost[0][:12]} --reason WHY"
            context.complain(f"hint: git fedlearn verify --fix brings back; {retract} retracts everywhere")
        if revived:
            undone = count(len(revived), "retraction")
            context.complain(f"error: {undone} of {name} would be undone: {short_ids(revived)}")
            context.complain("hint: git fedlearn verify --fix; git fedlearn restore ID brings a record back")
    return 1 if verdict.losses else 0
