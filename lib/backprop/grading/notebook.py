"""Homework notebooks as plain JSON: reading with suspicion, writing, and finding the exercises.

An exercise is a code cell tagged "answer" and, below it, a code cell tagged "check"; both carry the
tag "exercise-N". The check may carry "points-P". Everything else is text and setup.
The standard library reads the file: nbformat would rename doubled ids and takes a second to import.
"""

import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

LARGEST = 20_000_000  # bytes of a notebook file; pictures count
# a link is not followed, and opening a pipe does not wait for its writer; Windows has neither
FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
LARGEST_SOURCE = 100_000  # characters of a cell


class Unreadable(ValueError):
    """A file that is no notebook; the message says why, without the path."""


@dataclass(frozen=True)
class Exercise:
    """One exercise of a pristine or solution notebook."""

    number: int
    answer: dict  # the cells, as in the notebook
    check: dict
    points: float


def read(path):
    """The notebook in a file, as a dict whose "cells" is a list of dicts.

    Only a regular file is opened: a link could lead to the solution, a pipe would never end.
    Raises Unreadable, with the reason, for anything that is not a notebook.
    """
    try:
        handle = os.open(path, FLAGS)
    except OSError as error:
        if Path(path).is_symlink():
            raise Unreadable("it is a symbolic link; expected the notebook itself") from error
        raise Unreadable(f"it can't be opened: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Unreadable("it is not a regular file")
    with open(handle, "rb") as file:
        return parse(file.read(LARGEST + 1))


def parse(data):
    """The notebook in bytes; as read."""
    if len(data) > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST // 1_000_000} MB")
    try:
        notebook = json.loads(data.decode("utf-8-sig"), parse_int=_int)
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not a notebook: byte {error.start} is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise Unreadable(f"it is not a notebook, or cut off: line {error.lineno}, {error.msg}") from error
    except (RecursionError, ValueError) as error:  # brackets without end
        raise Unreadable(f"it is not a notebook: {type(error).__name__}") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise Unreadable("it is not a notebook: it has no list of cells")
    cells = [cell for cell in notebook["cells"] if isinstance(cell, dict)]
    for cell in cells:
        if not isinstance(cell.get("id", ""), str):
            del cell["id"]  # a list can't be looked up
    return notebook | {"cells": cells}


def lean(notebook):
    """What is judged of a notebook: its name, and the sources, ids and tags of its code cells."""
    cells = [
        {"cell_type": "code", "source": source(cell), "metadata": {"tags": tags(cell)}}
        | ({"id": cell["id"]} if "id" in cell else {})
        for cell in notebook["cells"]
        if cell.get("cell_type") == "code"
    ]
    return {"cells": cells, "metadata": {"homework": {"name": name(notebook)}}}


def _int(digits):
    return int(digits) if len(digits) < 400 else None  # Python refuses thousands of digits


def write(path, notebook):
    """Write a notebook as Jupyter does: keys in order, one space of indent, non-ASCII letters as they are."""
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    Path(path).write_text(text, encoding="utf-8", errors="replace", newline="\n")


def source(cell):
    """A cell's source as one string: "" where it is neither text nor a list of text."""
    text = cell.get("source", "")
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        text = "".join(text)
    text = text[:LARGEST_SOURCE] if isinstance(text, str) else ""
    return text.encode("utf-8", "replace").decode()  # half letters, which no file can hold


def printable(text):
    """A text on one line, without control characters and half letters; a terminal can bear it."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def tags(cell):
    """A cell's tags, a list of strings; [] where the metadata is broken."""
    metadata = cell.get("metadata")
    found = metadata.get("tags") if isinstance(metadata, dict) else None
    return [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []


def number(cell, what="exercise"):
    """N of the tag "exercise-N"; None where the cell has no such tag."""
    for tag in tags(cell):
        match = re.fullmatch(rf"{what}-(\d{{1,3}})", tag)
        if match:
            return int(match[1])
    return None


def exercises(notebook):
    """The Exercises of a pristine or solution notebook, in the order of the notebook.

    Raises ValueError that names the exercise where one has not exactly one answer and then one check,
    and where two cells share an id.
    """
    cells = [cell for cell in notebook["cells"] if cell.get("cell_type") == "code"]
    ids = [cell.get("id") for cell in notebook["cells"]]
    if None in ids or len(set(ids)) < len(ids):
        raise ValueError("every cell needs an id of its own (nbformat 4.5)")
    found = {}
    for cell in cells:
        role = {"answer", "check"} & set(tags(cell))
        if role and number(cell) is None:
            raise ValueError(f"cell {cell['id']} is tagged {role.pop()}; expected a tag exercise-N beside it")
        if role:
            found.setdefault(number(cell), []).append((role.pop(), cell))
    for n, pair in found.items():
        if [role for role, _ in pair] != ["answer", "check"]:
            roles = ", ".join(role for role, _ in pair)
            raise ValueError(f"exercise {n} has the cells: {roles}; expected an answer, then a check")
    if not found:
        raise ValueError("no exercise: expected code cells tagged answer, check and exercise-N")
    return [
        Exercise(n, answer, check, float(number(check, "points") or 1))
        for n, ((_, answer), (_, check)) in found.items()
    ]


def name(notebook):
    """The homework's name, kept in the notebook's metadata; None where there is none."""
    metadata = notebook.get("metadata")
    homework = metadata.get("homework") if isinstance(metadata, dict) else None
    found = homework.get("name") if isinstance(homework, dict) else None
    return found if isinstance(found, str) else None
