"""A kernel without a process: for tests of what is made of outcomes, not of what holds the code."""

import contextlib
import io
import os

from backprop.grading import pool, run, sandbox, verdict
from backprop.grading.kernel import Kernel
from backprop.homework import check


class InProcess:
    """nbval's kernel, here: a cell is executed at once, and its messages wait to be asked for."""

    def __init__(self, box, settings, answers=None):
        self.settings, self.answers, self.names, self.messages = settings, answers, {}, []

    def execute_cell_input(self, source, allow_stdin=None):
        """Run a cell; see nbval."""
        kept, shown, asked = dict(os.environ), check._show, check._ask
        os.environ.update(self.settings)
        check._ask = self.answers
        check._show = lambda text: self._tell("display_data", data={"text/plain": text}, metadata={})
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(source, "cell", "exec"), self.names)
        except Exception as error:
            self._tell("error", ename=type(error).__name__, evalue=str(error), traceback=[])
        finally:
            check._show, check._ask = shown, asked
            os.environ.clear()
            os.environ.update(kept)
        self._tell("status", execution_state="idle")
        return "cell"

    execute = Kernel.execute

    def _tell(self, kind, **content):
        message = {"msg_type": kind, "content": content, "parent_header": {"msg_id": "cell"}}
        self.messages.append(message)

    def await_reply(self, msg_id, timeout=None):
        """It is done already."""

    def await_idle(self, msg_id, timeout=None):
        """The rest of a failed cell's messages."""
        self.messages.clear()

    def get_message(self, stream, timeout=None):
        """The next message."""
        return self.messages.pop(0)

    def is_alive(self):
        """It always is."""
        return True

    def stop(self):
        """There is nothing to end."""


def judged_here(submission, homework, kind, limits):
    """As pool.judge_apart, in this process."""
    try:
        rows = verdict.as_rows(verdict.judge(homework, submission, sandbox.NoSandbox(limits)))
    except run.RunFailed as error:
        return pool.Judged([], str(error))
    return pool.Judged(rows)
