"""What teachers download is taken in whole: each learner once, and whatever is odd is said."""

import csv
import json
import os
import zipfile
from datetime import datetime

import classroom
import pytest
from backprop.grading import intake, notebook, report, statuses

HW = "hw3_layers"
STUB = json.dumps(notebook.read(classroom.STUB))
OTHER = json.dumps(notebook.read(classroom.HOMEWORK / "hw1_apples_and_tangerines.ipynb"))


def make(folder, *paths, text=STUB):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def zipped(folder):
    place = folder.parent / f"{folder.name}.zip"
    with zipfile.ZipFile(place, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return place


def taken(place, **more):
    handins, ignored = intake.take_in(place, HW, **more)
    return {handin.learner: handin for handin in handins.values()}, ignored


def test_a_folder_names_learners_by_file_or_folder(tmp_path):
    make(tmp_path, "ada/hw3_layers.ipynb", "chloe.ipynb", "d\x1be.ipynb", "Eve.IPYNB",
         ".ipynb_checkpoints/x.ipynb", "fay/.ipynb_checkpoints/x.ipynb", "notes.txt")  # fmt: skip
    (tmp_path / "Gus").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    found, ignored = taken(tmp_path)
    assert set(found) == {"ada", "chloe", "d?e", "Eve", "fay", "Gus"}
    assert found["Gus"].submission is None
    assert found["Gus"].notes == ["the folder is empty"]
    assert found["fay"].submission is None
    assert ignored == ["notes.txt"]


@pytest.mark.parametrize(
    "paths", [("ada.ipynb", "ada/hw3.ipynb"), ("be  n.ipynb", "be n.ipynb"), ("ada.ipynb", "ADA.IPYNB"),
              ("ada.ipynb", "ada (1).ipynb")]
)  # fmt: skip
def test_two_files_of_one_learner_are_named_and_the_newest_is_judged(tmp_path, paths):
    make(tmp_path, *paths)
    os.utime(tmp_path / paths[0], (1, 1))
    found, _ = taken(tmp_path)
    (handin,) = found.values()
    assert handin.file == paths[1]
    (note,) = handin.notes
    assert all(notebook.printable(path) in note for path in paths)


def test_a_wrong_homework_is_named_and_not_judged(tmp_path):
    make(tmp_path, "ada.ipynb", text=OTHER)
    (handin,) = taken(tmp_path)[0].values()
    assert handin.submission == handin.notes[0]
    assert "only hw1_apples_and_tangerines" in handin.notes[0]


def test_a_cloned_course_has_one_hand_in(tmp_path):
    for learner in ("hw3-ada", "hw3-ben"):
        make(tmp_path, f"{learner}/notebooks/homework/hw3_layers.ipynb",
             f"{learner}/notebooks/homework/solutions/hw3_layers.ipynb",
             f"{learner}/lib/backprop/homework/released/hw3_layers.ipynb",
             f"{learner}/mine.ipynb")  # fmt: skip
        make(tmp_path, f"{learner}/notebooks/homework/hw1_apples_and_tangerines.ipynb", text=OTHER)
    found, _ = taken(tmp_path, file="hw3_layers.ipynb")
    assert {h.file for h in found.values()} == {
        f"{learner}/notebooks/homework/hw3_layers.ipynb" for learner in ("hw3-ada", "hw3-ben")
    }
    assert all(handin.notes == [] for handin in found.values())
    (tmp_path / "roster.csv").write_text('"identifier","github_username"\n"Ada Byron","ada"\n"Cy","cy"\n')
    roster = intake.Roster(tmp_path / "roster.csv")
    (tmp_path / "roster.csv").unlink()
    found, _ = taken(tmp_path, file="hw3_layers.ipynb", roster=roster)
    assert list(found) == ["Ada Byron", "Cy", "hw3-ben"]
    assert found["Cy"].notes == ["handed in nothing"]
    assert found["hw3-ben"].notes == ["not on the roster"]


def moodle(folder):
    make(folder, "Ada Byron_101_assignsubmission_file_/hw3_layers.ipynb",
         "Zoë de Vries_102_assignsubmission_file_/my homework.ipynb",
         "Cy Old_103_assignsubmission_file_hw3.ipynb")  # fmt: skip
    make(folder, "Dee Two_104_assignsubmission_onlinetext_/onlinetext.html", text="<p>done</p>")
    roster = folder.parent / "worksheet.csv"
    roster.write_text(
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
        "Last modified (grade),Feedback comments\n"
        + "".join(f'Participant {n},"{name}",{n}@x.org,Submitted,,10.00,Yes,-,\n' for n, name in
                  [(102, "Zoë de Vries"), (101, "Ada Byron"), (103, "Cy Old"), (104, "Dee Two"),
                   (105, "Eli Absent")]), encoding="utf-8")  # fmt: skip
    return roster


def canvas(folder):
    make(folder, "byronada_201_9001_hw3_layers.ipynb", "byronada_201_9002_hw3_layers-1.ipynb",
         "devrieszo_LATE_202_9003_hw3_layers.ipynb")  # fmt: skip
    make(folder, "oldcy_203_9004_essay.pdf", text="%PDF")
    roster = folder.parent / "gradebook.csv"
    roster.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,hw3_layers (77)\n    Points Possible,,,,,4\n"
        '"Byron, Ada",201,s1,ada,A,\n"de Vries, Zoë",202,s2,zoe,A,\n"Old, Cy",203,s3,cy,B,\n'
        '"Absent, Eli",204,s4,eli,B,\n', encoding="utf-8")  # fmt: skip
    return roster


@pytest.mark.parametrize("as_zip", [False, True])
def test_moodles_download_and_worksheet(tmp_path, as_zip):
    (tmp_path / "sub").mkdir()
    roster = intake.Roster(moodle(tmp_path / "sub"))
    found, ignored = taken(zipped(tmp_path / "sub") if as_zip else tmp_path / "sub", roster=roster)
    assert list(found) == ["Zoë de Vries", "Ada Byron", "Cy Old", "Dee Two", "Eli Absent"]
    assert [handin.moodle for handin in found.values()] == ["102", "101", "103", "104", "105"]
    assert [isinstance(handin.submission, dict) for handin in found.values()] == [True] * 3 + [False] * 2
    assert "only onlinetext.html" in found["Dee Two"].notes[0]
    assert ignored == []


def test_canvas_download_and_gradebook(tmp_path):
    (tmp_path / "sub").mkdir()
    roster = intake.Roster(canvas(tmp_path / "sub"))
    found, _ = taken(tmp_path / "sub", roster=roster)
    assert list(found) == ["Byron, Ada", "de Vries, Zoë", "Old, Cy", "Absent, Eli"]
    assert found["Byron, Ada"].file == "byronada_201_9002_hw3_layers-1.ipynb", "the repeated one"
    assert found["de Vries, Zoë"].late == "late"
    assert "only oldcy_203_9004_essay.pdf" in found["Old, Cy"].notes[0]


def test_late_is_what_is_newer_than_due(tmp_path):
    make(tmp_path, "ada.ipynb", "ben.ipynb")
    due = 1_000_000_000
    for name, late in (("ada", 0), ("ben", 2 * 86400 + 7 * 60 + 5)):
        os.utime(tmp_path / f"{name}.ipynb", (due + late, due + late))
    found, _ = taken(tmp_path, due=datetime.fromtimestamp(due))
    assert (found["ada"].late, found["ben"].late) == ("", "late by 2 days 7 min")


@pytest.mark.parametrize("text", ["", "name\n", "\x00", None])
def test_a_roster_that_is_none_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / "r.csv").write_text(text)
    with pytest.raises(intake.IntakeError, match=r"r\.csv"):
        intake.Roster(tmp_path / "r.csv")


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    make(tmp_path, "x.zip", text="PK")
    with pytest.raises(intake.IntakeError, match="neither a folder nor a zip"):
        intake.take_in(tmp_path / "x.zip", HW)


def reported(tmp_path, kind, overrides=None):
    """The reports of a class in which everybody who handed in has three of four points."""
    (tmp_path / "sub").mkdir()
    roster = intake.Roster(kind(tmp_path / "sub"))
    handins, _ = intake.take_in(tmp_path / "sub", HW, roster=roster)
    homework = statuses.Homework(HW, notebook.read(classroom.STUB), [])
    made = report.Report(tmp_path / "out", homework, handins, "none", roster, report.Overrides(overrides))
    for key, handin in handins.items():
        given = isinstance(handin.submission, dict)
        made.add(key, [
            {"exercise": n, "status": "passed" if given and n < 4 else "wrong", "of": 1.0, "reason": "=1+1",
             "points": float(given and n < 4), "hint": "", "looks": "", "answer": "", "seconds": 0.0}
            for n in (1, 2, 3, 4)
        ])  # fmt: skip
    made.write()
    return tmp_path / "out"


def rows(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_moodle_reads_its_worksheet_back(tmp_path):
    overrides = tmp_path / "mine.csv"
    overrides.write_text(
        "learner,exercise,points,comment\nada byron,4,0.5,half right\nAda Byron,,,Well done.\n"
    )
    out = reported(tmp_path, moodle, overrides)
    found = {row["Identifier"]: row for row in rows(out / "moodle.csv")}
    assert list(found["Participant 101"]) == rows_of(tmp_path / "worksheet.csv")
    assert found["Participant 101"]["Grade"] == "3.5"
    assert found["Participant 101"]["Feedback comments"] == "Well done. Exercise 4: half right"
    assert [found[f"Participant {n}"]["Grade"] for n in (102, 103, 104, 105)] == ["3", "3", "0", "0"]
    assert found["Participant 102"]["Full name"] == "Zoë de Vries"
    assert found["Participant 102"]["Last modified (grade)"] == "-", "as Moodle wrote it"
    with zipfile.ZipFile(out / "feedback.zip") as archive:
        assert "Ada Byron_101_assignsubmission_file_/hw3_layers.html" in archive.namelist()
        assert len(archive.namelist()) == 5


def rows_of(path):
    with open(path, encoding="utf-8") as file:
        return file.readline().strip().split(",")


def test_canvas_reads_its_gradebook_back(tmp_path):
    out = reported(tmp_path, canvas)
    first, *found = rows(out / "canvas.csv")
    assert list(first) == rows_of(tmp_path / "gradebook.csv")
    assert (first["Student"].strip(), first["hw3_layers (77)"]) == ("Points Possible", "4")
    grades = {row["ID"]: row["hw3_layers (77)"] for row in found}
    assert grades == {"201": "3", "202": "3", "203": "0", "204": "0"}
    assert {row["SIS Login ID"] for row in found} == {"ada", "zoe", "cy", "eli"}
    with zipfile.ZipFile(out / "feedback.zip") as archive:
        assert "byronada_201_9002_hw3_layers-1.html" in archive.namelist()


def test_one_row_a_learner(tmp_path):
    out = reported(tmp_path, canvas)
    found = {row["learner"]: row for row in rows(out / "results.csv")}
    assert len(found) == 4
    zoe = found["de Vries, Zoë"]
    columns = ("total", "of", "exercise 1", "exercise 4", "late")
    assert [zoe[column] for column in columns] == ["3", "4", "1", "0", "late"]
    assert (out / "learners" / "de Vries, Zoë.html").exists()


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "learner,exercise,points,comment\nx,one,2,\n"])
def test_overrides_that_are_none_are_refused(tmp_path, text):
    (tmp_path / "o.csv").write_text(text)
    with pytest.raises(ValueError, match=r"o\.csv, line 2: expected learner, exercise, points and comment"):
        report.Overrides(tmp_path / "o.csv")


def test_one_folder_around_everything_in_a_zip_does_not_count(tmp_path):
    make(tmp_path / "a", "class/ada/hw3.ipynb", "class/ben/hw3.ipynb")
    assert set(taken(zipped(tmp_path / "a"))[0]) == {"ada", "ben"}
    make(tmp_path / "b", "Ada L_12_assignsubmission_file/hw3.ipynb")
    assert set(taken(zipped(tmp_path / "b"))[0]) == {"Ada L"}, "a download with one hand-in"


def test_a_notebook_that_can_not_be_taken_out_of_the_zip_says_so(tmp_path):
    make(tmp_path / "a", "ada.ipynb", "ben.ipynb")
    place = zipped(tmp_path / "a")
    content = place.read_bytes()
    place.write_bytes(content.replace(b"nbformat", b"nbforget", 1))  # its checksum is another now
    found, _ = taken(place)
    assert found["ada"].submission.startswith("the file can't be read: it can't be taken out of the zip: ")
    assert isinstance(found["ben"].submission, dict)


def test_a_roster_names_learners_in_either_order(tmp_path):
    (tmp_path / "roster.csv").write_text('number,name\n7,"Lovelace, Ada"\n8,Ben Nevis\n')
    (tmp_path / "class").mkdir()
    make(tmp_path / "class", "Ada Lovelace.ipynb", "Ben Nevis.ipynb")
    found, _ = taken(tmp_path / "class", roster=intake.Roster(tmp_path / "roster.csv"))
    assert {name: handin.file for name, handin in found.items()} == {
        "Lovelace, Ada": "Ada Lovelace.ipynb", "Ben Nevis": "Ben Nevis.ipynb"
    }  # fmt: skip
