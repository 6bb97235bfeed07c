"""Finding a learner's answers, wherever they are now, and putting them into the pristine homework.

Only the sources of the answers are taken, and from other cells of the learner's own the helpers, imports
and constants that an answer needs. Outputs, counts, checks and metadata count for nothing.
"""

import ast
import builtins
import functools
import itertools
import json
import re
from dataclasses import dataclass

from . import notebook

LARGEST = 20_000  # characters of a cell that is parsed: the parser's memory and time grow with them
MOST = 500_000  # characters of a notebook that are searched for answers in other cells
# what an honest answer rarely names: the teacher should look, and the points stay as they are
SUSPECT = re.compile(
    r"\b(_getframe|settrace|setprofile|ast_transformers|input_transformers\w*|get_ipython|ctypes|__globals__"
    r"|__code__|__closure__|gc|inspect|f_back|f_globals|f_locals|HOMEWORK_\w+|slopes)\b|\bCheck\b|\bcheck\."
)
LAYERS = "Affine Sigmoid Tanh Relu LeakyRelu Elu Maxout SoftmaxWithLoss MeanSquaredError HalfSquaredError"
LIBRARY = re.compile(
    rf"\b({LAYERS.replace(' ', '|')}|Network|TwoLayerNet|Value|numerical_gradient|check_gradients)\b"
)


@dataclass(frozen=True)
class Cell:
    """A code cell of a merged notebook."""

    id: str
    source: str
    exercise: int | None = None  # of a check
    expected: dict | None = None  # the values that a check must show; None: they are not compared


@dataclass(frozen=True)
class Answer:
    """A learner's answer to one exercise."""

    number: int
    source: str | None  # None: no cell was found
    attempted: bool  # False: missing, empty, or still the stub
    note: str = ""  # what the learner should know about how it was found
    helpers: str = ""  # what it needs of the learner's other cells
    looks: str = ""  # what the teacher should look at


def find_answers(exercises, submission, pristine):
    """{number: Answer} for each pristine exercise.

    A cell is known by its id, by its tags, or by the name that the stub defines. A cell that defines the
    name anew replaces those above it, as it would in a kernel; other cells with the tags are its parts.
    """
    given = {notebook.source(cell) for cell in _code(pristine) if "answer" not in notebook.tags(cell)}
    cells = [(cell, notebook.source(cell)) for cell in _code(submission)]
    cells = [(cell, text) for cell, text in cells if text not in given]
    length = itertools.accumulate(len(text) for _, text in cells)
    found = zip(cells, length, strict=True)
    cells = [pair for pair, total in found if total <= MOST or notebook.tags(pair[0])]
    found = {exercise.number: _find(exercise, cells) for exercise in exercises}
    known = set(dir(builtins)).union(*map(bound, given))
    own = {}  # the learner's other definitions, {name: source}; of several the last
    for _, text in cells:
        own |= {name: part for name, part in _definitions(text).items() if name not in known}
    return {number: _with_helpers(answer, own, exercises) for number, answer in found.items()}


def _find(exercise, cells):
    stub = notebook.source(exercise.answer)
    names = bound(stub)
    parts, here, notes = [], False, []
    for cell, text in cells:
        tagged = notebook.number(cell) == exercise.number and "answer" in notebook.tags(cell)
        ours = tagged or cell.get("id") == exercise.answer["id"]
        # a cell that only calls the function does not define it, so a check is not taken for the answer
        anew = bool(names) and names <= bound(text)
        if not (ours or anew):
            continue
        here = True
        if _same(text, stub):
            continue
        if anew and any(names <= bound(part) for part in parts):
            notes = ["several cells hold an answer; the last one counts"]
            parts = []
        elif parts:
            notes = ["the parts of a split answer cell are joined"]
        parts.append(text)
    if not parts:
        return Answer(exercise.number, stub if here else None, False)
    source = "\n".join(parts)
    return Answer(exercise.number, source, True, "; ".join(notes), looks=suspicious(source, stub))


def _with_helpers(answer, own, exercises):
    """The answer with what it needs of the learner's own names, and of what these need in turn."""
    if not answer.attempted:
        return answer
    other = set().union(*(bound(notebook.source(e.answer)) for e in exercises))
    needed, todo = {}, [answer.source]
    while todo:
        for name in _free(todo.pop()) - needed.keys() - other:
            if name in own:
                needed[name] = own[name]
                todo.append(own[name])
    if not needed:
        return answer
    # in the order of the learner's notebook; one statement may bind several names
    helpers = "\n".join(dict.fromkeys(own[name] for name in own if name in needed))
    note = f"taken from other cells: {', '.join(name for name in own if name in needed)}"
    note = notebook.printable("; ".join(part for part in (answer.note, note) if part))
    looks = suspicious(answer.source + helpers, "")
    return Answer(answer.number, answer.source, True, note, helpers, answer.looks or looks)


def suspicious(source, stub):
    """The names in an answer that a teacher should look at, once each; "" where there are none."""
    found = [match[0].rstrip(".") for match in SUSPECT.finditer(source)]
    found += [match[0] for match in LIBRARY.finditer(source) if match[0] not in stub]
    return ", ".join(dict.fromkeys(found))[:200]


def _same(source, stub):
    """True where a source says no more than the stub; spaces at line ends don't count."""

    def plain(text):
        return [line.rstrip() for line in text.strip().splitlines()]

    return plain(source) in (plain(stub), [])


@functools.lru_cache(500)
def _parsed(source):
    """The tree of a source; an empty one where it is not Python, or too long to be parsed."""
    if len(source) > LARGEST:
        source = ""
    plain = re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)  # IPython's magics
    try:
        return plain, ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", ast.Module([], [])


def bound(source):
    """The names that a source binds at its top level; the empty set where it is not Python."""
    return {name for node in _parsed(source)[1].body for name in _names(node)}


def _definitions(source):
    """{name: the source of the statement that binds it} at a source's top level."""
    plain, tree = _parsed(source)
    lines = plain.splitlines()
    found = {}
    for node in tree.body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        # a name bound twice, as in k = 2; k = k + 1, needs both statements
        for name in _names(node):
            part = "\n".join(lines[first - 1 : node.end_lineno])
            found[name] = f"{found[name]}\n{part}" if name in found and name in _reads(node) else part
    return found


def _names(node):
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
    return []


def _free(source):
    """The names that a source reads and does not bind at its top level."""
    return _reads(_parsed(source)[1]) - bound(source)


def _reads(tree):
    changed = {node.target.id for node in ast.walk(tree)
               if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)}  # fmt: skip
    return changed | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def first_run(pristine, answers, expected):
    """The cells of a first run: the pristine homework with these answers in their places.

    answers: {number: Answer}; an exercise without one is left out, its check too.
    expected: {number: the values that its check must show}; without, the check is not compared.
    """
    cells = []
    for cell in _code(pristine):
        found = notebook.number(cell)
        if found is None:
            cells.append(Cell(cell["id"], notebook.source(cell)))
        elif found in answers:
            cells += _placed(cell, found, answers[found], expected)
    return cells


def alone(pristine, answer, earlier, expected):
    """The cells of a run of one answer by itself, after right answers of the exercises above it.

    earlier: {number: a right answer's source}. The exercise's own right answer is never among the
    cells, nor a later one's: an answer could call it.
    """
    cells = []
    for cell in _code(pristine):
        found = notebook.number(cell)
        if found is None:
            cells.append(Cell(cell["id"], notebook.source(cell)))
        elif found == answer.number:
            cells += _placed(cell, found, answer, expected)
            if "check" in notebook.tags(cell):
                return cells
        elif "answer" in notebook.tags(cell) and found in earlier:
            cells.append(Cell(cell["id"], earlier[found]))
    raise ValueError(f"the homework has no check of exercise {answer.number}")


def elsewhere(pristine, number, data, expected):
    """The cells of a run without any answer: a check goes on with the data that an answer handed over."""
    cells = []
    for cell in _code(pristine):
        found = notebook.number(cell)
        if found is None or "answer" in notebook.tags(cell):
            cells.append(Cell(cell["id"], notebook.source(cell)))  # a stub only defines its name
        elif found == number:
            given = f"import json\ncheck.received[{number}] = json.loads({json.dumps(data)})"
            cells.append(Cell("handed-over", given))
            cells.append(Cell(cell["id"], notebook.source(cell), number, expected))
            return cells
    raise ValueError(f"the homework has no check of exercise {number}")


def _placed(cell, number, answer, expected):
    """The cells that stand for an answer's or a check's cell."""
    if "answer" not in notebook.tags(cell):
        return [Cell(cell["id"], notebook.source(cell), number, expected.get(number))]
    helpers = [Cell(f"helpers-{number}", answer.helpers)] if answer.helpers else []
    return [*helpers, Cell(cell["id"], answer.source)]


def _code(made):
    return [cell for cell in made["cells"] if cell.get("cell_type") == "code"]
