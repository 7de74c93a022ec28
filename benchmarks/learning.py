"""How well the score tells lessons from other events, by labels that others gave.

FEDLEARN_EVAL names a folder with `learning-pool.jsonl`: a line for an event, with its `event`, its `grade` (0
is no lesson), and its `file`, whose first folder names its profile in `learning-profiles.toml`.
"""

import json
import os
import sys
import tomllib
from itertools import product
from pathlib import Path

from git_fedlearn.core.scoring import Skipped, route_event
from git_fedlearn.learn.profiles import parse_profiles


def print_learning(_folder: Path) -> None:
    """Print precision, recall and AUC, over all events and over those that a profile maps."""
    folder = os.environ.get("FEDLEARN_EVAL")
    if not folder:
        sys.exit("error: FEDLEARN_EVAL is not set\nhint: export FEDLEARN_EVAL=FOLDER")
    tables = tomllib.loads(Path(folder, "learning-profiles.toml").read_text(encoding="utf-8"))
    profiles = {profile.name: profile for profile in parse_profiles(tables["sources"])}
    mapped, others = list[tuple[bool, bool, float]](), list[tuple[bool, bool, float]]()
    for line in Path(folder, "learning-pool.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        profile = profiles.get(entry["file"].partition("/")[0])
        score, outcome = route_event(profile.apply(entry["event"]) or {} if profile else entry["event"])
        judged = (entry["grade"] > 0, not isinstance(outcome, Skipped), score.value)
        (mapped if profile else others).append(judged)
    for name, events in (("all events", mapped + others), ("events of a profile", mapped)):
        learned = [is_lesson for is_lesson, is_learned, _ in events if is_learned]
        lessons = [score for is_lesson, _, score in events if is_lesson]
        rest = [score for is_lesson, _, score in events if not is_lesson]
        wins = sum((good > bad) + (good == bad) / 2 for good, bad in product(lessons, rest))
        print(
            f"{name:20} {len(events):4}  precision {sum(learned) / len(learned):.2f}"
            f"  recall {sum(learned) / len(lessons):.2f}  AUC {wins / len(lessons) / len(rest):.2f}"
        )
