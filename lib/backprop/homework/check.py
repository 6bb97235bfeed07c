"""What a homework notebook imports: Check shows an exercise's values and says whether they are right.

In JupyterLab the verdict comes at once, with the reason. While nbval compares (HOMEWORK_SEED is set)
only the values are shown, for numbers drawn from that seed. They are displayed, not printed: what an
answer prints, to see what it does, must not make it wrong.
"""

import json
import os
from pathlib import Path

import numpy as np

from . import diagnose, values

RELEASED = Path(__file__).parent / "released"
PUBLIC_SEED = 2026


class Check:
    """The checks of one homework: check = Check("hw3_layers").

    name: the homework's file name without .ipynb; its expected values come with the library, or from
    a notebook of that name in the current folder.
    """

    def __init__(self, name):
        self.name = name
        asked = os.environ.get("HOMEWORK_SEED")
        self.quiet = asked is not None
        self.seed = int(asked) if self.quiet else PUBLIC_SEED
        self.expected = {} if self.quiet else expected_values(name)

    def rng(self, exercise):
        """A numpy Generator for this exercise: the same numbers each time the cell runs."""
        return np.random.default_rng([self.seed, exercise])

    def __call__(self, exercise, *, wanted=None, **given):
        """Show the values of an exercise, one line each, and the verdict.

        exercise: its number. given: values by name; each is a number, an array, a word, a truth value
        or a list of words. The value named batch says how many examples there are, for the reasons.
        wanted: what is known of a value from a property such as the numerical gradient, by its name.

        Returns None. A wrong value raises nothing: the verdict is text.
        """
        lines, reasons, unknown = [f"exercise {exercise}"], [], False
        expected, wanted = self.expected.get(exercise, {}), wanted or {}
        for name, value in given.items():
            try:
                mine = self._canonical(exercise, value)
            except TypeError as error:
                lines.append(f"  {name} = {error}")
                reasons.append(f"{name} is {error}")
                continue
            lines.append(values.line(name, mine))
            reason, batch = "", given.get("batch")
            if name in wanted:
                reason = diagnose.explain(name, mine, self._canonical(exercise, wanted[name]), batch)
            if name in expected and not reason:
                reason = diagnose.compare(name, mine, expected[name], batch)
            if expected and name not in expected:
                reason = f"{name} is not asked for"
            unknown = unknown or not (name in expected or name in wanted)
            reasons.append(reason)
        reasons += [f"{name} is missing" for name in {**wanted, **expected} if name not in given]
        reasons = [reason for reason in reasons if reason]
        if reasons or not self.quiet:  # while nbval compares, a right answer shows its values only
            lines.append(_verdict(reasons, unknown))
        _show("\n".join(lines))

    def _canonical(self, exercise, value):
        return values.canonical(value, lambda text: values.seal(self.seed, exercise, text))


class _Text(str):
    """A text that is displayed without quotes."""

    __repr__ = str.__str__


def _show(text):
    """Display a text as a result of its own; a terminal prints it."""
    from IPython.display import display  # slow to import, and the command has no use for it

    display(_Text(text))


def _verdict(reasons, unknown):
    if reasons:
        return "✗ not yet: " + "\n           ".join(reasons)
    if unknown:
        return "? nothing to compare with here: run the command  homework check"
    return "✓ right"


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
        texts = expected_texts(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: not a homework notebook ({error!r})") from error
    return {number: values.parse(text) for number, text in texts.items()}


def expected_texts(pristine):
    """{exercise: what its check must show}, from the checks' metadata of a released notebook."""
    texts = [cell["metadata"].get("expected") for cell in pristine["cells"]]
    return {int(text.split()[1]): text for text in texts if text}
