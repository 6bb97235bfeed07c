"""From a learner's file to one verdict per exercise: the engine of both `check` and `grade`.

First run: the answers in the order of the homework. What passes has passed.
Where a check takes data (check.data), it goes on in a kernel in which no answer has run.
Then each answer that has not passed runs by itself, after right answers of the exercises above it, where
it uses them. So a mistake is counted once, and an answer that breaks what comes after it harms no other.
Numbers that miss by little are drawn again, with another seed. No kernel of a learner's ever holds a
right value: the judge has them, here.
"""

import builtins
import re
from dataclasses import asdict, dataclass, replace

from ..homework import diagnose, values
from ..homework.check import salt
from . import merge, notebook
from .run import RunFailed, run
from .statuses import HINTS, Verdict

TAKES_DATA = re.compile(r"\bcheck\.data\(")


def judge(homework, submission, sandbox):
    """The Verdicts of a submission, in the homework's order.

    submission: a notebook as a dict, or the reason why there is none: then every exercise gets "cell
    missing". Raises RunFailed where the run did not work at all.
    """
    exercises = homework.exercises()
    if isinstance(submission, str):
        return [_verdict(e, "cell missing", submission) for e in exercises]
    answers = merge.find_answers(exercises, submission, homework.pristine)
    session = _Session(homework, exercises, answers, sandbox)
    session.run_in_order()
    session.run_alone()
    session.draw_again()
    return [session.verdict(exercise) for exercise in exercises]


def as_rows(verdicts):
    """The verdicts as plain dicts, for JSON."""
    return [asdict(verdict) for verdict in verdicts]


def _verdict(exercise, status, reason="", points=0.0, **more):
    hint = HINTS.get(status, "")
    return Verdict(exercise.number, status, points, exercise.points, reason, hint, **more)


@dataclass(frozen=True)
class _Finding:
    """What the runs have told of one exercise so far."""

    status: str
    reason: str = ""
    seconds: float = 0.0
    right: float = 0.0  # the part of the points that is earned
    almost: bool = False  # wrong by little: worth another draw


class _Session:
    """The runs of one submission."""

    def __init__(self, homework, exercises, answers, sandbox):
        self.homework, self.exercises, self.sandbox, self.answers = homework, exercises, sandbox, answers
        self.attempted = {n: answer for n, answer in answers.items() if answer.attempted}
        self.takes_data = {e.number for e in exercises if TAKES_DATA.search(notebook.source(e.check))}
        self.found = {}

    def _run(self, cells, draw, learner=True):
        settings = {"HOMEWORK_SEED": str(draw.seed)} | ({"HOMEWORK_PART": "learner"} if learner else {})
        return run(cells, self.sandbox, settings, lambda number: salt(self.homework.name, number))

    def _compared(self, draw):
        """The values to compare with in a learner's kernel: not those of a check that goes on elsewhere."""
        return {n: wanted for n, wanted in draw.expected.items() if n not in self.takes_data}

    def run_in_order(self):
        """Every attempted answer, in the homework's order; those that a lost kernel left run in a new one."""
        draw, pending = self.homework.draws[0], dict(self.attempted)
        while pending:
            cells = merge.first_run(self.homework.pristine, pending, self._compared(draw))
            outcomes = self._run(cells, draw)
            self._own_cells_ran(outcomes)
            ran = {n: self._finding(n, outcomes, draw, private=False) for n in pending}
            ran = {n: finding for n, finding in ran.items() if finding is not None}
            if not ran:
                raise RunFailed("the kernel was lost before the first exercise")
            self.found |= ran
            pending = {n: answer for n, answer in pending.items() if n not in ran}

    def run_alone(self):
        """What has not passed, each by itself in a kernel of its own."""
        first = next(iter(self.attempted), None)
        for number, finding in self.found.items():
            if finding.status not in ("passed", "not attempted") and number != first:
                again = self._alone(number, self.homework.draws[0])
                if again is not None:
                    self.found[number] = _clearer(finding, again)

    def draw_again(self):
        """Numbers that missed by little, with another seed: a right answer does not miss twice."""
        for number, finding in self.found.items():
            for draw in self.homework.draws[1:] if finding.almost else ():
                again = self._alone(number, draw)
                if again is not None and again.status == "passed":
                    self.found[number] = replace(again, seconds=finding.seconds + again.seconds)

    def _alone(self, number, draw):
        """What a run of one answer says, after right answers of the exercises above that it names."""
        answer = self.attempted[number]
        right = {n: a.source for n, a in self.attempted.items() if self.found[n].status == "passed"}
        above = [e for e in self.exercises[: [e.number for e in self.exercises].index(number)]]
        earlier, named = {}, answer.source + answer.helpers
        for exercise in reversed(above):  # an earlier answer may name one that is earlier still
            source = right.get(exercise.number) or self.homework.answers.get(exercise.number)
            names = merge.bound(notebook.source(exercise.answer))
            if source and any(re.search(rf"\b{name}\b", named) for name in names):
                helpers = self.attempted[exercise.number].helpers if exercise.number in right else ""
                earlier[exercise.number] = f"{helpers}\n{source}"
                named += earlier[exercise.number]
        cells = merge.alone(self.homework.pristine, answer, earlier, self._compared(draw))
        private = any(n not in right for n in earlier)
        # where a right answer was in that kernel, what the learner's code says of it is not repeated
        return self._finding(number, self._run(cells, draw), draw, private)

    def _own_cells_ran(self, outcomes):
        """Raise RunFailed where a cell of the homework's own, above the first answer, did not run."""
        for cell in self.homework.pristine["cells"]:
            if notebook.number(cell) is not None:
                return
            failed = outcomes.get(cell["id"])
            if failed is not None and failed.kind != "done":
                told = ": ".join(part for part in (failed.kind, failed.error, failed.message) if part)
                raise RunFailed(f"the homework's own cell {cell['id']} failed: {told}")

    def _finding(self, number, outcomes, draw, private):
        """What a run says of an exercise; None where the kernel was lost before it."""
        exercise = next(e for e in self.exercises if e.number == number)
        answer, check = outcomes[exercise.answer["id"]], outcomes[exercise.check["id"]]
        helpers = outcomes.get(f"helpers-{number}")
        if helpers is not None and helpers.kind not in ("done", "raised", "not run"):
            answer = helpers
        if answer.kind == "not run":
            return None
        seconds = answer.seconds + check.seconds
        if answer.kind == "done" and number in self.takes_data and check.kind in ("done", "raised"):
            if check.data is not None:
                cells = merge.elsewhere(self.homework.pristine, number, check.data, draw.expected[number])
                check = self._run(cells, draw, learner=False)[exercise.check["id"]]
                seconds += check.seconds
            elif check.kind == "done":
                return _Finding("wrong", "the check was not given what it asks for", seconds)
        if answer.kind == "done" and check.kind == "not run":
            return _Finding("kernel died", "the kernel ended after the answer cell", seconds)
        failed = check if answer.kind == "done" else answer
        if failed.kind == "done" and check.values is not None and number in draw.expected:
            return _Finding("passed", "", seconds, right=1.0)
        if failed.kind == "raised":
            return _Finding(*self._raised(number, failed, private), seconds)
        if failed.kind in ("wrong", "done"):
            wrong = _without_words(check) if private else check.wrong
            told = "; ".join(dict.fromkeys(wrong.values())) or "the check showed none of its values"
            right, almost = self._worth(exercise, check, draw.expected[number])
            return _Finding("wrong", notebook.printable(told), seconds, right, almost)
        return _Finding(failed.kind, failed.message, seconds)

    def _worth(self, exercise, check, expected):
        """(the part of the points that a wrong check earns, whether it was wrong by little)."""
        wanted = values.read_all(expected)
        if check.mine is None or check.wrong.keys() - wanted.keys():  # more than its values, or none
            return 0.0, False
        parts = wanted.keys() - {"batch"}
        share = 1 - len(check.wrong.keys() & parts) / len(parts)
        share = share if "parts" in notebook.tags(exercise.check) else 0.0
        return share, diagnose.almost(check.mine, wanted)

    def _raised(self, number, failed, private):
        if failed.error == "NotImplementedError" and failed.message == f"exercise {number}":
            return "not attempted", "the line that raises NotImplementedError is still there"
        name = failed.error if _is_builtin_error(failed.error) or not private else "an exception of its own"
        message = "" if private else failed.message
        if failed.error in ("MemoryError", "_ArrayMemoryError"):
            return "out of memory", message or "it asked for more memory than there is"
        known = self._known_error(number, failed)
        return "raised", f"{name}: {known or message}" if known or message else name

    def _known_error(self, number, failed):
        """What a common error means here; "" for others."""
        missing = re.fullmatch(r"name '(\w+)' is not defined.*", failed.message)
        if missing:
            return self._missing_name(number, missing[1])
        count = re.fullmatch(r"(?:not enough|too many) values to unpack \(expected (\d+)(?:, got (\d+))?\)",
                             failed.message)  # fmt: skip
        if count:
            got = f"{count[2]}" if count[2] else f"more than {count[1]}"
            return f"the check expects {count[1]} values from the answer; it returns {got}"
        one = re.fullmatch(r"cannot unpack non-iterable (\w+) object", failed.message)
        if one:
            got = "None: is there a return?" if one[1] == "NoneType" else f"one {one[1]}"
            return f"the check expects several values from the answer; it returns {got}"
        return ""

    def _missing_name(self, number, name):
        """Why a name is not there, where we know; else ""."""
        for exercise in self.exercises:
            if name in merge.bound(notebook.source(exercise.answer)):
                if exercise.number == number:
                    return f"the answer cell does not define '{name}'"
                return f"'{name}' is the answer to exercise {exercise.number}; do that first"
        return f"'{name}' is not defined: put the line that defines it into the answer cell"

    def verdict(self, exercise):
        """The Verdict of an exercise after all runs."""
        answer = self.answers[exercise.number]
        if answer.source is None:
            return _verdict(exercise, "cell missing", "its answer cell is not in the notebook")
        if not answer.attempted:
            return _verdict(exercise, "not attempted", "the answer cell is as it was handed out")
        found = self.found[exercise.number]
        reason = "; ".join(part for part in (found.reason, answer.note) if part)
        points = round(exercise.points * found.right, 2)
        judged = f"{answer.helpers}\n{answer.source}".strip()[:5000]
        return _verdict(exercise, found.status, reason, points, seconds=round(found.seconds, 3),
                        looks=answer.looks, answer=judged)  # fmt: skip


def _without_words(check):
    """Why a check is wrong, in our words only: the learner's code may have read a right answer."""
    mine = check.mine or {}
    ours = {"more": "more is returned than was asked for", "inputs": "the answer overwrites an input"}
    return {
        name: f"{name} is no number" if isinstance(mine.get(name), values.Refused) else ours.get(name, why)
        for name, why in check.wrong.items()
    }


def _clearer(first, second):
    """Of the findings of two runs the one that stands, with the time of both: the second, which is fairer."""
    seconds = first.seconds + second.seconds
    reason = second.reason
    if first.status == second.status == "raised" and first.reason.startswith(second.reason):
        reason = first.reason  # the same exception, with its message
    return replace(second, reason=reason, seconds=seconds)


def _is_builtin_error(name):
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)
