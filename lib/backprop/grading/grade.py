"""Grading a class: judge what is new, keep each result as soon as it is there."""

import hashlib
import json
import re
import secrets
from dataclasses import asdict
from pathlib import Path

from . import notebook, pool, release, sandbox
from .statuses import HINTS, Homework

TRIES = 8  # seeds until the solution has passed under two of them


class GradeError(ValueError):
    """The command can't do what it was asked; the message says why."""


def from_solution(path, box, seed=None):
    """The Homework of a solution notebook, its values computed under two seeds.

    seed: the first one; drawn at random if None, and then anew where the solution itself fails under it.
    Raises GradeError where the file is no solution notebook, fails, or is visible inside the sandbox.
    """
    from .run import RunFailed  # with pytest and nbval, which --help can do without

    hidden = Path(path).resolve()
    if box.name == "bwrap":
        for folder in [Path("/usr"), *sandbox.visible()]:
            if hidden.is_relative_to(folder):
                raise GradeError(f"{path} lies in {folder}, which learners' code can read; move it elsewhere")
    draws = []
    try:
        solution = notebook.read(hidden)
        release.parts(solution)
        first = secrets.randbits(32) if seed is None else seed
        for tried in range(first, first + TRIES):
            try:
                draws.append(release.draw(solution, box, tried))
            except release.ReleaseError:
                if (tried == first and seed is not None) or tried == first + TRIES - 1:
                    raise
            if len(draws) == 2:
                break
        pristine = release.stub(solution, Path(path).stem, {})
    except (notebook.Unreadable, release.ReleaseError, RunFailed) as error:
        raise GradeError(f"{path}: {error}") from error
    answers = {e.number: notebook.source(e.answer) for e in notebook.exercises(solution)}
    return Homework(Path(path).stem, pristine, draws, answers)


class Store:
    """The results in a folder, one JSON file per submission, so that grading can go on later.

    A result is used again while the submission, the solution and the limits are the same.
    """

    def __init__(self, folder, solution, limits):
        self.folder = Path(folder)
        self.kept = self.folder / "submissions"
        self.kept.mkdir(parents=True, exist_ok=True)
        self.work = {
            "solution": hashlib.sha256(Path(solution).read_bytes()).hexdigest(),
            "limits": asdict(limits),
        }
        self.path = self.folder / "grading.json"

    def seed(self):
        """The seed of the work that is here already; None where there is none, or it was other work."""
        try:
            old = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return old["seed"] if {key: old.get(key) for key in self.work} == self.work else None

    def begin(self, seed):
        """Keep the seed, once the solution has passed under it; results of other work are removed."""
        if self.seed() != seed:
            for stale in self.kept.glob("*.json"):
                stale.unlink()
            self.path.write_text(json.dumps(self.work | {"seed": seed}, indent=1), encoding="utf-8")

    def load(self, key, submission):
        """The rows kept for this submission; None where there are none or it has changed."""
        try:
            found = json.loads(self._file(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found["rows"] if found["digest"] == _digest(submission) else None

    def save(self, key, submission, rows):
        """Keep the rows of this submission; the file is whole or not there at all."""
        target = self._file(key)
        part = target.with_suffix(".part")
        part.write_text(json.dumps({"digest": _digest(submission), "rows": rows}, indent=1), encoding="utf-8")
        part.replace(target)

    def _file(self, key):
        plain = re.sub(r"[^A-Za-z0-9-]+", "_", key)[:60]
        return self.kept / f"{plain}-{hashlib.sha256(key.encode()).hexdigest()[:8]}.json"


def _digest(submission):
    return hashlib.sha256(json.dumps(submission).encode()).hexdigest()


def grade(handins, homework, box, store, processes, scheduler=None):
    """Yield (key, rows, failure) for every hand-in, as each gets done; those kept from before first.

    handins: {key: Handin}. failure: why it could not be judged, or "".
    """
    todo = {}
    for key, handin in handins.items():
        if handin.submission is None:
            yield key, _rows(homework, "not handed in", "; ".join(handin.notes)), ""
        elif (kept := store.load(key, handin.submission)) is not None:
            yield key, kept, ""
        else:
            todo[key] = handin.submission
    for key, judged in pool.judge_all(todo, homework, box, processes, scheduler):
        if judged.failure:  # not kept: the next time it is tried again
            yield key, _rows(homework, "kernel died", judged.failure), judged.failure
        else:
            store.save(key, todo[key], judged.rows)
            yield key, judged.rows, ""


def _rows(homework, status, reason):
    """Rows without points, with the same status for every exercise."""
    return [
        {"exercise": e.number, "status": status, "points": 0.0, "of": e.points, "reason": reason,
         "hint": HINTS[status], "looks": "", "answer": "", "seconds": 0.0}
        for e in homework.exercises()
    ]  # fmt: skip
