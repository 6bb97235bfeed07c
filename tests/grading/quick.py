"""A kernel without a process: for tests of what is made of outcomes, not of what holds the code."""

import contextlib
import io
import os
import re

from backprop.grading import pool, run, sandbox, verdict
from backprop.grading.kernel import Kernel
from backprop.homework import check


class InProcess:
    """nbval's kernel, here: a cell is executed at once, and its messages wait to be asked for."""

    def __init__(self, box, settings, answers=None):
        self.settings, self.answers, self.names, self.messages = settings, answers, {}, []

    def execute_cell_input(self, source, allow_stdin=None):
        """Run a cell; see nbval."""
        self.reply = {}
        kept, shown, asked = dict(os.environ), check._show, check._ask
        os.environ.update(self.settings)
        check._ask = self.answers
        check._show = lambda text: self._tell("display_data", data={"text/plain": text}, metadata={})
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(source, "cell", "exec"), self.names)
        except Exception as error:
            told = {"ename": type(error).__name__, "evalue": str(error), "traceback": []}
            self.reply = {"status": "error", **told}
            self._tell("error", **told)
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


def hangs(*_):
    """In place of pool._work: a process that answers to nothing, since it never lets another thread run."""
    re.match("(a+)+$", "a" * 60 + "b")


FLOAT32 = {
    1: "def affine_backward(x, W, dout):\n    x, W, dout = (a.astype(np.float32) for a in (x, W, dout))\n"
       "    return dout @ W.T, x.T @ dout, dout.sum(axis=0)",
    2: "def sigmoid_backward(y, dout):\n    y, dout = y.astype(np.float32), dout.astype(np.float32)\n"
       "    return dout * y * (np.float32(1) - y)",
    3: "def softmax_loss_backward(scores, t):\n    scores = scores.astype(np.float32)\n"
       "    e = np.exp(scores - scores.max(axis=1, keepdims=True))\n"
       "    right = np.eye(scores.shape[1], dtype=np.float32)[t]\n"
       "    return (e / e.sum(axis=1, keepdims=True) - right) / np.float32(len(scores))",
    4: "def network_gradients(x, t, W1, b1, W2, b2):\n"
       "    x, W1, b1, W2, b2 = (a.astype(np.float32) for a in (x, W1, b1, W2, b2))\n"
       "    h = sigmoid(x @ W1 + b1).astype(np.float32)\n"
       "    dscores = softmax_loss_backward(h @ W2 + b2, t)\n"
       "    dh, dW2, db2 = affine_backward(h, W2, dscores)\n"
       "    _, dW1, db1 = affine_backward(x, W1, sigmoid_backward(h, dh))\n"
       '    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}',
}  # fmt: skip
