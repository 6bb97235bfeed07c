"""The words of a verdict, and what the engine needs to know of a homework."""

from dataclasses import dataclass, field

from . import notebook

STATUSES = (
    "passed", "wrong", "raised", "timed out", "out of memory", "kernel died", "not attempted", "cell missing",
    "not handed in",
)  # fmt: skip
HINTS = {
    "wrong": "run the check cell in JupyterLab, and open the hints under the exercise",
    "raised": "run the answer cell and its check in a fresh kernel (Kernel, Restart and Run All)",
    "timed out": "does every loop come to an end?",
    "out of memory": "which array or list grows?",
    "kernel died": "restart the kernel and run the answer cell alone",
    "not attempted": "replace the line that raises NotImplementedError",
    "cell missing": "fetch the homework again and paste your answer into its answer cell",
    "not handed in": "hand in the notebook",
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
    looks: str = ""  # what the teacher should look at; it takes no points
    answer: str = ""  # what was judged
    seconds: float = 0.0


@dataclass(frozen=True)
class Draw:
    """The values that each check of the solution shows under a seed, as plain data: {number: {name: …}}."""

    seed: int
    expected: dict


@dataclass(frozen=True)
class Homework:
    """A homework as the engine needs it."""

    name: str
    pristine: dict  # the stub notebook
    draws: list  # of Draw: the first counts, a near miss is drawn again with the others
    answers: dict = field(default_factory=dict)  # {number: the solution's source}, where it is here

    def exercises(self):
        """The Exercises of the pristine notebook."""
        return notebook.exercises(self.pristine)
