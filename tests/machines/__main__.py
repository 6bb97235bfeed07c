"""python -m tests.machines: are the sources' figures and all stored outputs the same on other computers?"""

import argparse
import random
import sys

from . import rig


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tests.machines", description=__doc__.split(": ")[1])
    names = f"of {', '.join(rig.ALL)}, or any other noise-N (default: all)"
    parser.add_argument("names", nargs="*", metavar="machine", help=names)
    parser.add_argument("--more", type=int, default=0, metavar="N", help="and N of the others, by --seed")
    parser.add_argument("--seed", default="", help="what chooses them: a date, a commit, any text")
    parser.add_argument("--on", action="append", metavar="FILE", help="run these tests only; may be repeated")
    parser.add_argument("--margins", action="store_true", help="instead: how much noise each output bears")
    asked = parser.parse_args(argv)
    tests = asked.on or rig.EVERYTHING
    try:
        machines = [rig.machine(name) for name in asked.names or (rig.ALL if not asked.more else [])]
    except ValueError as error:
        parser.error(str(error))
    if asked.margins:
        return rig.margins(tests)
    if asked.more:
        others = [rig.machine(name) for name in rig.ALL if name not in asked.names]
        others = [machine for machine in others if not rig.why_not(machine)]
        machines += random.Random(asked.seed).sample(others, min(asked.more, len(others)))
    return rig.compare(machines, tests)


if __name__ == "__main__":
    sys.exit(main())
