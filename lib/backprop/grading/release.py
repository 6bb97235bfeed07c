"""From a solution notebook to what learners get: the stub, which is also the pristine copy.

In an answer cell, the lines between "# begin solution" and "# end solution" become a line that raises
NotImplementedError("exercise N"); a cell without these marks becomes that line as a whole. Cells tagged
"solution" are left out. What each check shows under the public seed goes into its metadata: numbers
rounded, words sealed.
"""

import re
from pathlib import Path

from ..homework import values
from ..homework.check import PUBLIC_SEED, salt
from . import merge, notebook
from .statuses import Draw

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
        mark = re.sub("^#+", "#", line.strip()).lower()  # nbgrader's are ### BEGIN SOLUTION
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

    solution: a notebook as a dict. name: the homework's name.
    expected: {number: the values of its check, as plain data}.
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
            number = checks[cell["id"]]
            public = {k: values.public(v, salt(name, number)) for k, v in expected[number].items()}
            cell["metadata"]["expected"] = {"exercise": number, "values": public}
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


def draw(solution, sandbox, seed):
    """The Draw of a solution under a seed: what each of its checks shows.

    Raises ReleaseError where a cell of the solution fails, its proofs included, and RunFailed where the
    run did not work.
    """
    from .run import run  # pytest and nbval take a second to import; making a stub needs neither

    found = {exercise.check["id"]: exercise.number for exercise in parts(solution)}
    cells = [cell for cell in solution["cells"] if cell.get("cell_type") == "code"]
    made = [merge.Cell(cell["id"], notebook.source(cell), found.get(cell["id"])) for cell in cells]
    outcomes = run(made, sandbox, {"HOMEWORK_SEED": str(seed)})
    for cell in made:
        result = outcomes[cell.id]
        if result.kind != "done":
            told = ": ".join(part for part in (result.kind, result.error, result.message) if part)
            raise ReleaseError(f"the solution's cell {cell.id} failed under the seed {seed}: {told}")
        if cell.exercise and not result.values:
            raise ReleaseError(
                f"the check of exercise {cell.exercise} showed no values; "
                f"expected check({cell.exercise}, …) with at least one"
            )
        for name, value in (result.values or {}).items():
            if isinstance(values.read(value), values.Refused):
                raise ReleaseError(f"exercise {cell.exercise}: {name} is {value['refused']}")
    return Draw(seed, {number: outcomes[id].values for id, number in found.items()})


def release(path, sandbox):
    """The stub of the solution in a file, made by running it. Its name is the file's.

    Raises ReleaseError or notebook.Unreadable with the reason.
    """
    solution = notebook.read(path)
    return stub(solution, Path(path).stem, draw(solution, sandbox, PUBLIC_SEED).expected)
