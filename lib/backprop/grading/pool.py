"""Several submissions at a time, each in a process of its own, so that none can stop the others.

The processes are forked from one that has imported pytest and nbval already: that saves a second for
each. A process hands back JSON over a pipe; nothing is unpickled. On a Dask cluster the same function
runs on the cluster's workers.
"""

import contextlib
import json
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from . import sandbox

FORK = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
CONNECT = 10  # seconds in which a cluster's scheduler must answer
RUNS = 4  # of a submission, in the longest case: in order, alone, elsewhere, and drawn again


class NoCluster(Exception):
    """The cluster can't be used; the message says why."""


@dataclass(frozen=True)
class Judged:
    """What came of one submission."""

    rows: list  # verdicts as dicts; [] where it failed
    failure: str = ""  # why there are no verdicts: no fault of the homework, as far as we know
    seconds: float = 0.0


def judge_all(submissions, homework, box, processes, scheduler=None):
    """Yield (key, Judged) for each of {key: submission}, in the order in which they get done.

    submission: see verdict.judge. scheduler: address of a Dask cluster; None for processes of our own.
    Each submission gets a process, a folder for its files, and a time after which it is ended.
    """
    with _cluster(scheduler) if scheduler else ThreadPoolExecutor(processes) as executor:
        jobs = {
            executor.submit(judge_apart, submission, homework, box.name, box.limits): key
            for key, submission in submissions.items()
        }
        try:
            for job in as_completed(jobs):
                try:
                    yield jobs[job], job.result()
                except (OSError, RuntimeError) as error:  # a cluster gave up
                    yield jobs[job], Judged([], f"it was not judged: {error}")
        finally:  # on an interrupt or an error, what has not begun does not begin
            for job in jobs:
                job.cancel()


@contextlib.contextmanager
def _cluster(address):
    try:
        from distributed import Client
    except ImportError as error:
        told = "a cluster needs the package distributed: pip install '.[homework,cluster]'"
        raise NoCluster(told) from error
    try:
        client = Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NoCluster(f"no cluster answers at {address}: {error}") from error
    with client:
        executor = client.get_executor(pure=False, retries=3)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)  # after an interrupt, what is not done is dropped, not awaited


def longest(homework, limits):
    """Seconds after which a submission is ended: every run's cells take all their time."""
    return 60 + RUNS * (2 * len(homework.exercises()) + 2) * (3 * limits.seconds + 2)


def judge_apart(submission, homework, kind, limits):
    """Judge one submission in a process of its own; the process and its files are gone afterwards."""
    start = time.monotonic()
    if multiprocessing.current_process().daemon:
        return Judged([], "the cluster's workers may not start processes: give them --no-nanny")
    context = multiprocessing.get_context(FORK)
    if FORK == "forkserver":
        context.set_forkserver_preload(["backprop.grading.verdict"])
    folder = tempfile.mkdtemp(prefix=sandbox.PREFIX, dir=sandbox.short_folder())
    os.chmod(folder, 0o711)
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, submission, homework, kind, limits, folder))
    try:
        process.start()
        theirs.close()
        wait = longest(homework, limits)
        if not ours.poll(wait):
            return Judged([], f"it took more than {wait:g} seconds in all", time.monotonic() - start)
        told = json.loads(ours.recv_bytes())
        return Judged(told["rows"], told["failure"], time.monotonic() - start)
    except EOFError:  # the process has ended without a word
        process.join(5)
        failure = f"the process that judged it ended with code {process.exitcode}"
        return Judged([], failure, time.monotonic() - start)
    finally:
        ours.close()
        _end(process)
        sandbox.remove(folder)


def _end(process):
    """End the process and the group it leads; a kernel in bubblewrap ends with its parent."""
    process.join(2)
    if process.is_alive():
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.join(10)
        sandbox.sweep()


def _work(pipe, submission, homework, kind, limits, folder):
    """In the process of its own: judge, and send the rows or the failure as JSON."""
    from . import verdict  # it imports nbval and pytest, which the parent can do without
    from .run import RunFailed

    if hasattr(os, "setsid"):
        os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()
    tempfile.tempdir = folder
    box = {"none": sandbox.NoSandbox, "bwrap": sandbox.Bubblewrap}[kind](limits)
    try:
        told = {"rows": verdict.as_rows(verdict.judge(homework, submission, box)), "failure": ""}
    except RunFailed as error:
        told = {"rows": [], "failure": str(error)}
    pipe.send_bytes(json.dumps(told).encode())


def _end_with(pipe):
    """End with the parent, also where it was killed: its end of the pipe is then closed."""
    with contextlib.suppress(EOFError, OSError):
        pipe.recv_bytes()
    os._exit(1)
