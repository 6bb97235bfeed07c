"""Stubs are what the command makes of the solutions, and a solution that is not sound is not released."""

import json

import classroom
import pytest
from backprop.grading import notebook, release
from backprop.grading.command import main
from backprop.grading.sandbox import Limits, NoSandbox
from backprop.homework.check import RELEASED

SOLUTIONS = sorted((classroom.HOMEWORK / "solutions").glob("hw*.ipynb"))


def test_there_are_five():
    names = [path.name for path in SOLUTIONS]
    assert [name[:3] for name in names] == ["hw1", "hw2", "hw3", "hw4", "hw5"]
    assert sorted(path.name for path in classroom.HOMEWORK.glob("*.ipynb")) == names
    assert sorted(path.name for path in RELEASED.glob("*.ipynb")) == names


@pytest.mark.slow
@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_the_stub_and_the_pristine_copy_are_what_release_makes(path, tmp_path):
    assert main(["release", str(path), "--to", str(tmp_path), "--seconds", "60"]) == 0
    made = (tmp_path / path.name).read_bytes()
    again = "run: homework release solutions/*.ipynb --to … (see the README)"
    assert made == (classroom.HOMEWORK / path.name).read_bytes(), again
    assert made == (RELEASED / path.name).read_bytes(), again


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_every_check_of_a_solution_says_right(path):
    for exercise in notebook.exercises(notebook.read(path)):
        (output,) = exercise.check["outputs"]
        assert "".join(output["data"]["text/plain"]).endswith("✓ right")


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_a_stub_holds_no_answer(path):
    stub = notebook.read(classroom.HOMEWORK / path.name)
    for exercise in notebook.exercises(stub):
        source = notebook.source(exercise.answer)
        assert source.count(f'raise NotImplementedError("exercise {exercise.number}")') == 1
        assert "solution" not in source
    text = json.dumps(stub)
    assert "begin solution" not in text
    assert '"outputs": [{' not in text


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_every_exercise_has_folded_hints(path):
    """At least one hint above each answer, graded by number."""
    hints, above = {}, ""
    for cell in notebook.read(path)["cells"]:
        if cell["cell_type"] == "markdown":
            above += notebook.source(cell)
        elif "answer" in notebook.tags(cell):
            hints[notebook.number(cell)], above = above.count("<details><summary>Hint "), ""
    assert all(count >= 1 for count in hints.values()), hints


@pytest.mark.parametrize(
    ("source", "stub"),
    [
        ("x = 1", 'raise NotImplementedError("exercise 3")'),
        (
            "def f():\n    # begin solution\n    return 1\n    # end solution\n",
            'def f():\n    raise NotImplementedError("exercise 3")\n',
        ),
        ("### BEGIN SOLUTION\nb\n### END SOLUTION", 'raise NotImplementedError("exercise 3")'),
        ("a\n# begin solution\nb\n# end solution\nc", 'a\nraise NotImplementedError("exercise 3")\nc'),
    ],
)
def test_stub_source(source, stub):
    assert release.stub_source(source, 3) == stub


@pytest.mark.parametrize(
    "source", ["# begin solution\nx", "# end solution", "# begin solution\n# begin solution\n# end solution"]
)
def test_marks_need_their_partner(source):
    with pytest.raises(release.ReleaseError, match=r"exercise 3: .* solution"):
        release.stub_source(source, 3)


def tiny(answer="n = 2", check="check(1, n=n)", **changes):
    """A solution with one exercise."""
    cells = [
        ("setup", "from backprop.homework import Check\ncheck = Check('tiny')", []),
        ("a", answer, ["exercise-1", "answer"]),
        ("c", check, ["exercise-1", "check"]),
    ]
    made = [
        {"cell_type": "code", "id": id, "source": source, "metadata": {"tags": tags}, "outputs": [],
         "execution_count": None}
        for id, source, tags in cells
    ]  # fmt: skip
    for id, change in changes.items():
        next(cell for cell in made if cell["id"] == id).update(change)
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def tags(*names):
    return {"metadata": {"tags": list(names)}}


@pytest.mark.parametrize(
    ("solution", "told"),
    [
        (tiny(c=tags("exercise-2", "check")), "exercise 1 has the cells: answer; expected an answer, then a"),
        (tiny(c=tags("check")), "cell c is tagged check; expected a tag exercise-N"),
        (tiny(a=tags("exercise-1", "check"), c=tags("exercise-1", "answer")), "cells: check, answer"),
        (tiny(a=tags(), c=tags()), "no exercise"),
        (tiny(c={"id": "a"}), "an id of its own"),
    ],
)
def test_a_solution_with_broken_parts_is_refused(solution, told):
    with pytest.raises(release.ReleaseError, match=told):
        release.parts(solution)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("solution", "told"),
    [
        (tiny(answer="1 / 0"), "cell a failed under the seed 1: raised: ZeroDivisionError: division by zero"),
        (tiny(check="print(1)"), "the check of exercise 1 showed no values; expected check"),
        (tiny(check="check(1, n=n); check.proves(1, n=4)"), "is not proved: n is 2 times too small"),
        (tiny(check="check(1, n={})"), "exercise 1: n is a dict; expected a number"),
    ],
)
def test_a_solution_that_fails_is_refused(solution, told):
    with pytest.raises(release.ReleaseError, match=told):
        release.draw(solution, NoSandbox(Limits()), seed=1)


def test_cells_for_teachers_stay_out():
    solution = tiny()
    solution["cells"].append({"cell_type": "markdown", "id": "why", "source": "Because.", **tags("solution")})
    stub = release.stub(solution, "tiny", {1: {"n": 2.00000000001, "word": True}})
    assert [cell["id"] for cell in stub["cells"]] == ["setup", "a", "c"]
    expected = stub["cells"][2]["metadata"]["expected"]
    assert expected["exercise"] == 1
    assert expected["values"]["n"] == 2.0
    assert set(expected["values"]["word"]) == {"sealed"}
    assert "expected" not in solution["cells"][2]["metadata"], "the solution itself must not change"


def test_the_command_does_not_overwrite_the_solution(tmp_path, capsys):
    path = tmp_path / "tiny.ipynb"
    path.write_text(json.dumps(tiny()))
    before = path.read_bytes()
    assert main(["release", str(path), "--to", str(tmp_path)]) == 2
    assert "is the solution itself" in capsys.readouterr().out
    assert path.read_bytes() == before
