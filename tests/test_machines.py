"""The other arithmetic itself: that it is what it says, that it reaches a kernel, that the command tells."""

import json
import math
import os
import re
import struct
import subprocess
import sys

import pytest
from machines import rig
from machines.__main__ import main
from machines.noise import Noise

XS = [math.exp(i / 7) for i in range(-40, 40)]  # 80 numbers, one of them 1


def bits(x):
    return struct.unpack("<q", struct.pack("<d", x))[0]


def test_noise_is_one_unit_either_way_and_the_same_for_the_same_number():
    moved = [Noise(1).number(x) for x in XS]
    assert {bits(y) - bits(x) for x, y in zip(XS, moved, strict=True)} == {-1, 0, 1}
    assert moved == [Noise(1).number(x) for x in XS]
    assert moved != [Noise(2).number(x) for x in XS]
    assert max(abs(bits(Noise(1, 100).number(x)) - bits(x)) for x in XS) in range(50, 101)


@pytest.mark.parametrize("x", [0.0, -0.0, 1.0, -1.0, 7.0, 2.0**52, math.inf, -math.inf, math.nan, 5e-324])
def test_whole_numbers_and_the_like_stay(x):
    assert all(bits(Noise(seed).number(x)) == bits(x) for seed in range(9))


PROCESS = """
import sys
early = "numpy" in sys.modules
import json, math, os
import numpy as np
from numpy import exp
x = np.linspace(-3, 3, 50)
a, b = np.random.default_rng(0).normal(size=(2, 40, 40))
few, w = np.array([0.5, 0.8]), np.array([[0.1, 0.2], [0.3, 0.1]])
one_hot = np.eye(40)[::3]
print(json.dumps({
    "early": early, "own": os.environ.get("OWN"),
    "exp": exp(x).tolist(), "one by one": [float(np.exp(v)) for v in x], "math": [math.exp(v) for v in x],
    "out": np.exp(x, out=x.copy())[::-1].tolist(), "whole": np.exp(np.array([0.0, -np.inf])).tolist(),
    "float32": exp(x.astype("f")).tolist(), "tanh": np.tanh(x).tolist(),
    "a @ b": (a @ b).tolist(), "vdot": float(np.vdot(a, b)), "few @ w": (few @ w).tolist(),
    "float32 @": (a.astype("f") @ b.astype("f")).tolist(),
    "symmetric": np.ptp(few @ np.full((2, 2), 0.3)),
    "exact": (np.array([[1.0, 2]]) @ [[1, 3], [2, 4.5]]).tolist(),
    "one_hot": (one_hot @ b == b[::3]).all().item(),
}))
"""


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """What a process computes without noise, and with it, where the environment has a sitecustomize too."""
    own = tmp_path_factory.mktemp("own")
    (own / "sitecustomize.py").write_text("import os\nos.environ['OWN'] = 'run'\n")
    found = []
    for noise in ("", "1 1"):
        environment = os.environ | {"PYTHONPATH": f"{rig.HERE}{os.pathsep}{own}", "NOISE": noise}
        run = subprocess.run([sys.executable, "-c", PROCESS], env=environment, capture_output=True, text=True)
        assert run.stderr == ""
        found.append(json.loads(run.stdout))
    return found


def test_numpy_is_not_loaded_early_and_the_environments_own_sitecustomize_runs(processes):
    assert [process["early"] for process in processes] == [False, False]
    assert [process["own"] for process in processes] == ["run", "run"]


def test_functions_are_off_by_one_unit_wherever_they_are_called(processes):
    plain, noisy = processes
    assert {bits(y) - bits(x) for x, y in zip(plain["exp"], noisy["exp"], strict=True)} == {-1, 0, 1}
    assert noisy["exp"] == [Noise(1).number(x) for x in plain["exp"]] == noisy["one by one"]
    assert noisy["out"] == noisy["exp"][::-1]
    assert noisy["math"] == [Noise(1).number(x) for x in plain["math"]]
    assert noisy["tanh"] != plain["tanh"]
    assert noisy["whole"] == [1, 0]
    pairs = list(zip(plain["float32"], noisy["float32"], strict=True))
    assert 10 < sum(x != y for x, y in pairs) < 50
    assert all(abs(x - y) <= 2**-23 * x for x, y in pairs)


@pytest.mark.parametrize("name", ["a @ b", "few @ w", "float32 @"])
def test_matrix_products_are_off_in_their_last_places(processes, name):
    plain, noisy = (str(process[name]).replace("[", "").replace("]", "").split(",") for process in processes)
    tolerance = 2e-5 if "32" in name else 2e-14
    assert plain != noisy
    assert all(math.isclose(float(x), float(y), abs_tol=tolerance) for x, y in zip(plain, noisy, strict=True))


def test_exact_products_stay_and_equal_columns_stay_equal(processes):
    _, noisy = processes
    assert noisy["exact"] == [[5, 12]]
    assert noisy["one_hot"]
    assert noisy["symmetric"] == 0
    assert noisy["vdot"] != processes[0]["vdot"]


@pytest.fixture
def notebook(tmp_path):
    """Prints a number to 17 digits and one to 6, stored as they are here."""
    source = "import numpy as np\nx = np.exp(np.linspace(0, 1, 99)).prod()\nprint(f'to {x:.17g} and {x:.6g}')"
    names = {}
    exec(source.replace("print", "text = str"), names)
    output = {"output_type": "stream", "name": "stdout", "text": names["text"] + "\n"}
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "execution_count": 1,
            "outputs": [output]}  # fmt: skip
    path = tmp_path / "digits.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}))
    return path


def test_noise_reaches_a_kernel_and_the_command_says_which_number_differs(notebook, capsys):
    assert main(["this", "noise-1", "--on", str(notebook)]) == 1
    heading, this, noise, where, sum_ = capsys.readouterr().out.splitlines()
    assert heading.startswith("machine")
    assert "1: the same" in this
    assert "1: 1 DIFFER" in noise
    assert re.fullmatch(r"    \.py: code cell 0: to \[\d[\d.e+]{16,} ≠ \d[\d.e+]{16,}\]", where)
    assert sum_ == "1 of 2 machines agree; 0 could not run"


def test_what_cannot_run_here_is_not_counted_as_the_same(notebook, capsys, monkeypatch):
    monkeypatch.setattr(rig, "PROBE", "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    assert main(["skylakex", "--on", str(notebook)]) == 1
    assert "not run: this processor lacks its instructions" in capsys.readouterr().out


def test_a_run_without_tests_is_no_success(tmp_path, capsys):
    assert main(["this", "--on", str(tmp_path / "missing.ipynb")]) == 1
    assert "DIFFER" in capsys.readouterr().out


def test_an_unknown_machine_is_a_clear_error(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["haswel"])
    assert "there is no machine 'haswel'; there are this, prescott, " in capsys.readouterr().err


def test_every_name_is_a_machine_of_its_own():
    machines = [rig.machine(name) for name in rig.ALL]
    assert [machine.name for machine in machines] == rig.ALL
    assert len({(*one.environment.items(), one.switches) for one in machines}) == len(rig.ALL) >= 8


def test_the_seed_chooses_the_others(monkeypatch):
    chosen = []
    monkeypatch.setattr(rig, "compare", lambda machines, tests: chosen.append([m.name for m in machines]))
    monkeypatch.setattr(rig, "why_not", lambda machine: "not here" if machine.name == "skylakex" else "")
    for seed in ("a", "a", *map(str, range(30))):
        main(["prescott", "noise-1", "--more", "4", "--seed", seed])
    assert chosen[0] == chosen[1]
    assert all(names[:2] == ["prescott", "noise-1"] and len(set(names)) == 6 for names in chosen)
    assert set().union(*chosen) == set(rig.ALL) - {"skylakex"}


def test_margins_are_the_least_noise_that_changes_an_output(monkeypatch, capsys):
    asked = []

    def run(machine, tests):
        seed, ulps = map(int, machine.environment["NOISE"].split())
        asked.append((ulps, tests))
        bears = {"a.ipynb: code cell 1": 10_000, "b.ipynb: code cell 0": 1000 / seed}
        return rig.Outcome(2, 0, {where: f"{rig.MARK}{ulps}" for where, n in bears.items() if ulps > n})

    monkeypatch.setattr(rig, "run", run)
    assert main(["--margins"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == [
        "1000",
        "b.ipynb:",
        "code",
        "cell",
        "0:",
        "1000",
    ]
    assert asked[-1] == (100, ["b.ipynb"])
    monkeypatch.setattr(rig, "MARGIN", 1000)
    assert main(["--margins"]) == 1
