"""Several submissions at a time, each in a process of its own, so that none can stop the others.

The processes are forked from one that has imported pytest and nbval already: that saves a second for
each. A process hands back JSON over a pipe; nothing is unpickled.
"""

import json
import multiprocessing
import os
import shutil
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from . import notebook
from .sandbox import Bubblewrap, NoSandbox

FORK = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


@dataclass(frozen=True)
class Judged:
    """What came of one submission."""

    path: object
    rows: list  # verdicts as dicts; [] where it failed
    failure: str = ""  # why there are no verdicts: no fault of the homework, as far as we know
    seconds: float = 0.0


def judge_all(paths, homework, sandbox, processes):
    """Yield a Judged for each path, in the order in which they get done.

    Each submission gets a process, a folder for its files, and a time after which it is ended.
    """
    context = multiprocessing.get_context(FORK)
    if FORK == "forkserver":
        context.set_forkserver_preload(["backprop.grading.verdict"])
    with ThreadPoolExecutor(processes) as threads:
        jobs = [threads.submit(_judge_apart, context, path, homework, sandbox) for path in paths]
        try:
            for job in as_completed(jobs):
                yield job.result()
        finally:  # on an interrupt or an error, what has not begun does not begin
            for job in jobs:
                job.cancel()


def longest(homework, limits):
    """Seconds after which a submission is ended: two runs in which every cell takes all its time."""
    cells = 2 * len(notebook.exercises(homework.pristine)) + 2
    return 60 + 2 * cells * (3 * limits.seconds + 2)


def _judge_apart(context, path, homework, sandbox):
    """Judge one submission in a process of its own; the process and its files are gone afterwards."""
    start = time.monotonic()
    folder = tempfile.mkdtemp(prefix="hw-", dir=_short_folder())
    os.chmod(folder, 0o711)
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_work, args=(theirs, str(path), homework, sandbox.name, sandbox.limits, folder), daemon=True
    )
    process.start()
    theirs.close()
    try:
        wait = longest(homework, sandbox.limits)
        if not ours.poll(wait):
            return Judged(path, [], f"it took more than {wait:g} seconds in all", time.monotonic() - start)
        told = json.loads(ours.recv_bytes())
        return Judged(path, told["rows"], told["failure"], time.monotonic() - start)
    except EOFError:  # the process has ended without a word
        process.join(5)
        failure = f"the process that judged it ended with code {process.exitcode}"
        return Judged(path, [], failure, time.monotonic() - start)
    finally:
        _end(process)
        ours.close()
        shutil.rmtree(folder, ignore_errors=True)


def _short_folder():
    """Where temporary files go: the path of a socket in it has at most 107 characters."""
    folder = tempfile.gettempdir()
    return folder if len(folder) < 50 or not os.path.isdir("/tmp") else "/tmp"


def _end(process):
    """End the process and the group it leads; a kernel in bubblewrap ends with its parent."""
    process.join(2)
    if process.is_alive():
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.join(10)


def _work(pipe, path, homework, kind, limits, folder):
    """In the process of its own: judge, and send the rows or the failure as JSON."""
    from . import verdict  # it imports nbval and pytest, which the parent can do without
    from .run import RunFailed

    if hasattr(os, "setsid"):
        os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    if hasattr(signal, "alarm"):  # or the system does, where the parent was killed
        signal.alarm(int(longest(homework, limits)) + 10)
    tempfile.tempdir = folder
    sandbox = {"none": NoSandbox, "bwrap": Bubblewrap}[kind](limits)
    try:
        told = {"rows": verdict.as_rows(verdict.judge(homework, path, sandbox)), "failure": ""}
    except RunFailed as error:
        told = {"rows": [], "failure": str(error)}
    pipe.send_bytes(json.dumps(told).encode())
