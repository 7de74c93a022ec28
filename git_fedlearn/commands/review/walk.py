"""The walk of `git fedlearn review`: one pending item after the other, one key a decision.

The last decision is carried out with the next one, or at the end, so that it can be undone until then.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import click

from git_fedlearn.commands.review.kinds import Accepted, PendingItem, PendingSample
from git_fedlearn.console.context import Context
from git_fedlearn.console.keyboard import Keyboard
from git_fedlearn.console.words import SHORT_ID
from git_fedlearn.errors import FedlearnError, UsageError

_KEYS: Final = {
    "accept": ("a", "take it, without private data, or do what it proposes"),
    "as-is": ("s", "learn it unredacted, and allow its values; done at once, without undo"),
    "edit": ("e", "learn another version of it"),
    "drop": ("d", "reject it; it is not shown again"),
    "reveal": ("r", "show what may be private in it"),
    "next": ("n", "decide later"),
    "undo": ("u", "take the last decision back"),
    "quit": ("q", "keep the decisions, and leave the rest"),
}
"""The key of each choice, and what it means."""


class Walk:
    """A walk through pending items, and those that `find_more` finds after the last one.

    Whatever ends it, what was decided is kept.
    """

    def __init__(
        self,
        context: Context,
        items: Sequence[PendingItem],
        find_more: Callable[[], Sequence[PendingItem]] | None,
    ) -> None:
        self._context = context
        self._items = [*items]
        self._find_more = find_more
        self._keyboard = Keyboard(context)
        self._position = 0
        self._last: tuple[int, Callable[[], Accepted | None]] | None = None
        """The position of the item that was decided on last, and what to do, still to be done."""
        self._settled: set[int] = set()
        """The positions of items that are no longer pending."""
        self._accepted = 0
        self._dropped = 0
        self.results: list[Accepted] = []

    def run(self) -> None:
        """Ask about each item, and print a summary."""
        try:
            while self._visit():
                pass
        except KeyboardInterrupt:
            self._context.say()
        self._carry_out()
        if not self._items:
            self._context.note("nothing to review")
            return
        left = len(self._items) - len(self._settled)
        self._context.say(f"\naccepted {self._accepted}, dropped {self._dropped}, {left} left")

    def _visit(self) -> bool:
        """Ask about the next pending item; whether to continue."""
        item = self._find_next()
        if item is None:
            return self._last is not None and self._offer_undo()
        self._context.say(f"\n{self._position + 1} of {len(self._items)}")
        self._context.say(item.describe())
        while True:
            answer = self._ask((*item.choices, "next", *["undo"] * bool(self._last), "quit"))
            if answer == "quit":
                return False
            try:
                if self._follow(item, answer):
                    return True
            except FedlearnError as error:
                self._context.report(error)

    def _find_next(self) -> PendingItem | None:
        while True:
            if self._position == len(self._items) and self._find_more:
                find_more, self._find_more = self._find_more, None
                self._items += find_more()
            if self._position == len(self._items):
                return None
            item = self._items[self._position]
            if self._position not in self._settled:
                if item.is_pending():
                    return item
                self._settled.add(self._position)
            self._position += 1

    def _offer_undo(self) -> bool:
        self._context.say("\nno more items")
        if self._ask(("undo", "quit")) != "undo":
            return False
        self._undo()
        return True

    def _follow(self, item: PendingItem, answer: str) -> bool:
        """Do what was chosen; whether the walk moves."""
        if answer == "undo":
            self._undo()
        elif answer == "next":
            self._position += 1
        elif answer == "accept":
            self._decide(partial(item.accept, self._context, [item]))
        elif answer == "drop":
            self._decide(partial(item.drop, self._context, [item]))
        elif answer == "edit" and isinstance(item, PendingSample):
            edited = item.parse_edited(read_text(self._context, item, None))
            self._decide(partial(item.learn_edited, edited))
        elif answer == "as-is" and isinstance(item, PendingSample):
            self._carry_out()
            self._allow(item)
        else:
            self._context.say(item.describe(reveal=True))
            return False
        return True

    def _ask(self, choices: Sequence[str]) -> str:
        """Ask until the answer is the key of a choice or the start of one; the end of input means quit."""
        labels = [choice.replace(_KEYS[choice][0], f"[{_KEYS[choice][0]}]", 1) for choice in choices]
        while True:
            answer = self._keyboard.ask(f"{', '.join(labels[:-1])} or {labels[-1]}? ")
            if answer is None:
                return "quit"
            by_key = [choice for choice in choices if answer == _KEYS[choice][0]]
            found = by_key or [choice for choice in choices if answer and choice.startswith(answer)]
            self._keyboard.confirm(found[0] if found else "")
            if found:
                return found[0]
            for choice in choices:
                self._context.say(f"  {_KEYS[choice][0]}  {choice:<6}  {_KEYS[choice][1]}")

    def _decide(self, decision: Callable[[], Accepted | None]) -> None:
        self._carry_out()
        self._last = self._position, decision
        self._position += 1

    def _undo(self) -> None:
        if self._last:
            self._position, self._last = self._last[0], None

    def _carry_out(self) -> None:
        """Carry out the last decision, unless another process decided on its item in the meantime."""
        last, self._last = self._last, None
        if last is None:
            return
        (position, decision), context = last, self._context
        item = self._items[position]
        try:
            if not item.is_pending():
                context.note(f"note: {item.key[:SHORT_ID]} is no longer pending")
            elif (result := decision()) is None:
                self._dropped += 1
            else:
                self.results.append(result)
                if result.refused:
                    return
                self._accepted += 1
        except FedlearnError as error:
            context.report(error)
            return
        self._settled.add(position)

    def _allow(self, item: PendingSample) -> None:
        """Learn a sample as it is, and with it the others that are no longer in doubt."""
        result = item.accept_as_is(self._context, [item])
        self.results.append(result)
        for line in result.lines:
            self._context.say(line)
        settled = {
            position
            for position, one in enumerate(self._items)
            if isinstance(one, PendingSample) and not one.is_pending()
        }
        self._accepted += len(settled - self._settled)
        self._settled |= settled
        self._position += 1


def read_text(context: Context, item: PendingSample, file: str | None) -> str:
    """Another version of a sample: of a file, of standard input (`-`), or of an editor without a file.

    Raises UsageError if there is none.
    """
    if file is None:
        edited = click.edit(json.dumps(item.redacted, indent=2, ensure_ascii=False), extension=".json")
        if edited is None:
            raise UsageError("no changes made", hint="save the file in the editor, or name a FILE")
        return edited
    if file == "-":
        return context.stdin.read().decode("utf-8", "replace")
    try:
        return context.named_path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read: {error}") from error
