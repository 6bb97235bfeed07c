"""One run of a merged notebook: pytest with nbval executes it, and every cell's outcome is kept."""

import contextlib
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbval.plugin
import pytest
from nbval.plugin import NbCellError

from . import notebook
from .kernel import Kernel, KernelLost

OPTIONS = [
    "--nbval", "--nbval-current-env", "--runxfail", "-q", "--color=no", "--tb=no", "--noconftest",
    "-p", "nbval.plugin", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:unraisableexception",
    "-p", "no:threadexception", "-p", "no:junitxml", "-p", "no:doctest", "-p", "no:logging", "-s",
]  # fmt: skip
# what nbval and jupyter_client raise for a message that no kernel sends
MESSAGE_ERRORS = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError)
LONGEST = 500  # characters kept of an error's message


class RunFailed(Exception):
    """The run itself did not work; no fault of the homework. The message says what happened."""


@dataclass
class Outcome:
    """What became of a cell."""

    kind: str  # "same", "differs", "raised", "timed out", "out of memory", "kernel died" or "not run"
    shown: str = ""  # the text of what it displayed
    error: str = ""  # the exception's name
    message: str = ""  # the exception's message, or why the kernel was lost
    seconds: float = 0.0


def run(cells, sandbox, seed):
    """Execute the cells top to bottom in one fresh kernel and compare what they print.

    cells: list of merge.Cell, with distinct ids. seed: the HOMEWORK_SEED of the kernel.
    Returns {id: Outcome}. Raises RunFailed where pytest or the kernel did not work at all.
    """
    recorder = _Recorder({cell.id: cell for cell in cells})
    with tempfile.TemporaryDirectory(prefix="hw-run-") as folder:
        path = Path(folder) / "merged.ipynb"
        notebook.write(path, _as_notebook(cells))
        with _kernels(sandbox, seed), contextlib.redirect_stdout(io.StringIO()) as told:
            code = pytest.main(
                [str(path), *OPTIONS, "-c", os.devnull, f"--rootdir={folder}",
                 f"--nbval-cell-timeout={sandbox.limits.seconds}"],
                plugins=[recorder],
            )  # fmt: skip
    if recorder.failure or code not in (0, 1):
        raise RunFailed(recorder.failure or f"pytest ended with code {int(code)}: {told.getvalue()[-500:]}")
    return recorder.outcomes


def _as_notebook(cells):
    """The merged notebook. nbval compares the cells that have an execution count."""

    def displayed(text):
        return [{"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}]

    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [
            {
                "id": cell.id,
                "cell_type": "code",
                "metadata": {},
                "source": cell.source,
                "execution_count": None if cell.expected is None else 1,
                "outputs": [] if cell.expected is None else displayed(cell.expected),
            }
            for cell in cells
        ],
    }


@contextlib.contextmanager
def _kernels(sandbox, seed):
    """Let nbval start its kernels in the sandbox, and keep pytest from loading other plugins."""
    before, nbval.plugin.RunningKernel = (
        nbval.plugin.RunningKernel,
        (lambda *_, **__: Kernel(sandbox, {"HOMEWORK_SEED": str(seed)})),
    )
    variables = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    kept = {key: os.environ.pop(key) for key in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS") if key in os.environ}
    os.environ.update(variables)
    try:
        yield
    finally:
        nbval.plugin.RunningKernel = before
        for key in variables:
            del os.environ[key]
        os.environ.update(kept)


class _Recorder:
    """A pytest plugin that keeps each cell's outcome by the cell's id."""

    def __init__(self, cells):
        self.cells = cells
        self.outcomes = {id: Outcome("not run") for id in cells}
        self.failure = ""

    def pytest_collection_modifyitems(self, items):
        for item in items:
            # a comment such as NBVAL_SKIP in an answer must not change how it is judged
            item.options = {"check": self.cells[item.cell.id].expected is not None,
                            "skip": False, "check_exception": False}  # fmt: skip
            item.parent.skip_compare += ("stdout", "stderr")  # an answer may print
            item.output_timeout = 2

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
    """The Outcome of an nbval item that has run; error: what its test raised, or None."""
    outputs = item.test_outputs or []
    displayed = [out["data"] for out in outputs if out["output_type"] == "display_data"]
    shown = "\n".join(str(data.get("text/plain", "")) for data in displayed)
    raised = next((out for out in outputs if out["output_type"] == "error"), None)
    if error is None:
        return Outcome("same", shown, seconds=seconds)
    if isinstance(error, KernelLost):
        return Outcome(error.kind, shown, message=str(error), seconds=seconds)
    if raised is not None:
        name, message = (notebook.printable(str(raised[key])[:LONGEST]) for key in ("ename", "evalue"))
        return Outcome("raised", shown, name, message, seconds)
    if isinstance(error, NbCellError):
        if "waiting for output" in str(error):
            told = "its output did not end, or was too long"
            return Outcome("timed out", shown, message=told, seconds=seconds)
        return Outcome("differs", shown, seconds=seconds)
    if isinstance(error, RuntimeError) and "Kernel dead" in str(error):
        return Outcome("not run")
    if isinstance(error, MESSAGE_ERRORS):
        told = f"its messages can't be read: {type(error).__name__}"
        return Outcome("kernel died", message=told, seconds=seconds)
    raise error  # not nbval's: a mistake of ours must not look like a verdict
