"""Answers are found wherever they are, and only they are taken."""

import ast
import json
import os
from types import SimpleNamespace

import classroom
import pytest
from backprop.grading import merge, notebook, run, verdict

STUB = notebook.read(classroom.HOMEWORK / classroom.SOLUTION.name)
EXERCISES = notebook.exercises(STUB)


def find(made):
    return merge.find_answers(EXERCISES, made, STUB)


def test_a_stub_is_not_attempted():
    assert {a.attempted for a in find(STUB).values()} == {False}
    made = classroom.submission({1: notebook.source(classroom.answer(STUB, 1)) + "  \n\n"})
    assert not find(made)[1].attempted
    classroom.answer(made, 1)["source"] = "   \n"
    assert not find(made)[1].attempted


@pytest.mark.parametrize("source", [None, 3, {"a": 1}, ["x", 4]])
def test_a_source_that_is_no_text_is_empty(source):
    made = classroom.submission(classroom.right_answers())
    classroom.answer(made, 1)["source"] = source
    assert not find(made)[1].attempted


def own(made, source, *tags, id="mine"):
    made["cells"].append({"cell_type": "code", "id": id, "source": source, "metadata": {"tags": list(tags)}})


def test_a_new_version_below_wins_over_the_old_and_is_said():
    made = classroom.submission({1: classroom.in_function("return 1")})
    own(made, classroom.in_function("return 2"))
    own(made, notebook.source(classroom.answer(STUB, 1)), id="exercise-1-answer")
    assert find(made)[1].source == classroom.in_function("return 2")
    assert "several cells hold an answer; the last one counts" in find(made)[1].note


def test_the_parts_of_a_split_cell_are_joined_and_it_is_said():
    made = classroom.submission({1: "def affine_backward(x, W, dout):\n    dx = 1"})
    own(made, "    return dx", "answer", "exercise-1")
    assert find(made)[1].source == "def affine_backward(x, W, dout):\n    dx = 1\n    return dx"
    assert "joined" in find(made)[1].note


def test_helpers_imports_and_constants_of_other_cells_come_along_and_it_is_said():
    made = classroom.submission({1: classroom.in_function("return f(x), np, sigmoid")})
    own(made, "import math as m\nHALF = 1\nHALF = HALF / 2\nunused = 1 / 0\nnp = None")
    own(made, "@m.wraps\ndef f(a):\n    return g(a)\n\ndef g(a):\n    return m.exp(a) * HALF")
    found = find(made)[1]
    assert found.helpers.split("\n")[0] == "import math as m"
    for part in ("HALF = 1\nHALF = HALF / 2", "@m.wraps\ndef f(a):", "def g(a):"):
        assert part in found.helpers
    assert "unused" not in found.helpers
    assert "np = None" not in found.helpers, "what the homework imports stays"
    assert found.note == "taken from other cells: m, HALF, f, g"


def test_a_helper_of_an_earlier_answer_comes_along_but_not_the_answer():
    made = classroom.submission(classroom.right_answers())
    helper = "def mine(a): return a\n\n"
    classroom.answer(made, 1)["source"] = helper + classroom.in_function("return mine(x)")
    classroom.answer(made, 2)["source"] = "def sigmoid_backward(y, dout): return mine(affine_backward)"
    assert find(made)[2].helpers == "def mine(a): return a"


@pytest.mark.parametrize("word", ["sys._getframe()", "settrace", "get_ipython()", "Affine(W)", "check.seed"])
def test_what_honest_work_rarely_names_is_marked(word):
    assert find(classroom.submission({1: classroom.in_function(word)}))[1].looks
    assert not find(classroom.submission({1: classroom.in_function("return sigmoid(x)")}))[1].looks


def test_an_answer_in_a_cell_of_ones_own_counts_where_the_answer_cell_is_untouched():
    made = classroom.submission({})
    made["cells"].append({"cell_type": "code", "id": "mine", "source": classroom.in_function("return 0")})
    assert find(made)[1].source == classroom.in_function("return 0")
    made["cells"].insert(0, made["cells"].pop())
    classroom.answer(made, 1)["source"] = "def affine_backward(): pass"
    assert find(made)[1].source == "def affine_backward(): pass", "the last in the notebook counts"


def test_a_check_that_only_calls_is_not_taken_for_the_answer():
    made = classroom.submission(classroom.right_answers())
    made["cells"] = [cell for cell in made["cells"] if cell.get("id") != "exercise-1-answer"]
    assert find(made)[1].source is None


def test_a_run_alone_holds_one_answer_and_what_stands_for_those_above():
    for number in (1, 2, 3, 4):
        cells = merge.alone(STUB, merge.Answer(number, "mine", True), {2: "above"}, {})
        assert [cell.source for cell in cells].count("mine") == 1
        assert [cell.source for cell in cells].count("above") == (number > 2)
        assert cells[-1].id == f"exercise-{number}-check"


def test_a_run_elsewhere_holds_no_answer_and_the_data_as_data():
    stub = notebook.read(classroom.HOMEWORK / "hw4_annotate.ipynb")
    cells = merge.elsewhere(stub, 2, "\"__import__('os')\"", {})
    assert cells[-2].source == "check.received[2] = " + json.dumps("\"__import__('os')\"")
    assert cells[-1].id == "exercise-2-check"


@pytest.mark.parametrize(
    "source", ["def f(", "%%bash\nls", "\0", "(" * 3000, "x" * 10**6 + "(", "-" * 10**5 + "1", "-" * 15000]
)
def test_no_source_can_stop_the_search(source):
    assert merge.bound(source) == set()


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "large.ipynb"
    with open(path, "wb") as file:
        file.truncate(notebook.LARGEST + 1)
    with pytest.raises(notebook.Unreadable, match="larger than 20 MB"):
        notebook.read(path)


def test_a_folder_is_not_a_notebook(tmp_path):
    with pytest.raises(notebook.Unreadable, match="not a regular file"):
        notebook.read(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_does_not_make_us_wait(tmp_path):
    os.mkfifo(tmp_path / "pipe.ipynb")
    with pytest.raises(notebook.Unreadable, match="not a regular file"):
        notebook.read(tmp_path / "pipe.ipynb")


def test_the_definitions_of_a_source():
    """A name's last statement, and those before it that it reads; a function may call itself."""
    f = "def f(n):\n    return f(n - 1)"
    assert merge._definitions(f"k = 1\nk = 2\nk = k + 1\n{f}\nm = 5\nm += 1") == {
        "k": "k = 2\nk = k + 1", "f": f, "m": "m = 5\nm += 1"
    }  # fmt: skip


def test_what_a_source_reads():
    assert merge._reads(ast.parse("k += a[i]\nb = c\nd.e = 1")) == {"k", "a", "i", "c", "d"}


def test_at_most_three_names_that_a_kernel_has_told_are_believed():
    assert run._names(["a", "b c", 3, "d", None, "e", "f"]) == ["a", "d", "e"]
    assert run._names("abc") == run._names(None) == []


def test_what_a_helper_names_is_marked_too():
    made = classroom.submission({1: classroom.in_function("return mine(x)")})
    own(made, "def mine(a):\n    return settrace(a)")
    assert find(made)[1].looks == "settrace"


def test_helpers_stand_right_above_their_answer():
    answers = {1: merge.Answer(1, "mine", True, helpers="before"), 2: merge.Answer(2, "other", True)}
    cells = [(cell.id, cell.source) for cell in merge.first_run(STUB, answers, {})]
    at = cells.index(("exercise-1-answer", "mine"))
    assert cells[at - 1] == ("helpers-1", "before")
    assert [name for name, _ in cells if name.startswith("helpers")] == ["helpers-1"]


@pytest.mark.parametrize(
    ("answer", "found", "expected"),
    [
        (merge.Answer(1, None, False), None, ("cell missing", 0, "its answer cell is not in the notebook")),
        (merge.Answer(1, "x", False), None, ("not attempted", 0, "the answer cell is as it was handed out")),
        (merge.Answer(1, "x", True), ("passed", "", 1.25, 1.0), ("passed", 2, "")),
        (merge.Answer(1, "x", True, "a note"), ("wrong", "why", 1.25, 0.5), ("wrong", 1, "why; a note")),
    ],
)
def test_a_verdict_says_status_points_and_why(answer, found, expected):
    session = SimpleNamespace(answers={1: answer}, found={1: found and verdict._Finding(*found)})
    made = verdict._Session.verdict(session, SimpleNamespace(number=1, points=2))
    assert (made.status, made.points, made.reason) == expected
    assert (made.seconds, made.answer) == ((1.25, "x") if found else (0.0, ""))
