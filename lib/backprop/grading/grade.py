"""Grading a folder: find the submissions, judge what is new, keep each result as soon as it is there."""

import hashlib
import json
import os
import re
import secrets
from dataclasses import asdict
from pathlib import Path

from . import notebook, pool, release, sandbox
from .statuses import HINTS, Homework


class GradeError(ValueError):
    """The command can't do what it was asked; the message says why."""


def from_solution(path, box, seed):
    """The Homework of a solution notebook, its expected outputs computed anew under the seed.

    Raises GradeError where the file is no solution notebook, or is visible inside the sandbox.
    """
    from .run import RunFailed  # with pytest and nbval, which --help can do without

    hidden = Path(path).resolve()
    if box.name == "bwrap":
        for folder in [Path("/usr"), *sandbox.visible()]:
            if hidden.is_relative_to(folder):
                raise GradeError(f"{path} lies in {folder}, which learners' code can read; move it elsewhere")
    try:
        solution = notebook.read(hidden)
        release.parts(solution)
        expected = release.expected_outputs(solution, box, seed)
        pristine = release.stub(solution, Path(path).stem, expected)
    except (notebook.Unreadable, release.ReleaseError, RunFailed) as error:
        raise GradeError(f"{path}: {error}") from error
    answers = {e.number: notebook.source(e.answer) for e in notebook.exercises(solution)}
    return Homework(Path(path).stem, pristine, expected, seed, answers)


def submissions(folder):
    """{learner: path} of every .ipynb file under a folder; links to folders are not followed.

    A notebook alone in its folder is named after the folder, any other by its own name.
    Raises GradeError where there is none.
    """
    found = {}
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__")))
        names = sorted(f for f in files if f.endswith(".ipynb") and not f.startswith("."))
        for name in names:
            relative = Path(place, name).relative_to(folder)
            alone = len(names) == 1 and len(relative.parts) > 1
            learner = relative.parent if alone else relative.with_suffix("")
            found[notebook.printable(learner.as_posix())] = Path(place, name)
    if not found:
        raise GradeError(f"{folder}: no .ipynb file in it")
    return found


def page_name(learner):
    """A file name for a learner's page: safe on every system, one for each learner."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "_", learner)[:60]
    return f"{plain}-{hashlib.sha256(learner.encode()).hexdigest()[:8]}"


class Store:
    """The results in a folder, one JSON file per submission, so that grading can go on later.

    A result is used again while the submission, the solution and the limits are the same.
    """

    def __init__(self, folder, solution, limits, seed=None):
        self.folder = Path(folder)
        self.kept = self.folder / "submissions"
        self.kept.mkdir(parents=True, exist_ok=True)
        self.work = {
            "solution": hashlib.sha256(Path(solution).read_bytes()).hexdigest(),
            "limits": asdict(limits),
        }
        self.seed = self._seed(seed)

    def _seed(self, seed):
        """The seed of the work that is here already, unless another is asked for; else a new one."""
        path = self.folder / "grading.json"
        if path.exists():
            old = json.loads(path.read_text())
            if {key: old.get(key) for key in self.work} == self.work and seed in (None, old["seed"]):
                return old["seed"]
            for stale in self.kept.glob("*.json"):
                stale.unlink()
        seed = secrets.randbits(32) if seed is None else seed
        path.write_text(json.dumps(self.work | {"seed": seed}, indent=1))
        return seed

    def load(self, learner, path):
        """The rows kept for this submission; None where there are none or the file has changed."""
        kept = self._file(learner)
        if not kept.exists():
            return None
        found = json.loads(kept.read_text(encoding="utf-8"))
        return found["rows"] if found["digest"] == _digest(path) else None

    def save(self, learner, path, rows):
        """Keep the rows of this submission; the file is whole or not there at all."""
        target = self._file(learner)
        part = target.with_suffix(".part")
        part.write_text(json.dumps({"digest": _digest(path), "rows": rows}, indent=1), encoding="utf-8")
        part.replace(target)

    def _file(self, learner):
        return self.kept / f"{page_name(learner)}.json"


def _digest(path):
    """The digest of a submission, or why it can't be read: both tell whether it has changed."""
    try:
        return hashlib.sha256(json.dumps(notebook.read(path)).encode()).hexdigest()
    except notebook.Unreadable as error:
        return str(error)


def grade(found, homework, box, store, processes, tell):
    """Rows for every learner: {learner: rows}; and what could not be judged: {learner: why}.

    found: {learner: path}. tell(learner): called as each gets done, also for those kept from before.
    """
    rows, failures, todo = {}, {}, {}
    for learner, path in found.items():
        kept = store.load(learner, path)
        if kept is None:
            todo[path] = learner
        else:
            rows[learner] = kept
            tell(learner)
    for judged in pool.judge_all(list(todo), homework, box, processes):
        learner = todo[judged.path]
        rows[learner] = judged.rows or _without_verdict(homework, judged.failure)
        if judged.failure:
            failures[learner] = judged.failure  # not kept: the next time it is tried again
        else:
            store.save(learner, judged.path, judged.rows)
        tell(learner)
    return {learner: rows[learner] for learner in found}, failures


def _without_verdict(homework, failure):
    """Rows for a submission that ended its own judge: no points, and the reason."""
    return [
        {"exercise": e.number, "status": "kernel died", "points": 0.0, "of": e.points,
         "reason": failure, "hint": HINTS["kernel died"], "seconds": 0.0}
        for e in notebook.exercises(homework.pristine)
    ]  # fmt: skip
