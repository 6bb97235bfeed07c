"""From a solution notebook to what learners get: the stub, which is also the pristine copy.

In an answer cell, the lines between "# begin solution" and "# end solution" become a line that raises
NotImplementedError("exercise N"); a cell without these marks becomes that line as a whole. Cells tagged
"solution" are left out. What each check shows under the public seed goes into its metadata.
"""

import re
from pathlib import Path

from ..homework.check import PUBLIC_SEED
from . import merge, notebook

BEGIN, END = "# begin solution", "# end solution"


class ReleaseError(ValueError):
    """A solution notebook that can't be released; the message says where and what was expected."""


def stub_source(source, number):
    """An answer's source with the solution taken out.

    Raises ReleaseError where a mark lacks its partner.
    """
    stop = f'raise NotImplementedError("exercise {number}")'
    lines, inside, marks = [], False, 0
    for line in source.split("\n"):
        mark = line.strip()
        if mark in (BEGIN, END):
            if inside != (mark == END):
                raise ReleaseError(f"exercise {number}: {mark!r} stands where its partner is expected")
            if not inside:
                lines.append(re.match(r"\s*", line)[0] + stop)
                marks += 1
            inside = not inside
        elif not inside:
            lines.append(line)
    if inside:
        raise ReleaseError(f"exercise {number}: {BEGIN!r} without {END!r}")
    return "\n".join(lines) if marks else stop


def stub(solution, name, expected):
    """The stub notebook of a solution: no answers, no outputs.

    solution: a notebook as a dict. name: the homework's name. expected: {number: a check's output}.
    Raises ReleaseError where the exercises are not as they should be.
    """
    exercises = parts(solution)
    answers = {exercise.answer["id"]: exercise.number for exercise in exercises}
    checks = {exercise.check["id"]: exercise.number for exercise in exercises}
    cells = []
    for cell in solution["cells"]:
        if "solution" in notebook.tags(cell):
            continue
        cell = cell | {"metadata": dict(cell.get("metadata", {}))}
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": []}
        if cell["id"] in answers:
            text = stub_source(notebook.source(cell), answers[cell["id"]])
            cell["source"] = text.splitlines(keepends=True)
        if cell["id"] in checks and checks[cell["id"]] in expected:
            cell["metadata"]["expected"] = expected[checks[cell["id"]]]
        cells.append(cell)
    kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"homework": {"name": name}, "kernelspec": kernelspec,
                     "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }  # fmt: skip


def parts(solution):
    """The exercises of a solution; ReleaseError where they are not as they should be."""
    try:
        return notebook.exercises(solution)
    except ValueError as error:
        raise ReleaseError(str(error)) from error


def expected_outputs(solution, sandbox, seed):
    """What each check of a solution shows under a seed: {number: text}.

    Raises ReleaseError where a cell of the solution fails, and RunFailed where the run did not work.
    """
    from .run import run  # pytest and nbval take a second to import; making a stub needs neither

    cells = [cell for cell in solution["cells"] if cell.get("cell_type") == "code"]
    outcomes = run([merge.Cell(cell["id"], notebook.source(cell)) for cell in cells], sandbox, seed)
    for cell in cells:
        found = outcomes[cell["id"]]
        if found.kind != "same":
            told = ": ".join(part for part in (found.kind, found.error, found.message) if part)
            raise ReleaseError(f"the solution's cell {cell['id']} failed: {told}")
    expected = {e.number: outcomes[e.check["id"]].shown for e in parts(solution)}
    for number, text in expected.items():
        if "✗" in text:
            reason = text.split("✗")[1].strip()
            raise ReleaseError(f"the solution's own answer to exercise {number} is wrong: {reason}")
        if not re.match(rf"exercise {number}\n  \w", text):
            raise ReleaseError(
                f"the check of exercise {number} showed {text[:60]!r}; "
                f"expected the lines of check({number}, …) with at least one value"
            )
    return expected


def release(path, sandbox):
    """The stub of the solution in a file, made by running it. Its name is the file's.

    Raises ReleaseError or notebook.Unreadable with the reason.
    """
    solution = notebook.read(path)
    parts(solution)
    return stub(solution, Path(path).stem, expected_outputs(solution, sandbox, PUBLIC_SEED))
