"""A real kernel, watched: what breaks a limit is told by its name, and what it says is data."""

import os
import time

import psutil
import pytest
from backprop.grading.kernel import Kernel, KernelFailed, KernelLost
from backprop.grading.sandbox import Limits, NoSandbox


@pytest.fixture
def start():
    """Start a kernel with these limits; it ends with the test."""
    started = []

    def start(answers=None, **limits):
        started.append(Kernel(NoSandbox(Limits(**{"seconds": 2} | limits)), {"HOMEWORK_SEED": "9"}, answers))
        return started[-1]

    yield start
    for kernel in started:
        kernel.stop()


SHOW = "from IPython.display import display\nclass T(str):\n    __repr__ = str.__str__\n"


def test_cells_are_executed_one_after_another_until_the_kernel_is_lost(start):
    kernel = start(seconds=1)
    folder, process = kernel.folder, psutil.Process(kernel.process.pid)
    assert kernel.execute(SHOW + "import os\ndisplay(T(os.environ['HOMEWORK_SEED']))\nprint('no')") == ["9"]
    with pytest.raises(RuntimeError, match="ValueError: oh"):
        kernel.execute("raise ValueError('oh')")
    assert kernel.execute("display(T(1))\ndisplay(T(2))") == ["1", "2"]
    with pytest.raises(RuntimeError, match="StdinNotImplementedError"):
        kernel.execute("input('?')")
    began = time.monotonic()
    with pytest.raises(KernelLost, match="it ran for more than 1 seconds") as lost:
        kernel.execute("import time; time.sleep(60)")
    assert lost.value.kind == "timed out"
    assert time.monotonic() - began < 10
    assert not kernel.is_alive()
    assert not process.is_running()
    assert not folder.exists()


def test_an_error_that_is_not_shown_is_in_the_reply(start):
    kernel = start()
    kernel.execute("get_ipython().showtraceback = lambda *args, **kwargs: None")
    assert kernel.reply["status"] == "ok"
    assert kernel.execute("raise ValueError('hidden')") == []
    assert [kernel.reply[key] for key in ("status", "ename", "evalue")] == ["error", "ValueError", "hidden"]


@pytest.mark.parametrize(
    ("source", "kind", "told"),
    [
        ("import os; os._exit(3)", "kernel died", "the kernel ended with exit code 3"),
        ("import os; os.kill(os.getpid(), 15)", "kernel died", "the kernel ended by SIGTERM"),
        ("while True: print('x' * 1000)", "timed out", "it printed more than 1 MB"),
        ("import time; kept = b'x' * 300_000_000; time.sleep(9)", "out of memory", "more than 250 MB"),
        ("import os, time\nfor _ in range(15):\n    if not os.fork(): time.sleep(9)\ntime.sleep(9)",
         "kernel died", "it started more than 2 processes"),
        ("import os, time\nos.makedirs('a/b')\nopen('a/b/c', 'wb').write(bytes(3_000_000))\ntime.sleep(9)",
         "kernel died", "it wrote more than 2 MB"),
        ("import os, time\nfor n in range(2001): open(str(n), 'w')\ntime.sleep(9)",
         "kernel died", "it wrote more than 2 MB"),
        ("k = get_ipython().kernel\nk.session.send(k.iopub_socket, 'stream', content={'odd': 1})",
         "kernel died", "it sent what is no message"),
    ],
)  # fmt: skip
def test_a_limit_that_is_broken_is_named(start, source, kind, told):
    kernel = start(memory=250, processes=2, files=2)
    with pytest.raises(KernelLost, match=told) as lost:
        kernel.execute(source)
    assert lost.value.kind == kind


def test_what_a_cell_asks_for_is_answered_and_costs_it_no_time(start):
    def answers(text):
        time.sleep(0.6)
        return text.upper()

    kernel = start(answers, seconds=1)
    assert kernel.execute(SHOW + "display(T(input('a') + input('b')))") == ["AB"]
    with pytest.raises(KernelLost, match="it ran for more than 1 seconds"):
        kernel.execute("while True: input('c')")


def test_a_kernel_that_does_not_start_is_nobodys_fault(monkeypatch):
    monkeypatch.setattr(NoSandbox, "command", lambda *_: ["/bin/sh", "-c", "echo broken >&2; exit 1"])
    with pytest.raises(KernelFailed, match="broken"):
        Kernel(NoSandbox(Limits()), {})
    assert not [
        n for n in os.listdir(os.environ.get("TMPDIR", "/tm" + "p")) if n.startswith(f"hw-{os.getpid()}-")
    ]
