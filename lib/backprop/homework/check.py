"""What a homework notebook imports: Check shows an exercise's values and says whether they are right.

In JupyterLab the verdict comes at once, with the reason. While the homework is graded (HOMEWORK_SEED is
set) the kernel holds nothing to compare with: it draws other inputs and hands the values over as plain
data, and a judge outside compares. They are displayed, not printed: what an answer prints does no harm.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np

from . import diagnose, values

RELEASED = Path(__file__).parent / "released"
PUBLIC_SEED = 2026


class HandedOver(Exception):
    """Ends a check whose data are handed over; the check goes on in a kernel without the learner's code."""


class Check:
    """The checks of one homework: check = Check("hw3_layers").

    name: the homework's file name without .ipynb; its expected values come with the library, or from
    a notebook of that name in the current folder.
    """

    def __init__(self, name):
        self.name = name
        asked = os.environ.get("HOMEWORK_SEED")
        self.graded = asked is not None
        self.seed = int(asked) if self.graded else PUBLIC_SEED
        self.expected = {} if self.graded else expected_values(name)
        self.received = {}  # {exercise: data} that another kernel has handed over
        self.shown = {}  # {exercise: values} of the checks that have run
        self._drawn = {}

    def rng(self, exercise):
        """A numpy Generator for this exercise: the same numbers each time the cell runs."""
        self._drawn[exercise] = rng = _Rng(np.random.default_rng([self.seed, exercise]).bit_generator)
        return rng

    def data(self, exercise, answer):
        """What answer() returns, as plain data: numbers, texts, and lists and dictionaries of them.

        In a graded run the check ends here, and goes on where none of the learner's code has run.
        Raises TypeError for anything else.
        """
        if exercise in self.received:
            return self.received[exercise]
        try:
            text = json.dumps(answer(), default=_number, ensure_ascii=True)
        except (TypeError, ValueError, RecursionError) as error:
            raise TypeError(f"the answer is not plain data: {error}") from error
        if os.environ.get("HOMEWORK_PART") == "learner":
            _show(json.dumps({"exercise": exercise, "data": text}))
            raise HandedOver("the check goes on elsewhere")
        return json.loads(text)

    def __call__(self, exercise, /, **given):
        """Show the values of an exercise, one line each, and the verdict.

        exercise: its number. given: values by name; each is a number, an array, a word, a truth value
        or a list of words. The value named batch says how many examples there are, for the reasons.

        Returns None. A wrong value raises nothing: the verdict is text.
        """
        data = {name: values.plain(value) for name, value in given.items()}
        overwritten = self._overwritten(exercise, sys._getframe(1).f_globals)
        if self.graded:
            _show(json.dumps({"exercise": exercise, "values": data, "overwritten": overwritten}))
        mine = self.shown[exercise] = values.read_all(data)
        if self.graded:
            return
        lines = [f"exercise {exercise}", *(values.line(name, value) for name, value in mine.items())]
        if exercise in self.expected:
            wrong = diagnose.reasons(mine, self.expected[exercise], overwritten, salt(self.name, exercise))
            reasons = list(wrong.values())
            lines.append("✗ not yet: " + "\n           ".join(reasons) if reasons else "✓ right")
        else:
            lines.append("? nothing to compare with here: run the command  homework check")
        _show("\n".join(lines))

    def proves(self, exercise, /, **wanted):
        """For a solution: its values agree with what is known otherwise, such as the numerical gradient.

        Raises ValueError, with the reason, where they don't: such a seed is never graded with.
        """
        wanted = values.read_all({name: values.plain(value) for name, value in wanted.items()})
        mine = {name: value for name, value in self.shown[exercise].items() if name in wanted}
        wrong = diagnose.reasons(mine, wanted)
        if wrong:
            raise ValueError(f"exercise {exercise} is not proved: " + "; ".join(wrong.values()))
        if not self.graded:
            _show(f"exercise {exercise}: proved for {', '.join(wanted)}")

    def judged(self, exercise, wanted):
        """For an exported notebook: shows of each value whether it is right. wanted: plain data."""
        wanted = values.read_all(wanted)
        wrong = diagnose.reasons(self.shown.pop(exercise, {}), wanted, salt=salt(self.name, exercise))
        _show("\n".join(wrong.get(name, f"{name} is right") for name in [*wanted, *(wrong.keys() - wanted)]))

    def _overwritten(self, exercise, names):
        """Inputs that are no more what was drawn: their names, as far as the check's cell has any."""
        drawn = self._drawn[exercise].kept if exercise in self._drawn else []
        changed = [array for array, copy in drawn if not np.array_equal(array, copy)]
        return sorted(
            name
            for name, value in names.items()
            if type(value) is np.ndarray and any(value is a or value.base is a for a in changed)
        )


class _Rng(np.random.Generator):
    """A Generator that keeps copies of the small arrays it draws."""

    def __init__(self, bits):
        super().__init__(bits)
        self.kept = []


def _keeping(name):
    def draw(self, *args, **kwargs):
        found = getattr(np.random.Generator, name)(self, *args, **kwargs)
        if isinstance(found, np.ndarray) and found.size <= 1000 and len(self.kept) < 100:
            self.kept.append((found, found.copy()))
        return found

    return draw


for _name in ("normal", "uniform", "integers", "random"):
    setattr(_Rng, _name, _keeping(_name))


class _Text(str):
    """A text that is displayed without quotes."""

    __repr__ = str.__str__


def _show(text):
    """Display a text as a result of its own; a terminal prints it."""
    from IPython.display import display  # slow to import, and the command has no use for it

    display(_Text(text))


def _number(item):
    """A NumPy number as Python's, for JSON."""
    if isinstance(item, np.integer | np.floating | np.bool_):
        return item.item()
    if type(item) is np.ndarray:
        return item.tolist()
    raise TypeError(f"a {type(item).__name__} in it")


def salt(name, exercise):
    """What makes the seals of one exercise differ from all others."""
    return f"{name} {exercise}"


def expected_values(name):
    """{exercise: {value's name: value}} from the released notebook of this name; {} where there is none.

    Raises ValueError, with the path, where that notebook can't be read.
    """
    for folder in (RELEASED, Path.cwd()):
        path = folder / f"{name}.ipynb"
        if path.is_file():
            break
    else:
        return {}
    try:
        data = expected_data(json.loads(path.read_text(encoding="utf-8")))
        return {number: values.read_all(found) for number, found in data.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: not a homework notebook ({error!r})") from error


def expected_data(pristine):
    """{exercise: {value's name: plain data}}, from the checks' metadata of a released notebook."""
    kept = [cell["metadata"].get("expected") for cell in pristine["cells"]]
    return {found["exercise"]: found["values"] for found in kept if found}
