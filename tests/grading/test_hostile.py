"""A class with submissions of many hostile kinds, graded once with two processes.

tests/grading/attempts.py has all of them, and the honest variants; they take minutes.
"""

import csv
import json
import multiprocessing.util
import os
import shutil
import socket
import tempfile

import classroom
import psutil
import pytest
from backprop.grading.command import main

pytestmark = pytest.mark.slow
KINDS = [
    "all_right", "partly_right", "edited_outputs", "deleted_answer", "doubled_ids", "lost_ids_and_tags",
    "infinite_loop", "memory_bomb", "os_exit", "fork_bomb", "endless_output", "many_files",
    "reads_the_solution", "reads_other_submissions", "writes_into_the_library", "network", "patched_numpy",
    "patched_library", "forged_message", "message_with_html", "prints_the_public_answers",
    "repeats_what_it_hears", "hands_over_what_it_hears", "waits_for_the_right_answers",
]  # fmt: skip
BROKEN = ["cut_off", "not_a_notebook", "a_list", "brackets", "empty", "linked", "pipe"]


@pytest.fixture(scope="module")
def graded(bwrap, tmp_path_factory):
    """The folder of reports, the rows by learner, what was expected, and what was outside before."""
    place = tmp_path_factory.mktemp("class")
    folder, outside = place / "submissions", place / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret").write_text("s")
    os.chmod(outside, 0o777)
    temporary = tempfile.mkdtemp(prefix="t-", dir="/tmp" if os.path.isdir("/tmp") else None)
    os.chmod(temporary, 0o755)
    multiprocessing.util.get_temp_dir()  # made now, so that it is not among ours
    before, tempfile.tempdir = tempfile.tempdir, temporary
    with socket.create_server(("127.0.0.1", 0)) as server:
        expected = classroom.write_class(folder, KINDS, outside, server.getsockname()[1])
        expected |= classroom.write_broken_files(folder)
        code = main(["grade", str(folder), "--solution", str(classroom.SOLUTION), "--to", str(place / "out"),
                     "--seconds", "2", "--memory", "1000", "--processes", "2", "--seed", "7"])  # fmt: skip
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
    tempfile.tempdir, left = before, os.listdir(temporary)
    shutil.rmtree(temporary)
    rows = {}
    for row in json.loads((place / "out" / "results.json").read_text("utf-8")):
        rows.setdefault(row["learner"], []).append(row)
    return {"out": place / "out", "rows": rows, "expected": expected, "code": code, "outside": outside,
            "left": left, "temporary": temporary}  # fmt: skip


@pytest.mark.parametrize("learner", [*KINDS, *BROKEN])
def test_every_exercise_gets_its_status(graded, learner):
    rows = graded["rows"][learner]
    for row, status in zip(rows, graded["expected"][learner], strict=True):
        assert row["status"] in status.split(" or "), row
    assert all(row["points"] == row["of"] if row["status"] == "passed" else row["points"] < row["of"]
               for row in rows)  # fmt: skip
    assert all(row["reason"] and row["hint"] for row in rows if row["status"] != "passed")


REASONS = {  # learner: a part of the first exercise's reason
    "edited_outputs": "not summed over the batch",
    "infinite_loop": "more than 2 seconds",
    "os_exit": "exit code 0",
    "fork_bomb": "BlockingIOError",
    "endless_output": "printed more than 1 MB",
    "many_files": "No space left",
    "reads_the_solution": "No such file",
    "reads_other_submissions": "No such file",
    "writes_into_the_library": "Error",
    "network": "Error",
    "cut_off": "cut off",
    "not_a_notebook": "not UTF-8",
    "linked": "symbolic link",
    "pipe": "not a regular file",
    "deleted_answer": "not in the notebook",
    "doubled_ids": "the last one counts",
}


@pytest.mark.parametrize("learner", REASONS)
def test_the_reason_says_why(graded, learner):
    assert REASONS[learner] in graded["rows"][learner][0]["reason"]


def test_a_mistake_is_counted_once(graded):
    """Exercise 4 calls the answers to 2 and 3, which are wrong and missing, and passes all the same."""
    reasons = [row["reason"] for row in graded["rows"]["partly_right"]]
    assert "sign is flipped" in reasons[1]
    assert reasons[3] == ""


def test_every_submission_is_judged(graded):
    assert graded["code"] == 0
    with open(graded["out"] / "results.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(graded["expected"])
    assert {row["learner"] for row in rows} == set(graded["expected"])


def test_nothing_is_written_outside(graded):
    assert os.listdir(graded["outside"]) == ["secret"]
    assert graded["left"] == []


def test_no_process_is_left(graded):
    """A kernel and all that it forked have the path of its connection file in their command."""
    commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    assert [command for command in commands if graded["temporary"] in command] == []


def test_a_page_escapes_what_learners_wrote(graded):
    (page,) = (graded["out"] / "learners").glob("message_with_html.html")
    for text in (page.read_text("utf-8"), (graded["out"] / "class.html").read_text("utf-8")):
        assert "<script>" not in text
        assert "\x1b" not in text
    assert "&lt;script&gt;" in page.read_text("utf-8")


@pytest.mark.parametrize("learner", ["repeats_what_it_hears", "hands_over_what_it_hears"])
def test_right_answers_do_not_come_out(graded, learner):
    """A learner's code hears the right answers of other exercises; nothing that it says is repeated."""
    line = "return dout @ W.T, x.T @ dout"
    assert line in classroom.right_answers()[1]
    (page,) = (graded["out"] / "learners").glob(f"{learner}.html")
    told = page.read_text("utf-8") + json.dumps(graded["rows"][learner])
    assert line not in told
    assert "ValueError" in told or "dx is no number" in told
