"""`git fedlearn show`: one record, as people read it."""

import json
from collections.abc import Sequence
from datetime import date

import click

from git_fedlearn.console.context import Context, paint, paint_score
from git_fedlearn.console.lesson_facts import (
    describe_since,
    describe_successors,
    describe_superseded,
    describe_versions,
    lesson_facts,
)
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import CHANGE_WORDS, SHORT_ID, SUSPICIOUS, evidence, printable_lines
from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.changes import ChangeKind
from git_fedlearn.core.effective_score import effective_score, tally
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.core.outcomes import Outcome
from git_fedlearn.core.record import (
    FIRST_SEEN,
    RETRACTED,
    SCORE_KEYS,
    Record,
    printable,
    score_of,
    seen_by,
)
from git_fedlearn.core.supersession import Successor
from git_fedlearn.federation.injection import is_suspicious
from git_fedlearn.federation.origins import Origin, find_origin
from git_fedlearn.repository.alternatives import Alternative, find_alternatives
from git_fedlearn.repository.lookup import select
from git_fedlearn.repository.names import SystemNames, read_names
from git_fedlearn.repository.outcomes import read_outcomes
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.supersession import find_successors
from git_fedlearn.repository.trust import read_trust
from git_fedlearn.search.lesson_text import BODY_FIELDS, HEAD_FIELDS
from git_fedlearn.training.trained import describe_model, find_models, model_to_json

MAX_LISTED_ALTERNATIVES = 5


@click.command("show", short_help="Show a record.")
@click.argument("identifier", metavar="ID")
@click.option(
    "--origin", "with_origin", is_flag=True, help="Also show who learned it, when, and how it got here."
)
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, identifier: str, *, with_origin: bool) -> None:
    """Show a record from every set it is in. The first characters of its id are enough.

    --origin also names the peer that introduced the record, the peers that have it, the commits that changed
    it, and the models that were trained on it.
    """
    repository = context.data_repository
    found = select(repository.sets, identifier)
    origin = None
    if with_origin:
        origin = find_origin(repository, found[0][1], tuple(name for name, _ in found))
    models = find_models(repository, [found[0][1].id]) if with_origin else []
    today = context.now().date()
    successors = find_successors(repository, {found[0][1].id}).get(found[0][1].id, ())
    others = find_alternatives(repository, found[0][1])
    if context.is_json:
        records = [
            {
                "set": name,
                **lesson_facts(record.fields, today, successors, [one.id for one in others]),
                "reads_like_instructions": is_suspicious(record.fields),
                "record": record.fields,
            }
            for name, record in found
        ]
        trained = [model_to_json(one) for one in models]
        answer = {"origin": {**_origin_to_json(origin), "models": trained}} if origin else {}
        context.say_json("show/v1", {"records": records, **answer})
        return
    names = read_names(repository)
    with context.paging():
        outcomes = read_outcomes(repository, {record.id for _, record in found})
        for name, record in found:
            known = outcomes.get(record.id, {})
            if record.is_tombstone:
                facts = _describe_retraction(record, names)
            else:
                weighed = _weigh(repository, record, known, names)
                related = _relate(record, successors, others)
                facts = _describe(record, [*weighed, *related], today, names)
            context.say("\n".join([f"{paint('id', record.id)}  {paint('set', name)}", *facts, ""]))
        if origin:
            rows = [_row("trained", describe_model(one, names)) for one in models]
            context.say("\n".join(["origin", *_describe_origin(origin, names), *rows]))


def _weigh(
    repository: Repository, record: Record, outcomes: dict[str, Outcome], names: SystemNames
) -> list[str]:
    """The lines for the effective score, and for outcomes with their newest notes."""
    effective = effective_score(record, read_trust(repository, {record.id}), outcomes)
    lines = [_row("score", paint_score(effective, f"{effective:.2f}"))]
    said = evidence(tally(outcomes.values()))
    if said:
        lines.append(_row("outcomes", said))
    for note, system in sorted((note, system) for system, one in outcomes.items() for note in one.notes):
        what = paint("good", "worked") if note.worked else paint("bad", "failed")
        lines.append(f"    {note.at} {names.named(system)} {what}: {_text(note.text)}")
    return lines


def _relate(record: Record, successors: Sequence[Successor], others: Sequence[Alternative]) -> list[str]:
    """The lines for versions, for lessons that replace it or that it replaces, and for other solutions."""
    versions = describe_versions(record.fields)
    lines = [_row("versions", versions)] if versions else []
    lines += [_row("replaced", text) for text in describe_successors(successors)]
    if text := describe_superseded(record.fields):
        lines.append(_row("replaces", text))
    lines += [
        _row(
            "also solved by",
            f"{paint('id', one.id[:SHORT_ID])}  score {one.effective:.2f}  {printable(one.solution)}",
        )
        for one in others[:MAX_LISTED_ALTERNATIVES]
    ]
    return lines


def _describe_retraction(record: Record, names: SystemNames) -> list[str]:
    retracted = record.fields[RETRACTED]
    facts = retracted if isinstance(retracted, dict) else {}
    return [
        _row("retracted", f"{facts.get('at')} by {names.named(str(facts.get('by')))}"),
        _row("reason", _text(facts.get("reason"))),
    ]


def _describe(record: Record, weighed: list[str], today: date, names: SystemNames) -> list[str]:
    fields = record.fields
    systems = ", ".join(names.named(system) for system in seen_by(fields)) or "unknown"
    score = score_of(fields)
    lines = [
        *([_row("warning", SUSPICIOUS)] if is_suspicious(fields) else []),
        *weighed,
        _row("author's score", f"{score:g}" if score >= 0 else "none"),
        _row("learned", f"{describe_since(fields, today) or 'unknown'} by {systems}"),
    ]
    for key in _in_order(fields):
        lines += [f"  {_text(key)}", *(f"    {line}" for line in _text(fields[key]).split("\n"))]
    return lines


def _in_order(fields: JsonObject) -> list[str]:
    """The keys of the content: question and answer first, without the score that has a line already."""
    told = {key for key in SCORE_KEYS if fields.get(key) == score_of(fields)}
    content = sorted(key for key in fields if not is_metadata_key(key) and key not in told)
    first = [key for key in (*HEAD_FIELDS, *BODY_FIELDS) if key in content]
    return list(dict.fromkeys([*first, *content]))


def _describe_origin(origin: Origin, names: SystemNames) -> list[str]:
    seen = [names.with_own(system) for system in seen_by(origin.record.fields)]
    lines = [_row("learned by", ", ".join(seen))] if seen else []
    if origin.introduced_by:
        lines.append(_row("introduced by", origin.introduced_by))
    if origin.held_by:
        lines.append(_row("also in", ", ".join(origin.held_by)))
    for change in origin.changes:
        peers = f"  from {', '.join(change.peers)}" if change.peers else ""
        facts = f"{change.date}  {change.commit[:SHORT_ID]}  {printable(change.subject)}{peers}"
        lines.append(_row(CHANGE_WORDS[ChangeKind(change.what)], facts))
    return lines if origin.changes else [*lines, "  not committed yet"]


def _row(name: str, text: str) -> str:
    return f"  {name:<14}  {text}"


def _origin_to_json(origin: Origin) -> dict[str, object]:
    return {
        "id": origin.record.id,
        "sets": [*origin.sets],
        "retracted": origin.record.is_tombstone,
        "learned_by": [*seen_by(origin.record.fields)],
        "first_seen": origin.record.fields.get(FIRST_SEEN),
        "introduced_by": origin.introduced_by,
        "held_by": [*origin.held_by],
        "changes": [{**change._asdict(), "peers": [*change.peers]} for change in origin.changes],
    }


def _text(value: Json) -> str:
    """The value for a terminal."""
    return printable_lines(
        value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    )
