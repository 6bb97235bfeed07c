"""The chapters' questions and Your turns, and how a learner would write an answer."""

import importlib
import re
from pathlib import Path

import backprop.chapters
from backprop.explore import Question

from notebooks import CHAPTERS, read

MODULES = sorted(path.stem for path in Path(backprop.chapters.__file__).parent.glob("ch[0-9][0-9]_*.py"))
HERE = {path.stem[:2]: path for path in CHAPTERS}


def questions():
    for module in MODULES:
        names = vars(importlib.import_module(f"backprop.chapters.{module}"))
        yield from ((module[:4], name, found) for name, found in names.items() if isinstance(found, Question))


ALL = {f"{chapter}.{name}": found for chapter, name, found in questions()}  # {"ch01.LOSS": Question}


def written(answer, style=lambda text: text):
    """An answer as a learner would write it."""
    if isinstance(answer, str):
        return answer
    several = answer if isinstance(answer, tuple) else (answer,)
    return "; ".join(style(repr(value)) for value in several)


def wrong_answer(question):
    """An answer that is not right: a foreseen mistake where there is one."""
    if question.mistakes:
        return written(next(iter(question.mistakes)))
    if question.choices:
        return next(choice for choice in question.choices if choice != question.answer)
    several = question.answer if isinstance(question.answer, tuple) else (question.answer,)
    return "; ".join(repr(1.7 * value + 123.4) for value in several)


def turns():
    """(chapter, stub's number among the cells) of every Your turn."""
    for chapter, path in HERE.items():
        for i, cell in enumerate(read(path)["cells"]):
            if "your-turn" in cell["metadata"].get("tags", ()):
                yield chapter, i


def parts(chapter, i):
    """Stub, check and solution of the Your turn whose stub is cell i."""
    cells = ["".join(cell["source"]) for cell in read(HERE[chapter])["cells"][i : i + 3]]
    folded = r"<summary>Solution</summary>\n\n```python\n(.*?)```\n</details>"
    (solution,) = re.findall(folded, cells[2], re.S)
    return cells[0], cells[1], solution
