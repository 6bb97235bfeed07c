"""From a learner's file to one verdict per exercise: the engine of both `check` and `grade`.

First run: the answers in the order of the homework. What passes has passed.
Then each answer that has not passed runs by itself, after right answers of the exercises above it. So a
mistake is counted once, and an answer that breaks what comes after it harms no other.
Where a kernel is lost, the answers after it run in a new one.
"""

import builtins
import re
from dataclasses import asdict, dataclass

from ..homework import diagnose, values
from . import merge, notebook
from .run import RunFailed, run
from .statuses import HINTS, Verdict


def judge(homework, path, sandbox):
    """The Verdicts of the notebook in a file, in the homework's order.

    Raises RunFailed where the run did not work at all. A file that is no notebook gets "cell missing"
    for every exercise, with the reason.
    """
    exercises = notebook.exercises(homework.pristine)
    try:
        submission = notebook.read(path)
    except notebook.Unreadable as error:
        return [_verdict(e, "cell missing", f"the file can't be read: {error}") for e in exercises]
    answers = merge.find_answers(exercises, submission)
    session = _Session(homework, exercises, answers, submission, sandbox)
    session.run_in_order()
    session.run_alone()
    return [session.verdict(exercise) for exercise in exercises]


def as_rows(verdicts):
    """The verdicts as plain dicts, for JSON."""
    return [asdict(verdict) for verdict in verdicts]


def _verdict(exercise, status, reason="", seconds=0.0):
    points = exercise.points if status == "passed" else 0.0
    return Verdict(exercise.number, status, points, exercise.points, reason, HINTS.get(status, ""), seconds)


@dataclass
class _Finding:
    """What the runs have told of one exercise so far."""

    status: str
    reason: str = ""
    seconds: float = 0.0


class _Session:
    """The runs of one submission."""

    def __init__(self, homework, exercises, answers, submission, sandbox):
        self.homework, self.exercises, self.sandbox = homework, exercises, sandbox
        self.answers, self.submission = answers, submission
        self.sources = {n: answer.source for n, answer in answers.items() if answer.attempted}
        self.found = {}

    def run_in_order(self):
        """Every attempted answer, in the homework's order."""

        def cells(pending):
            sources = {n: self.sources[n] for n in pending}
            return merge.in_order(self.homework.pristine, sources, self.homework.expected)

        pending = list(self.sources)
        while pending:
            outcomes = run(cells(pending), self.sandbox, self.homework.seed)
            self._own_cells_ran(outcomes)
            ran = self._findings(pending, outcomes, private=False)
            if not ran:
                raise RunFailed("the kernel was lost before the first exercise")
            self.found |= ran
            pending = [number for number in pending if number not in ran]

    def run_alone(self):
        """What has not passed, each by itself in a kernel of its own, after right answers."""
        failed = [number for number, finding in self.found.items() if finding.status != "passed"]
        passed = {number: self.sources[number] for number in self.found if number not in failed}
        known = passed | self.homework.answers
        for number in failed:
            above = self._above(number)
            if not above & self.sources.keys() and not above & known.keys():
                continue  # it was alone the first time
            earlier = {n: known[n] for n in above & known.keys()}
            cells = merge.alone(
                self.homework.pristine, number, self.sources[number], earlier, self.homework.expected
            )
            outcomes = run(cells, self.sandbox, self.homework.seed)
            # a right answer was in that kernel: what the learner's code says of it is not repeated
            finding = self._finding(number, outcomes, private=bool(self.homework.answers))
            if finding is not None:
                self.found[number] = _clearer(self.found[number], finding)

    def _above(self, number):
        """The numbers of the exercises above this one."""
        numbers = [exercise.number for exercise in self.exercises]
        return set(numbers[: numbers.index(number)])

    def _own_cells_ran(self, outcomes):
        """Raise RunFailed where a cell of the homework's own, above the first answer, did not run."""
        for cell in self.homework.pristine["cells"]:
            if notebook.number(cell) is not None:
                return
            failed = outcomes.get(cell["id"])
            if failed is not None and failed.kind != "same":
                told = ": ".join(part for part in (failed.kind, failed.error, failed.message) if part)
                raise RunFailed(f"the homework's own cell {cell['id']} failed: {told}")

    def _findings(self, numbers, outcomes, private):
        """{number: what a run says of it}, without the exercises that the kernel did not live to see."""
        found = {number: self._finding(number, outcomes, private) for number in numbers}
        return {number: finding for number, finding in found.items() if finding is not None}

    def _finding(self, number, outcomes, private):
        """What a run says of an exercise; None where the kernel was lost before it."""
        exercise = next(e for e in self.exercises if e.number == number)
        answer, check = outcomes[exercise.answer["id"]], outcomes[exercise.check["id"]]
        if answer.kind == "not run":
            return None
        seconds = answer.seconds + check.seconds
        if check.kind == "same":
            return _Finding("passed", "", seconds)
        if answer.kind in ("same", "differs") and check.kind == "not run":
            return _Finding("kernel died", "the kernel ended after the answer cell", seconds)
        failed = check if answer.kind in ("same", "differs") else answer
        if failed.kind == "raised":
            return _Finding(*self._raised(number, failed, private), seconds)
        if failed.kind == "differs":
            return _Finding("wrong", self._wrong(number, failed.shown), seconds)
        return _Finding(failed.kind, failed.message, seconds)

    def _raised(self, number, failed, private):
        if failed.error == "NotImplementedError" and failed.message == f"exercise {number}":
            return "not attempted", "the line that raises NotImplementedError is still there"
        name = failed.error if _is_builtin_error(failed.error) or not private else "an exception of its own"
        message = "" if private else failed.message
        if failed.error in ("MemoryError", "_ArrayMemoryError"):
            return "out of memory", message or "it asked for more memory than there is"
        missing = re.match(r"name '(\w+)' is not defined", failed.message)
        message = self._missing_name(number, missing[1]) or message if missing else message
        return "raised", f"{name}: {message}" if message else name

    def _missing_name(self, number, name):
        """Why a name is not there, where we know; else ""."""
        for exercise in self.exercises:
            if name in merge.defined(notebook.source(exercise.answer)):
                if exercise.number == number:
                    return f"the answer cell does not define '{name}'"
                return f"'{name}' is the answer to exercise {exercise.number}; do that first"
        if merge.elsewhere(name, self.exercises, self.submission):
            return f"'{name}' is defined outside of the answer cells, and only they are judged; move it in"
        return ""

    def _wrong(self, number, shown):
        """The reasons, told from the numbers shown; nothing of the text is repeated."""
        mine, wanted = values.parse(shown), values.parse(self.homework.expected[number])
        batch = wanted.pop("batch", None)
        if not wanted.keys() & mine.keys():
            told = "the check showed none of its values"
            return f"{told}: they are no numbers, or the answer keeps it from showing them"
        reasons = []
        for name, value in wanted.items():
            if name in mine:
                reasons.append(diagnose.compare(name, mine[name], value, batch))
            else:
                reasons.append(f"{name} is missing, or neither a number nor an array of numbers")
        reasons = [reason for reason in reasons if reason]
        more = "the check showed more than its values: does the answer display something?"
        return "; ".join(reasons) or more

    def verdict(self, exercise):
        """The Verdict of an exercise after all runs."""
        answer = self.answers[exercise.number]
        if answer.source is None:
            return _verdict(exercise, "cell missing", "its answer cell is not in the notebook")
        if not answer.attempted:
            return _verdict(exercise, "not attempted", "the answer cell is as it was handed out")
        found = self.found[exercise.number]
        reason = "; ".join(part for part in (found.reason, answer.note) if part)
        return _verdict(exercise, found.status, reason, round(found.seconds, 3))


def _clearer(first, second):
    """Of the findings of two runs the one that stands, with the time of both: the second, which is fairer."""
    seconds = first.seconds + second.seconds
    reason = second.reason
    if first.status == second.status == "raised" and first.reason.startswith(second.reason):
        reason = first.reason  # the same exception, with its message
    return _Finding(second.status, reason, seconds)


def _is_builtin_error(name):
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)
