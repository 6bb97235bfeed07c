"""What teachers have: a folder or a zip, from Moodle, from Canvas, of GitHub Classroom; and a roster.

Nothing vanishes and nothing is chosen silently: every learner gets a Handin, and its notes say what was
found beside the notebook that is judged.
"""

import csv
import os
import re
import unicodedata
import zipfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from . import notebook

MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.S)
CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_\d+_(?P<file>.+)", re.S)
REPEATED = re.compile(r"(?: \((\d{1,3})\)|(?<=.)-(\d{1,3}))$")  # "hw3 (2)" of a browser, "hw3-2" of Canvas
NOT_HANDED_IN = {"released", "solutions"}  # folders of a cloned course
MOST_FILES = 100_000


class IntakeError(ValueError):
    """The hand-ins can't be taken in; the message says why."""


@dataclass
class Handin:
    """What one learner has handed in."""

    learner: str
    submission: dict | str | None = None  # see verdict.judge; None: nothing
    file: str = ""  # what is judged, as a path below the folder
    notes: list = field(default_factory=list)
    late: str = ""
    moodle: str = ""  # the learner's id there
    canvas: str = ""
    row: dict = field(default_factory=dict)  # of the roster


@dataclass
class _File:
    """A file below the folder, or in the zip."""

    path: PurePosixPath
    time: datetime
    read: object  # () -> a notebook as a dict; raises notebook.Unreadable
    who: str = ""
    moodle: str = ""
    canvas: str = ""
    repeat: int = 0
    late: bool = False


def take_in(place, homework, file=None, roster=None, due=None):
    """({key: Handin} of all learners, in the roster's order or by name; the files that are nobody's).

    place: a folder or a zip. homework: its name. file: the end of the path of the files that count.
    roster: a Roster. due: a datetime. Raises IntakeError where there is nothing.
    """
    files, folders = _in_zip(place) if Path(place).is_file() else _in_folder(place)
    for found in files:
        _say_who(found)
    named, ignored = {}, []
    for found in files:
        if len(found.path.parts) > 1 or found.moodle or found.canvas or _is_notebook(found):
            named.setdefault(_key(found), []).append(found)
        else:
            ignored.append(found.path.as_posix())
    handins = {}
    for folder in folders:  # one without a file
        match = MOODLE.fullmatch(folder)
        learner = notebook.printable(match["name"] if match else folder)
        if normal(learner) not in named:
            handins[normal(learner)] = Handin(learner, notes=["the folder is empty"])
    if not any(_is_notebook(found) for found in files):
        raise IntakeError(f"{place}: no .ipynb file in it")
    handins |= {key: _chosen(group, homework, file, due) for key, group in named.items()}
    return (roster.placed(handins) if roster else dict(sorted(handins.items()))), ignored


def normal(name):
    """A name without the differences that nobody sees: case, spaces, and how accents are written."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _in_folder(place):
    """(files, names of top folders without any) of a folder; links to folders are not followed."""
    files, tops, count = [], set(), 0
    for folder, names, entries in os.walk(place):
        names[:] = sorted(n for n in names if not n.startswith((".", "__")))
        relative = Path(folder).relative_to(place)
        if len(relative.parts) == 1:
            tops.add(relative.name)
        for name in sorted(e for e in entries if not e.startswith(".")):
            path = Path(folder, name)
            time = datetime.fromtimestamp(path.lstat().st_mtime)
            files.append(_File(PurePosixPath((relative / name).as_posix()), time, _reader(path)))
            count += 1
            if count > MOST_FILES:
                raise IntakeError(f"{place}: more than {MOST_FILES} files; expected a folder of hand-ins")
    return files, sorted(tops - {file.path.parts[0] for file in files})


def _reader(path):
    return lambda: notebook.read(path)


def _in_zip(place):
    """The same of a zip; nothing is unpacked. One folder around everything does not count."""
    try:
        archive = zipfile.ZipFile(place)
    except (zipfile.BadZipFile, OSError) as error:
        raise IntakeError(f"{place}: neither a folder nor a zip file ({error})") from error
    infos = [i for i in archive.infolist() if not i.is_dir() and not i.filename.startswith("__MACOSX")]
    if len(infos) > MOST_FILES:
        raise IntakeError(f"{place}: more than {MOST_FILES} files in it; expected hand-ins")

    def reader(info):
        def read():
            try:
                with archive.open(info) as file:
                    return notebook.parse(file.read(notebook.LARGEST + 1))
            except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
                raise notebook.Unreadable(f"it can't be taken out of the zip: {error}") from error

        return read

    files = [_File(PurePosixPath(i.filename), datetime(*i.date_time), reader(i)) for i in infos]
    files = [file for file in files if not any(part.startswith(".") for part in file.path.parts)]
    tops = {file.path.parts[0] for file in files}
    if len(tops) == 1 and all(len(f.path.parts) > 2 or _is_notebook(f) for f in files):
        (top,) = tops
        if not MOODLE.fullmatch(top) and any(len(file.path.parts) > 1 for file in files):
            for file in files:
                file.path = PurePosixPath(*file.path.parts[1:])
    return files, []


def _is_notebook(file):
    return file.path.suffix.lower() == ".ipynb"


def _say_who(file):
    """Whose a file is, told from its path as Moodle, Canvas or a teacher makes it."""
    stem = file.path.stem
    repeated = REPEATED.search(stem)
    file.repeat = int(repeated[1] or repeated[2]) if repeated else 0
    moodle = MOODLE.fullmatch(file.path.parts[0])
    canvas = CANVAS.fullmatch(file.path.name)
    if moodle:
        file.who, file.moodle = moodle["name"], moodle["id"]
    elif canvas:
        file.who, file.canvas, file.late = canvas["name"], canvas["id"], bool(canvas["late"])
    elif len(file.path.parts) > 1:
        file.who = file.path.parts[0]
    else:  # "team-1" and "team-2" are two learners, "ada (1)" is one
        file.who = stem[: repeated.start()] if repeated and repeated[1] else stem
        file.repeat = file.repeat if repeated and repeated[1] else 0


def _key(file):
    if file.moodle or file.canvas:
        return f"moodle {file.moodle}" if file.moodle else f"canvas {file.canvas}"
    return normal(file.who)


def _chosen(group, homework, wanted, due):
    """The Handin of one learner's files: the newest that is this homework, and what else there was."""
    first = group[0]
    handin = Handin(notebook.printable(first.who), moodle=first.moodle, canvas=first.canvas)
    books = [file for file in group if _is_notebook(file)]
    if wanted:
        books = [file for file in books if f"/{file.path.as_posix()}".endswith(f"/{wanted}")]
    books = [file for file in books if not NOT_HANDED_IN & set(file.path.parts[:-1])]
    read = {id(file): _content(file) for file in books}

    def title(file):
        found = read[id(file)]
        return notebook.name(found) if isinstance(found, dict) else None

    fitting = [f for f in books if title(f) == homework] or [f for f in books if title(f) is None]
    if not fitting:
        there = sorted({title(f) or "" for f in books} or {f.path.name for f in group})
        told = ", ".join(there[:5]) + (" …" if len(there) > 5 else "")
        handin.notes.append(notebook.printable(f"no notebook of {homework} was handed in, only {told}"))
        if books:
            handin.submission, handin.file = handin.notes[0], books[0].path.as_posix()
        return handin
    best = max(fitting, key=lambda file: (file.repeat, file.time))
    handin.submission, handin.file = read[id(best)], best.path.as_posix()
    others = [file.path.as_posix() for file in fitting if file is not best]
    if others:
        told = f"{len(fitting)} notebooks of this homework; judged the newest, {best.path}, and not "
        handin.notes.append(notebook.printable(told + ", ".join(others)))
    if isinstance(handin.submission, str):
        handin.notes.append(handin.submission)
    if best.late or (due and best.time > due):
        by = f" by {str(best.time - due).split('.')[0]}" if due and best.time - due > timedelta(0) else ""
        handin.late = f"late{by}"
    return handin


def _content(file):
    """The notebook in a file, with what is judged only; or why it can't be read."""
    try:
        return notebook.lean(file.read())
    except notebook.Unreadable as error:
        return f"the file can't be read: {error}"


class Roster:
    """A CSV of learners: any with a column of names, Moodle's grading worksheet, or Canvas's gradebook.

    Raises IntakeError where it can't be read.
    """

    def __init__(self, path):
        try:
            with open(path, encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                self.rows = [row for row in reader if any((value or "").strip() for value in row.values())]
                self.fields = list(reader.fieldnames or [])
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise IntakeError(f"{path}: not a CSV file of learners ({error})") from error
        if not self.fields or not self.rows:
            raise IntakeError(f"{path}: no learners in it; expected a first line with the columns' names")
        self.moodle = {"Identifier", "Full name"} <= set(self.fields)
        self.canvas = {"Student", "ID"} <= set(self.fields)
        if self.canvas:  # below the header stands a line of the points possible
            self.rows = [row for row in self.rows if (row["ID"] or "").strip()]

    def placed(self, handins):
        """{key: Handin} of everybody: the roster's learners in its order, then those it does not know."""
        left, found = dict(handins), {}
        for number, row in enumerate(self.rows):
            keys = [key for key in left if self._is(row, key, left[key])]
            handin = left.pop(keys[0]) if keys else Handin("", notes=["handed in nothing"])
            for key in keys[1:]:
                more = left.pop(key)
                handin.notes.append(f"a second hand-in of the same learner is not judged: {more.file}")
            handin.learner, handin.row = notebook.printable(self._name(row)), row
            handin.moodle = handin.moodle or (re.sub(r"\D", "", row["Identifier"]) if self.moodle else "")
            handin.canvas = handin.canvas or (row["ID"].strip() if self.canvas else "")
            found[f"roster {number}"] = handin
        for key, handin in left.items():
            handin.notes.append("not on the roster")
            found[key] = handin
        return found

    def _name(self, row):
        for column in ("Full name", "Student", "name", "Name", "learner", "identifier"):
            if (row.get(column) or "").strip():
                return row[column]
        both = [row.get(column) or "" for column in ("First name", "Last name")]
        return " ".join(both).strip() or row[self.fields[0]] or "?"

    def _is(self, row, key, handin):
        """True where a hand-in is of this row's learner."""
        if self.moodle and handin.moodle:
            return handin.moodle == re.sub(r"\D", "", row["Identifier"])
        if self.canvas and handin.canvas:
            return handin.canvas == row["ID"].strip()
        known = {normal(value) for column, value in row.items() if column and isinstance(value, str)}
        words = normal(self._name(row).replace(",", " ")).split()
        known |= {" ".join(words), " ".join(words[1:] + words[:1]), "".join(words)}
        known.add("".join(words[1:] + words[:1]))
        who = normal(handin.learner)
        return who in known - {""} or any(who.endswith(f"-{name}") for name in known if len(name) > 2)
