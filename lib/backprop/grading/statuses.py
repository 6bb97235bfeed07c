"""The words of a verdict, and what the engine needs to know of a homework."""

from dataclasses import dataclass

STATUSES = (
    "passed", "wrong", "raised", "timed out", "out of memory", "kernel died", "not attempted", "cell missing",
)  # fmt: skip
HINTS = {
    "wrong": "run the check cell in JupyterLab, and open the hints under the exercise",
    "raised": "run the answer cell and its check in a fresh kernel (Kernel, Restart and Run All)",
    "timed out": "does every loop come to an end?",
    "out of memory": "which array or list grows?",
    "kernel died": "restart the kernel and run the answer cell alone",
    "not attempted": "replace the line that raises NotImplementedError",
    "cell missing": "fetch the homework again and paste your answer into its answer cell",
}


@dataclass
class Verdict:
    """The result of one exercise."""

    exercise: int
    status: str  # one of STATUSES
    points: float
    of: float
    reason: str = ""
    hint: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Homework:
    """A homework as the engine needs it."""

    name: str
    pristine: dict  # the stub notebook
    expected: dict  # {number: what its check prints under the seed}
    seed: int
    answers: dict  # {number: the solution's source}; {} where the solution is not here
