"""The house: one list of dependencies, one direction of imports, nothing that holds on one machine only."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import mutations
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "lib" / "backprop"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = SETTINGS["project"]
CORE = ["functions", "numerical", "graph", "layers", "network", "training", "mnist"]  # in reading order


def lines(path):
    """The lines of a file without comments and empty lines."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return [line for line in (re.sub(r"\s*#.*", "", line) for line in text.splitlines()) if line]


# dependencies


def declared(*groups):
    """The requirements that every install has, with the extra homework and these dependency groups."""
    texts = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["homework"]]
    texts += [text for group in groups for text in SETTINGS["dependency-groups"][group]]
    return {canonicalize_name(r.name): r.specifier for r in map(Requirement, texts)}


def test_requirements_pin_every_direct_dependency_exactly_and_install_the_package():
    *pins, package = lines("requirements.txt")
    assert package == "-e ."
    assert all(re.fullmatch(r"[\w-]+==[\d.]+", pin) for pin in pins)
    pinned = {
        canonicalize_name(name): Version(version) for name, version in (pin.split("==") for pin in pins)
    }
    wanted = declared("test")
    assert pinned.keys() == wanted.keys()
    assert [name for name in pinned if pinned[name] not in wanted[name]] == []


# not installed with the rest, so their owners can't be looked up
PEERS = {"sklearn": "scikit-learn", "jupyterlite_core": "jupyterlite-core"}
BROWSER = {"js", "pyodide_js"}  # Python in a browser has them


def test_nothing_imported_is_undeclared():
    known = declared(*SETTINGS["dependency-groups"]).keys()
    for extra in ("cluster", "site"):
        known |= {canonicalize_name(Requirement(r).name) for r in PROJECT["optional-dependencies"][extra]}
    owners = packages_distributions()
    own = {"backprop", "tests", *BROWSER, *(path.stem for path in (ROOT / "tests").rglob("*"))}
    for path in [*(ROOT / "lib").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in {name.partition(".")[0] for name in names} - own - sys.stdlib_module_names:
                found = {canonicalize_name(owner) for owner in owners.get(name, [PEERS.get(name, name)])}
                assert found & known, f"{path.name} imports {name}, which pyproject.toml doesn't name"


def test_a_browser_gets_the_same_versions():
    """Where lib/site/wheels.txt and requirements.txt name the same package."""
    pins = re.findall(r"^([\w-]+)==([\d.]+)", (ROOT / "requirements.txt").read_text(), re.M)
    wheels = re.findall(r"^([\w-]+)==([\d.]+)", (ROOT / "lib/site/wheels.txt").read_text(), re.M)
    assert {"ipython", "ipywidgets", "anywidget"} <= {name for name, _ in wheels}
    assert [wheel for wheel in wheels if wheel[0] in dict(pins) and wheel not in pins] == []


def test_environment_installs_the_same_requirements():
    assert [line.strip().removeprefix("- ") for line in lines("environment.yml")] == [
        "name: backprop", "channels:", "conda-forge",
        "dependencies:", "python=3.12", "pip", "pip:", "-r requirements.txt",
    ]  # fmt: skip
    assert Version("3.12") in Requirement(f"python{PROJECT['requires-python']}").specifier


def test_the_data_are_installed_with_the_package():
    patterns = SETTINGS["tool"]["setuptools"]["package-data"]["backprop.data"]
    for path in (LIBRARY / "data").iterdir():
        assert any(path.match(pattern) for pattern in patterns), path.name


# imports


def imports(path):
    """The modules that a file of the library imports, as full names: backprop.functions, numpy, …"""
    package = ["backprop", *path.relative_to(LIBRARY).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                inside = (LIBRARY.parent / module.replace(".", "/") / f"{alias.name}.py").exists()
                inside = inside or (LIBRARY.parent / module.replace(".", "/") / alias.name).is_dir()
                yield f"{module}.{alias.name}" if inside else module


def test_every_file_of_the_core_is_known():
    assert {path.stem for path in LIBRARY.glob("*.py")} == {"__init__", *CORE}


@pytest.mark.parametrize("name", CORE)
def test_a_core_file_imports_numpy_and_the_core_files_before_it(name):
    allowed = {"numpy", *(f"backprop.{earlier}" for earlier in CORE[: CORE.index(name)])}
    if name == "training":
        allowed.add("threadpoolctl")
    if name == "mnist":
        allowed |= BROWSER
    for module in imports(LIBRARY / f"{name}.py"):
        assert module in allowed or module.partition(".")[0] in sys.stdlib_module_names, module


def test_the_package_imports_its_core_files_only():
    assert set(imports(LIBRARY / "__init__.py")) <= {f"backprop.{name}" for name in CORE}


# room -> the rooms of the library that it may import besides itself and the core
ROOMS = {
    "explore": set(), "chapters": {"explore", "homework"}, "homework": set(), "grading": {"homework"},
    "data": set(),
}  # fmt: skip


def test_every_room_is_known():
    rooms = {path.name for path in LIBRARY.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == ROOMS.keys()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_below_it(room):
    forbidden = {f"backprop.{other}" for other in ROOMS.keys() - ROOMS[room] - {room}}
    found = {m for path in (LIBRARY / room).rglob("*.py") for m in imports(path)}
    assert not [module for module in found if ".".join(module.split(".")[:2]) in forbidden]


def test_a_forbidden_import_would_be_seen(tmp_path, monkeypatch):
    """The reader of imports itself: absolute, relative, of a package, inside a function."""
    monkeypatch.setattr(sys.modules[__name__], "LIBRARY", tmp_path / "backprop")
    for folder in ("explore", "homework"):
        (tmp_path / "backprop" / folder).mkdir(parents=True)
    (tmp_path / "backprop" / "layers.py").touch()
    path = tmp_path / "backprop" / "explore" / "panel.py"
    path.write_text(
        "import os.path, numpy as np\nfrom .. import homework\nfrom ..homework.grade import x\n"
        "def f():\n    from backprop.layers import Relu\n    from backprop import layers\n"
        "    from . import y\n"
    )
    assert sorted(imports(path)) == [
        "backprop.explore", "backprop.homework", "backprop.homework.grade", "backprop.layers",
        "backprop.layers", "numpy", "os.path",
    ]  # fmt: skip


# tests that would never run

TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


def functions(path):
    """The functions of a test file and the methods of its classes, each with the name of its class."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Module, ast.ClassDef)):
            owner = getattr(node, "name", "")
            yield from ((owner, f) for f in node.body if isinstance(f, ast.FunctionDef))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_no_two_tests_share_a_name(path):
    """The first would never run; seen in DeZero."""
    names = [(owner, function.name) for owner, function in functions(path)]
    assert [name for name in names if names.count(name) > 1] == []


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_every_function_is_a_test_or_is_used(path):
    """A test whose name does not begin with test_ would never run; seen in ARENA."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    helpers = {f.name for owner, f in functions(path) if not owner and not f.decorator_list}
    assert {name for name in helpers - used if not name.startswith("test_")} == set()


def test_every_mutation_still_finds_its_place():
    """tests/mutations.py changes texts of the core: each must stand there, once."""
    assert mutations.misplaced(mutations.MUTATIONS) == []
    assert len({(name, old, new) for name, old, new, _ in mutations.MUTATIONS}) >= 40


# nothing that holds on one machine only

TEXTS = {".py", ".ipynb", ".md", ".toml", ".yml", ".txt", ".json", ".html", ".sh", ".css", ".js", ".mjs", ""}
ABSOLUTE_PATH = re.compile(r"(?<![\w.~-])(?:/(?:home|root|work|tmp|Users)/|[A-Z]:\\{1,2}Users)")
PATH_EDIT = re.compile(r"\bsys\.path\s*(?:[+=\[]|\.(?:append|insert|extend))")
STAR_IMPORT = re.compile(r"^\s*\"?\s*from\s+\S+\s+import\s+\*", re.M)


ALLOWED = {"tests/grading/classroom.py": "/tm" + "p/"}  # a hostile answer tries to write there


def files():
    places = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    for folder in ("lib", "notebooks", "tests", ".ci"):
        places += (path for path in (ROOT / folder).rglob("*") if path.is_file())
    hidden = {"venv", "__pycache__", ".ipynb_checkpoints", "backprop_course.egg-info"}
    return [path for path in places if path.suffix in TEXTS and not hidden.intersection(path.parts)]


@pytest.mark.parametrize("pattern", [ABSOLUTE_PATH, PATH_EDIT, STAR_IMPORT], ids=["path", "sys.path", "star"])
def test_no_file_has(pattern):
    found = {}
    for path in files():
        if match := pattern.search(path.read_text(encoding="utf-8")):
            found[str(path.relative_to(ROOT))] = match[0]
    assert found.items() <= ALLOWED.items()


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        (ABSOLUTE_PATH, ["open('/ho", "me/me/data')"]),
        (ABSOLUTE_PATH, ["C:", r"\Users\me"]),
        (PATH_EDIT, ["sys.pa", "th.insert(0, '..')"]),
        (PATH_EDIT, ["sys.pa", "th += ['..']"]),
        (STAR_IMPORT, ["from numpy imp", "ort *"]),
        (STAR_IMPORT, ['    "from numpy imp', 'ort *\\n",']),  # a notebook's line
    ],
)
def test_the_patterns_see_what_they_forbid(pattern, parts):
    assert pattern.search("".join(parts))


def test_files_are_looked_at():
    names = {str(path.relative_to(ROOT)) for path in files()}
    assert {"README.md", "pyproject.toml", "lib/backprop/layers.py", "tests/test_house.py"} <= names
