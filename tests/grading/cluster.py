"""A large class on a Dask cluster, one worker of which is killed in the middle:

    python -m tests.grading.cluster [--submissions 1000] [--workers 3]

Copies of the honest variants, and of wrong and hostile submissions that hold nobody up, are graded by
workers in processes of their own. Prints seconds a submission and the peak memory of all processes, and
ends with 1 where a submission is lost or its verdict is not the expected one.
"""

import argparse
import contextlib
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

import tests.grading.attempts  # noqa: F401  (its kinds stand in the table, too)
from tests.grading import classroom

QUICK = ["all_right", "partly_right", "edited_outputs", "deleted_check", "settrace", "values_patched"]


def main():
    parser = argparse.ArgumentParser(description="Grade a large class on a cluster, and kill a worker.")
    parser.add_argument("--submissions", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=3)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="class-")))
        place.chmod(0o755)
        expected = write(place / "submissions", options.submissions)
        address, workers = stack.enter_context(cluster(place, options.workers))
        peak = stack.enter_context(peak_memory())
        shutil.copy(classroom.SOLUTION, place)
        started = time.monotonic()
        homework = [sys.executable, "-c", "from backprop.grading.command import main; main()"]
        solution, out = place / classroom.SOLUTION.name, place / "out"
        ask = ["grade", place / "submissions", "--solution", solution, "--to", out, "--seed", "7"]
        told = stack.enter_context(open(place / "told", "w"))
        grading = subprocess.Popen([*homework, *map(str, ask), "--scheduler", address], stdout=told)
        killed = kill_in_the_middle(workers[0], grading, place, options.submissions)
        seconds = time.monotonic() - started
        rows = {}
        for row in json.loads((place / "out" / "results.json").read_text("utf-8")):
            rows.setdefault(row["learner"], []).append(row["status"])
        wrong = {name: rows.get(name) for name in expected if rows.get(name) != expected[name]}
        for name, statuses in wrong.items():
            print(f"{name}: {statuses or 'LOST'}, expected {expected[name]}")
        print(
            f"{len(rows)} of {len(expected)} graded by {options.workers} workers, one killed after {killed}; "
            f"{len(wrong)} not as expected; {seconds:.0f} s, {seconds / len(expected):.2f} s a submission; "
            f"peak memory of all processes {peak[0] / 1e6:,.0f} MB"
        )
    return int(bool(wrong) or not killed)


def write(folder, count):
    """So many submissions, kind after kind. -> {learner: statuses}"""
    folder.mkdir()
    kinds = QUICK + [name for name in classroom.KINDS if name.startswith("honest_")]
    kept = folder.parent / "kinds"
    kept.mkdir()
    expected = classroom.write_class(kept, kinds, kept, 9)
    learners = {}
    for i, kind in zip(range(count), itertools.cycle(kinds), strict=False):
        learners[f"{kind} {i}"] = expected[kind]
        shutil.copy(kept / f"{kind}.ipynb", folder / f"{kind} {i}.ipynb")
    return learners


@contextlib.contextmanager
def cluster(place, count):
    """A scheduler and workers as processes. -> (address, workers)"""
    file, started = place / "scheduler.json", []
    run = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
    log = open(place / "cluster", "w")  # noqa: SIM115
    try:
        started.append(subprocess.Popen([*run, "--scheduler-file", str(file)], stdout=log, stderr=log))
        while not file.exists():
            time.sleep(0.1)
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file)]
        worker += [
            "--no-nanny",
            "--nthreads",
            "1",
            "--no-dashboard",
            "--local-directory",
            str(place / "work"),
        ]
        started += [subprocess.Popen(worker, stdout=log, stderr=log) for _ in range(count)]
        yield json.loads(file.read_text())["address"], started[1:]
    finally:
        for process in started:
            process.kill()
            process.wait()
        log.close()


def kill_in_the_middle(worker, grading, place, count):
    """Kill the worker once a third is done; wait for the end. -> how many were done then"""
    killed = 0
    while grading.poll() is None:
        time.sleep(0.5)
        done = len(list((place / "out").glob("learners/*.html")))
        if done > count // 3 and not killed:
            worker.kill()
            killed = done
    return killed


@contextlib.contextmanager
def peak_memory():
    """The most memory that this process's children and theirs held at once, in a list: bytes."""
    peak, over = [0], threading.Event()

    def watch():
        while not over.wait(0.5):
            now = 0
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    now += process.memory_full_info().pss
            peak[0] = max(peak[0], now)

    thread = threading.Thread(target=watch)
    thread.start()
    yield peak
    over.set()
    thread.join()


if __name__ == "__main__":
    sys.exit(main())
