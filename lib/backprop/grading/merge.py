"""Finding a learner's answers, wherever they are now, and putting them into the pristine homework.

Only the source of the answer cells is taken. Outputs, counts, checks, metadata and all other cells of
the learner's file count for nothing.
"""

import ast
from dataclasses import dataclass

from . import notebook


@dataclass(frozen=True)
class Cell:
    """A code cell of a merged notebook."""

    id: str
    source: str
    expected: str | None = None  # what it must print; None: its output is not compared


@dataclass(frozen=True)
class Answer:
    """A learner's answer to one exercise."""

    number: int
    source: str | None  # None: no cell was found
    attempted: bool  # False: missing, empty, or still the stub
    note: str = ""  # what the learner should know about how it was found


def find_answers(exercises, submission):
    """{number: Answer} for each pristine exercise.

    A cell is known by its id, else by its tags, else by the name that the stub defines. Of several
    cells the last that is not the stub counts, as it would in a kernel.
    """
    cells = [cell for cell in submission["cells"] if cell.get("cell_type") == "code"]
    return {exercise.number: _find(exercise, cells) for exercise in exercises}


def _find(exercise, cells):
    stub = notebook.source(exercise.answer)
    names = defined(stub)
    by_id = [cell for cell in cells if cell.get("id") == exercise.answer["id"]]
    by_tags = [
        cell for cell in cells
        if notebook.number(cell) == exercise.number and "answer" in notebook.tags(cell)
    ]  # fmt: skip
    # a cell that only calls the function does not define it, so a check is not taken for the answer
    by_name = [cell for cell in cells if names and names <= defined(notebook.source(cell))]
    for found in (by_id, by_tags, by_name):
        written = [cell for cell in found if not _same(notebook.source(cell), stub)]
        if written:
            note = f"{len(written)} cells hold an answer; the last one counts" if len(written) > 1 else ""
            return Answer(exercise.number, notebook.source(written[-1]), True, note)
    return Answer(exercise.number, stub if by_id or by_tags or by_name else None, False)


def _same(source, stub):
    """True where a source says no more than the stub; spaces at line ends don't count."""

    def plain(text):
        return [line.rstrip() for line in text.strip().splitlines()]

    return plain(source) in (plain(stub), [])


def defined(source):
    """The names that a source defines at its top level; the empty set where it is not Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # magics, or what no parser can bear
        return set()
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def elsewhere(name, exercises, submission):
    """True where the learner defines this name in a cell that is no answer cell."""
    ids = {exercise.answer["id"] for exercise in exercises}
    others = [cell for cell in submission["cells"] if cell.get("id") not in ids]
    return any(name in defined(notebook.source(cell)) for cell in others)


def in_order(pristine, sources, expected):
    """The cells of a first run: the pristine homework with the answers in their places.

    sources: {number: an answer's source}; an exercise without one is left out, its check too.
    expected: {number: what its check must print}.
    """
    cells = []
    for cell in _code(pristine):
        role = {"answer", "check"} & set(notebook.tags(cell))
        number = notebook.number(cell)
        if not role:
            cells.append(Cell(cell["id"], notebook.source(cell)))
        elif number in sources:
            answer = "answer" in role
            source = sources[number] if answer else notebook.source(cell)
            cells.append(Cell(cell["id"], source, None if answer else expected[number]))
    return cells


def alone(pristine, number, source, earlier, expected):
    """The cells of a run of one answer by itself, after right answers of the exercises above it.

    earlier: {number: a right answer's source}. The exercise's own right answer is never among the
    cells, nor a later one's: an answer could call it.
    """
    cells = []
    for cell in _code(pristine):
        found, answer = notebook.number(cell), "answer" in notebook.tags(cell)
        if found is None:
            cells.append(Cell(cell["id"], notebook.source(cell)))
        elif found == number:
            cells.append(Cell(cell["id"], source if answer else notebook.source(cell),
                              None if answer else expected[number]))  # fmt: skip
            if not answer:
                return cells
        elif answer and found in earlier:
            cells.append(Cell(cell["id"], earlier[found]))
    raise ValueError(f"the homework has no check of exercise {number}")


def _code(pristine):
    return [cell for cell in pristine["cells"] if cell.get("cell_type") == "code"]
