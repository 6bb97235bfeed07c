"""Milliseconds of `import numpy` and of `import backprop`, each in fresh interpreters.

    python -m tests.benchmarks.imports [--rounds 15]

The two take turns. Each interpreter times its own import, so its start does not count. The difference
is that of the medians and that of the fastest: on a busy machine only the fastest means something.
"""

import argparse
import statistics
import subprocess
import sys

from backprop import functions  # noqa: F401  (its bytecode is written, so that no round compiles it)

TIME = "import time; start = time.perf_counter(); import {}; print(1e3 * (time.perf_counter() - start))"
GOAL = 15  # ms


def milliseconds(module):
    """How long a fresh interpreter takes to import the module."""
    command = [sys.executable, "-c", TIME.format(module)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    times = {"numpy": [], "backprop": []}
    for _ in range(arguments.rounds):
        for module, values in times.items():
            values.append(milliseconds(module))
    print(f"{'ms':16} {'median':>7} {'fastest':>8}   ({arguments.rounds} interpreters each)")
    for module, values in times.items():
        print(f"import {module:9} {statistics.median(values):7.1f} {min(values):8.1f}")
    median, fastest = (of(times["backprop"]) - of(times["numpy"]) for of in (statistics.median, min))
    print(f"{'difference':16} {median:7.1f} {fastest:8.1f}   (goal: at most {GOAL})")


if __name__ == "__main__":
    main()
