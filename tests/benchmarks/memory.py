"""Memory of each chapter's kernel, and of a class that runs chapter 09 on one server.

    python -m tests.benchmarks.memory                       every chapter, then 1, 5 and 20 kernels at once
    python -m tests.benchmarks.memory --chapters 09 --at-once 5

Each notebook runs from top to bottom in a kernel of its own. Peak: the most memory that the kernel ever
held (VmHWM). PSS: what it holds at the end, its share of what kernels share counted once. The class's
total is the largest sum of all PSS, looked at every second. Linux only. The server itself is not counted.
"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import nbformat
from jupyter_client.manager import KernelManager

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CHAPTERS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
GOAL = 250  # MB, peak of chapter 09
SECONDS = 900  # limit of one cell, with 20 kernels on few cores


@contextmanager
def kernel():
    """A new kernel in the notebooks' folder: its client and its process id."""
    manager = KernelManager(kernel_name="python3")
    manager.kernel_spec.argv[0] = sys.executable
    manager.start_kernel(cwd=NOTEBOOKS)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SECONDS)
        yield client, manager.provisioner.pid
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client, path):
    """Run a notebook's cells in order. -> the errors, and what was written to stderr."""
    errors = []

    def look(message):
        content = message["content"]
        if message["msg_type"] == "error":
            errors.append(f"{content['ename']}: {content['evalue']}")
        if message["msg_type"] == "stream" and content["name"] == "stderr":
            errors.append(content["text"])

    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            client.execute_interactive(cell.source, output_hook=look, allow_stdin=False, timeout=SECONDS)
    return errors


def megabytes(pid, file, field):
    """One field of a file in /proc/<pid>, in MB of 10⁶ bytes."""
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024 / 1e6


def peak(pid):
    return megabytes(pid, "status", "VmHWM:")


def share(pid):
    return megabytes(pid, "smaps_rollup", "Pss:")


def one_chapter(path):
    """Peak and final PSS of one chapter's kernel in MB, and its errors."""
    with kernel() as (client, pid):
        errors = run(client, path)
        return peak(pid), share(pid), errors


def class_of(count, path):
    """Run so many kernels at once. -> seconds, largest total PSS, peak of each kernel, errors."""
    pids, everyone_is_done = [], Event()

    def learner(_):
        with kernel() as (client, pid):
            pids.append(pid)
            errors = run(client, path)
            highest = peak(pid)
            done.append(pid)
            everyone_is_done.wait()
            return highest, errors

    done, total, start = [], 0, time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        results = [pool.submit(learner, i) for i in range(count)]
        try:
            while len(done) < count and not any(result.done() for result in results):
                time.sleep(1)
                total = max(total, sum(share(pid) for pid in list(pids)))
            seconds = time.monotonic() - start
            total = max(total, sum(share(pid) for pid in pids))
        finally:
            everyone_is_done.set()
    peaks, errors = zip(*(result.result() for result in results), strict=True)
    return seconds, total, peaks, [error for some in errors for error in some]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--chapters", nargs="*", default=[path.name[:2] for path in CHAPTERS], metavar="09")
    parser.add_argument("--at-once", nargs="*", type=int, default=[1, 5, 20], metavar="N")
    arguments = parser.parse_args()
    failed = []
    print(f"{'MB':34} {'peak':>6} {'PSS':>6}  errors")
    for path in CHAPTERS:
        if path.name[:2] in arguments.chapters:
            highest, at_end, errors = one_chapter(path)
            goal = f"  (goal: peak at most {GOAL})" if path.name.startswith("09") else ""
            print(f"{path.stem:34} {highest:6.0f} {at_end:6.0f}  {len(errors)}{goal}", flush=True)
            failed += errors
    path = CHAPTERS[-1]
    if arguments.at_once:
        print(f"\n{path.stem}, kernels at once: total PSS, peak of a kernel (MB), seconds, errors")
    for count in arguments.at_once:
        seconds, total, peaks, errors = class_of(count, path)
        print(f"{count:3} {total:9.0f} {max(peaks):9.0f} {seconds:9.0f} {len(errors):9}", flush=True)
        failed += errors
    if failed:
        sys.exit("errors:\n" + "\n".join(sorted(set(failed))))


if __name__ == "__main__":
    main()
