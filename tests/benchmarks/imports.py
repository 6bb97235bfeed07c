"""Milliseconds of `import numpy` and of `import backprop`, each in fresh interpreters.

    python -m tests.benchmarks.imports [--rounds 15]

The two take turns. Each interpreter times its own import, so its start does not count. Prints the
medians and the median of the differences within a round.
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
    rounds = [(milliseconds("numpy"), milliseconds("backprop")) for _ in range(arguments.rounds)]
    print(f"import numpy     {statistics.median(numpy for numpy, _ in rounds):6.1f} ms")
    print(f"import backprop  {statistics.median(backprop for _, backprop in rounds):6.1f} ms")
    more = statistics.median(backprop - numpy for numpy, backprop in rounds)
    print(f"difference       {more:6.1f} ms (goal: at most {GOAL} ms; median of {len(rounds)} rounds)")


if __name__ == "__main__":
    main()
