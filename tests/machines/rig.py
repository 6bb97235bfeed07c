"""Run the tests whose numbers are stored under other arithmetic, and say what differs and where."""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

from .told import MARK

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EVERYTHING = ["tests/test_seed_figures.py", "notebooks"]
AT_ONCE = 2
AMPLITUDES = [1, 10, 100, 1000, 10_000]  # units in the last place
MARGIN = 100  # what bears less is printed

KERNELS = ["Prescott", "Sandybridge", "Haswell", "Zen", "SkylakeX", "Cooperlake"]
FEATURES = "import numpy._core._multiarray_umath as m; print(*[f for f in m.__cpu_dispatch__ if {}])"
PROBE = """
import numpy as np, threadpoolctl
a = np.random.default_rng(0).normal(size=(99, 99))
(a @ a).sum(), a[0] @ a, np.exp(a), a.astype("f") @ a.astype("f")
print(*[pool.get("architecture", "?") for pool in threadpoolctl.threadpool_info()])
"""


@dataclass
class Machine:
    name: str
    what: str
    environment: dict = field(default_factory=dict)
    switches: str = ""  # which of NumPy's processor features to switch off, as an expression over f and m


def machine(name):
    """The machine of that name; ValueError with all names where there is none."""
    for kernel in KERNELS:
        if name == kernel.lower():
            return Machine(name, f"OpenBLAS for {kernel}", {"OPENBLAS_CORETYPE": kernel})
    if name == "this":
        return Machine(name, "this computer as it is")
    if name == "two-threads":
        return Machine(name, "matrix products in two threads", {"OPENBLAS_NUM_THREADS": "2"})
    if name == "plain-numpy":
        return Machine(name, "NumPy without its processor features", switches="m.__cpu_features__[f]")
    if name == "no-avx512":
        return Machine(name, "NumPy without AVX-512",
                       switches="m.__cpu_features__[f] and ('512' in f or f == 'X86_V4')")  # fmt: skip
    if match := re.fullmatch(r"noise-(\d+)", name):
        seed = int(match[1])
        kernel = KERNELS[seed % 3]
        return Machine(name, f"functions and sums off by a unit, seed {seed}, on {kernel}",
                       {"NOISE": f"{seed} 1", "OPENBLAS_CORETYPE": kernel})  # fmt: skip
    raise ValueError(f"there is no machine {name!r}; there are {', '.join(ALL)} and any other noise-N")


ALL = ["this", *[kernel.lower() for kernel in KERNELS], "two-threads", "plain-numpy", "no-avx512",
       *[f"noise-{seed}" for seed in range(1, 7)]]  # fmt: skip


def environment(machine):
    """The environment variables of a run. LookupError where this computer has nothing to switch off."""
    own = {"OPENBLAS_NUM_THREADS": "1"} | machine.environment
    own["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
    if machine.switches:  # NumPy refuses names of its baseline and does without those it has not got
        code = FEATURES.format(machine.switches)
        features = subprocess.check_output([sys.executable, "-c", code], text=True).strip()
        if not features:
            raise LookupError("this processor has none of them")
        own["NPY_DISABLE_CPU_FEATURES"] = features
    return os.environ | own


def output_of(command, machine, **where):
    """The command run to its end under the machine's arithmetic."""
    return subprocess.run(command, env=environment(machine), capture_output=True, text=True, **where)


def why_not(machine):
    """Why this computer cannot play the machine, or ""."""
    try:
        run = output_of([sys.executable, "-c", PROBE], machine)
    except LookupError as error:
        return str(error)
    if run.returncode < 0:
        return "this processor lacks its instructions"
    if run.returncode or run.stderr:
        return (run.stderr.strip() or "the probe failed").splitlines()[-1]
    if "OPENBLAS_CORETYPE" in machine.environment and set(run.stdout.split()) <= {"?"}:
        return "NumPy's matrix products are not OpenBLAS's here"
    return ""


@dataclass
class Outcome:
    tests: int
    seconds: float
    differences: dict  # place: message

    @property
    def passed(self):
        return bool(self.tests) and not self.differences


def run(machine, tests):
    """One pytest of the tests under the machine's arithmetic."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            sys.executable, "-m", "pytest", "-q", "--runxfail", "-c", "pyproject.toml", "--rootdir", ".",
            "-p", "no:cacheprovider", "-p", "told", f"--junitxml={report}", *map(str, tests),
        ]  # fmt: skip
        done = output_of(command, machine, cwd=ROOT)
        cases = list(ElementTree.parse(report).iter("testcase")) if report.exists() else []
    differences = {}
    for case in cases:
        for kind in ("failure", "error", "skipped"):
            for found in case.iter(kind):
                text = f"{found.get('message') or ''}\n{found.text or ''}"
                differences[place(case)] = re.sub(r"(\x1b|#x1B)\[[\d;]*m", "", text)
    if done.returncode and not differences:
        differences["pytest"] = (done.stdout + done.stderr)[-2000:]
    return Outcome(len(cases), time.monotonic() - start, differences)


def place(case):
    """The file and the test; of a notebook the place among its code cells, from 0."""
    name, suffix = case.get("classname"), ".py"
    if name.endswith(".ipynb"):
        name, suffix = name.removesuffix(".ipynb"), ".ipynb"
    return f"{name.replace('.', '/')}{suffix}: {case.get('name').replace('Cell', 'code cell')}"


def change(message):
    """What differs, from a test's message."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    told = [line.partition(MARK)[2] for line in lines if MARK in line]
    return (told or [line[:150] for line in lines] or ["no message"])[0]


def at_once(function, things):
    """The results of function(thing), in the order of the things, AT_ONCE at a time, as they come."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(function, things)


def compare(machines, tests):
    """Print one row for each machine, below it what differs; 1 where anything does, or nothing could run."""
    print(f"{'machine':13} {'what':54} {'verdict':16} seconds", flush=True)
    verdicts = []

    def outcome(machine):
        return why_not(machine) or run(machine, tests)

    for machine, result in zip(machines, at_once(outcome, machines), strict=True):
        start = f"{machine.name:13} {machine.what:54}"
        if isinstance(result, str):
            print(f"{start} not run: {result}", flush=True)
            continue
        verdicts.append(result.passed)
        verdict = "the same" if result.passed else f"{len(result.differences)} DIFFER"
        print(f"{start} {f'{result.tests}: {verdict}':16} {result.seconds:7.0f}", flush=True)
        for where, message in result.differences.items():
            print(f"    {where}: {change(message)}", flush=True)
    print(f"{sum(verdicts)} of {len(verdicts)} machines agree; {len(machines) - len(verdicts)} could not run")
    return int(not verdicts or not all(verdicts))


def margins(tests, seeds=(1, 2)):
    """Print how much noise each output bears, in units in the last place; 1 where any bears too little.

    From much noise to little, each time only the files in which anything differed before.
    """
    lowest = {}
    for ulps in reversed(AMPLITUDES):
        noises = [Machine("", "", {"NOISE": f"{seed} {ulps}"}) for seed in seeds]
        found = {}
        for outcome in at_once(lambda noise, tests=tests: run(noise, tests), noises):
            found |= outcome.differences
        print(f"noise of {ulps:6} units: {len(found):3} differ", flush=True)
        lowest |= {where: (ulps, change(message)) for where, message in found.items()}
        tests = sorted({where.partition(":")[0] for where in found})
        if not tests:
            break
    print(f"\n{'differs at':>10}  where, and what changes")
    for where, (ulps, text) in sorted(lowest.items(), key=lambda item: item[1][0]):
        print(f"{ulps:10}  {where}: {text}")
    return int(any(ulps <= MARGIN for ulps, _ in lowest.values()))
