"""One run of a merged notebook: pytest with nbval executes it, and every cell's outcome is kept.

nbval collects the notebook with our kernel, and compares: by a check's values, not by its text.
"""

import contextlib
import io
import json
import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from ..homework import diagnose, values
from . import notebook, sandbox
from .kernel import Kernel, KernelLost

OPTIONS = [
    "-q", "--color=no", "--tb=no", "--noconftest", "-p", "nbval.plugin", "-p", "no:cacheprovider",
    "-p", "no:faulthandler", "-p", "no:unraisableexception", "-p", "no:threadexception",
    "-p", "no:junitxml", "-p", "no:doctest", "-p", "no:logging", "-s",
]  # fmt: skip
LONGEST = 500  # characters kept of an error's message


class RunFailed(Exception):
    """The run itself did not work; no fault of the homework. The message says what happened."""


@dataclass
class Outcome:
    """What became of a cell."""

    kind: str  # "done", "wrong", "raised", "timed out", "out of memory", "kernel died" or "not run"
    data: str | None = None  # of check.data: what the answer hands over, as JSON
    values: dict | None = None  # of a check: the values by their names, as plain data
    mine: dict | None = None  # the same, read (see values.read)
    wrong: dict = field(default_factory=dict)  # {value's name: why it is wrong}
    error: str = ""  # the exception's name
    message: str = ""  # the exception's message, or why the kernel was lost
    seconds: float = 0.0


def run(cells, box, settings, salt=None, answers=None):
    """Execute the cells top to bottom in one fresh kernel and compare the values of its checks.

    cells: list of merge.Cell, with distinct ids. box: a sandbox. settings: the kernel's variables.
    salt(exercise): of the seals among the expected values. answers: see Kernel.
    Returns {id: Outcome}. Raises RunFailed where pytest or the kernel did not work at all.
    """
    plugin = _Plugin(cells, (box, settings, answers), salt)
    with sandbox.folder() as place:
        path = Path(place) / "merged.ipynb"
        notebook.write(path, merged(cells))
        with _alone(), contextlib.redirect_stdout(io.StringIO()) as told:
            code = pytest.main([str(path), *OPTIONS, "-c", os.devnull, f"--rootdir={place}"], [plugin])
    if plugin.failure or code not in (0, 1):
        raise RunFailed(plugin.failure or f"pytest ended with code {int(code)}: {told.getvalue()[-500:]}")
    return plugin.outcomes


def merged(cells):
    """The cells as a notebook; nbval compares the outputs of those that have an execution count."""

    def as_json(cell):
        text = None if cell.expected is None else json.dumps({"values": cell.expected})
        shown = [] if text is None else [{"output_type": "display_data", "metadata": {}, "data": {
            "text/plain": text}}]  # fmt: skip
        return {"id": cell.id, "cell_type": "code", "metadata": {}, "source": cell.source,
                "execution_count": None if text is None else 1, "outputs": shown}  # fmt: skip

    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [as_json(cell) for cell in cells],
    }


@contextlib.contextmanager
def _alone():
    """Keep pytest from loading other plugins, and from the user's options."""
    kept = {key: os.environ.pop(key, None) for key in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update({key: value for key, value in kept.items() if value is not None})


class _File(IPyNbFile):
    """A merged notebook, with a kernel in the sandbox."""

    def setup(self):
        self.kernel = self.new_kernel()

    def collect(self):
        self.nb = nbformat.read(str(self.path), as_version=4)
        for number, cell in enumerate(self.nb.cells):
            # no comment or tag such as NBVAL_SKIP counts: an answer must not change how it is judged
            yield _Cell.from_parent(self, name=f"Cell {number}", cell_num=number, cell=cell,
                                    options=defaultdict(bool, check=True))  # fmt: skip


class _Cell(IPyNbCell):
    """A cell whose outputs agree where the values of its check do."""

    exercise = salt = mine = None
    wrong = {}  # noqa: RUF012 (replaced, never changed)

    def compare_outputs(self, test, ref, skip_compare=None):
        """True where the values that a check has shown are those of the stored output."""
        wanted = values.read_all(values.loads(ref[0]["data"]["text/plain"])["values"])
        found = record(test, self.exercise)
        try:
            self.mine = values.read_all(found.get("values"))
        except ValueError:
            why = "the check showed none of its values: does the answer keep it from that?"
            self.wrong = dict.fromkeys(wanted, why)
        else:
            self.wrong = diagnose.reasons(self.mine, wanted, _names(found.get("overwritten")), self.salt)
        self.comparison_traceback = list(self.wrong.values())
        return not self.wrong


class _Plugin:
    """A pytest plugin that collects with nbval and keeps each cell's outcome by the cell's id."""

    def __init__(self, cells, kernel, salt):
        self.cells, self.kernel, self.salt = {cell.id: cell for cell in cells}, kernel, salt
        self.outcomes = {cell.id: Outcome("not run") for cell in cells}
        self.failure = ""

    def pytest_collect_file(self, file_path, parent):
        file = _File.from_parent(parent, path=file_path)
        file.new_kernel = lambda: Kernel(*self.kernel)
        return file

    def pytest_collection_modifyitems(self, items):
        for item in items:
            item.exercise = self.cells[item.cell.id].exercise
            item.salt = self.salt(item.exercise) if self.salt and item.exercise else None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        error = call.excinfo.value if call.excinfo else None
        if call.when == "setup" and error is not None:
            self.failure = self.failure or f"the kernel did not start: {error}"
        if call.when == "call":
            self.outcomes[item.cell.id] = outcome(item, error, call.duration)
        return report


def outcome(item, error, seconds):
    """The Outcome of a cell that has run; error: what its test raised, or None."""
    outputs = item.test_outputs or []
    found = record(outputs, item.exercise)
    made = Outcome("done", _text(found.get("data")), found.get("values"), item.mine, item.wrong,
                   seconds=seconds)  # fmt: skip
    raised = next((out for out in outputs if out["output_type"] == "error"), None)
    if raised is None and item.parent.kernel.reply.get("status") == "error":
        # without a thread to spare the kernel can't show an error; its reply names it all the same
        raised = {key: str(item.parent.kernel.reply.get(key, "")) for key in ("ename", "evalue")}
    if isinstance(error, KernelLost):
        made.kind, made.message = error.kind, str(error)
    elif raised is not None:
        made.kind = "raised"
        made.error, made.message = (notebook.printable(raised[key][:LONGEST]) for key in ("ename", "evalue"))
    elif isinstance(error, NbCellError):
        made.kind = "wrong"
    elif isinstance(error, RuntimeError) and not item.parent.kernel.is_alive():
        made.kind = "not run"
    elif error is not None:
        raise error  # not nbval's: a mistake of ours must not look like a verdict
    return made


def record(outputs, exercise):
    """The last record that a check of this exercise has displayed; {} where there is none."""
    for output in reversed(outputs):
        if exercise is not None and output["output_type"] == "display_data":
            text = output["data"].get("text/plain")
            with contextlib.suppress(ValueError):
                found = values.loads(text if isinstance(text, str) else "")
                if isinstance(found, dict) and found.get("exercise") == exercise:
                    return found
    return {}


def _text(data):
    return data if isinstance(data, str) else None


def _names(found):
    """Names that a kernel has told; [] for anything else."""
    names = found if isinstance(found, list) else []
    return [name for name in names if isinstance(name, str) and name.isidentifier()][:3]
