"""Build the static site that runs the course in a browser: python lib/site/build.py --to _site

JupyterLite is the page, Pyodide the Python in it. Any web server can serve the site, under any path,
and the site asks no other host for anything. See serve.py to look at it here.
"""

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from fnmatch import fnmatch
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYODIDE = "314.0.3"
INTEGRITY = "sK40My6m8tmBUYtYH9au9rXUeh9x0wfahtHdOlGmJxZDsKBGKtP6KznyFB2+u/klbQTdDionR0uaVd176zVQzQ=="
RELEASE = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
# what the chapters and the kernel import of Pyodide's own packages
COMPILED = (
    "numpy", "matplotlib", "pillow", "contourpy", "kiwisolver", "cycler", "packaging", "pyparsing",
    "python-dateutil", "six", "typing-extensions", "micropip",
)  # fmt: skip
KERNEL = "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
STUBS = {"jedi": "0", "jupyterlab": None}  # packages of which a browser needs the name only
UNUSED = (  # parts of wheels that nothing in a browser reads
    "*.pyi", "*.h", "*.a", "*/tests/*", "*/sample_data/*", "*/fonts/afm/*", "*/pdfcorefonts/*",
    "*/DejaVuSerif*", "*/DejaVuSansMono-*", "*/_tkagg.*", "*/nbextension/*", "*/labextension/*",
    "numpy/f2py/*", "mpl_toolkits/axisartist/*", "backprop/data/*.gz", "backprop/grading/*",
)  # fmt: skip
MARK = "edition.json"  # the file by which a folder is known as a site that this command built


class Refused(Exception):
    """The site can't be built; the words say what was wrong, where, and what was expected."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--to", type=Path, default=Path("_site"), help="the folder to build (_site)")
    parser.add_argument("--wheels", type=Path, help="a folder with Pyodide's wheels (downloaded)")
    arguments = parser.parse_args()
    try:
        build(arguments.to, arguments.wheels)
    except Refused as problem:
        sys.exit(f"No site was built. {problem}")


def build(to, wheels=None):
    """Build the site in the folder `to`, from nothing; an older site there is replaced at the end.

    wheels: a folder with the wheels of Pyodide's release, or None to download them.
    Raises Refused where something is missing or not what its hash says.
    """
    if to.exists() and any(to.iterdir()) and not (to / MARK).exists():
        raise Refused(f"{to} is not empty and holds no site. Name another folder, or empty this one.")
    to.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.absolute().parent, prefix=".site-") as folder:
        folder = Path(folder)
        lite, python, site = (folder / name for name in ("lite", f"pyodide-{PYODIDE}", "site"))
        lite.mkdir()
        python.mkdir()
        runtime = fetch_runtime(folder)
        for name in RUNTIME:
            shutil.copy(runtime / name, python)
        lock = json.loads((runtime / "pyodide-lock.json").read_text())
        wheels = [
            *release_wheels(lock["packages"], wheels, folder / "release"),
            *index_wheels(folder / "index"),
            *kernel_wheels(),
            *stubs(folder / "stubs"),
            course_wheel(folder / "course"),
        ]
        slim(wheels, folder / "slim")
        run("node", HERE / "compile.mjs", runtime, folder / "slim", python, what="compile the wheels")
        entries = map(locked, sorted(python.glob("*.whl")))
        lock["packages"] = {entry["name"]: entry for entry in entries}
        lock_name = put_text(python, "pyodide-lock.json", json.dumps(lock, sort_keys=True))
        put_mnist(python)
        put_notebooks(folder / "contents")
        configure(lite, lock_name, sorted(lock["packages"]))
        run_jupyterlite(lite, folder / "contents", site)
        python.rename(site / "static" / python.name)
        finish(site)
        if to.exists():
            shutil.rmtree(to)
        site.rename(to)


# the runtime


def fetch_runtime(folder):
    """Pyodide itself, in a folder; with its lockfile, which has the SHA-256 of each wheel of the release."""
    run("npm", "pack", "--silent", f"pyodide@{PYODIDE}", "--pack-destination", folder, what="fetch Pyodide")
    archive = folder / f"pyodide-{PYODIDE}.tgz"
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != INTEGRITY:
        raise Refused(f"{archive.name} is not the Pyodide that was tried: SHA-512 {found}, not {INTEGRITY}")
    with tarfile.open(archive) as tar:
        tar.extractall(folder)
    return folder / "package"


# wheels


def release_wheels(packages, folder, download_to):
    """The wheels of Pyodide's release, from a folder or downloaded; each has the lockfile's SHA-256."""
    paths, problems = [], []
    for package in COMPILED:
        name, expected = packages[package]["file_name"], packages[package]["sha256"]
        path = folder / name if folder else download(name, download_to)
        if not path.is_file():
            problems.append(f"{path} is missing.")
        elif (found := sha256(path)) != expected:
            problems.append(f"{path} has the SHA-256 {found}; Pyodide {PYODIDE} has {expected}.")
        paths.append(path)
    if problems:
        raise Refused("\n".join(["These wheels are not as Pyodide released them:", *problems]))
    return paths


def download(name, folder):
    folder.mkdir(exist_ok=True)
    try:
        with urllib.request.urlopen(RELEASE + name, timeout=60) as reply:
            (folder / name).write_bytes(reply.read())
    except OSError as error:
        raise Refused(
            f"{RELEASE + name} can't be downloaded: {error}. Or name a folder by --wheels."
        ) from None
    return folder / name


def index_wheels(folder):
    """The wheels that are pure Python, from the package index; pip checks the hashes in wheels.txt."""
    for_browser = ("--python-version", "3.14", "--implementation", "py", "--abi", "none", "--platform", "any")
    run(
        sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", *for_browser,
        "--require-hashes", "-r", HERE / "wheels.txt", "-d", folder,
        what="fetch the wheels in lib/site/wheels.txt",
    )  # fmt: skip
    return sorted(folder.glob("*.whl"))


def kernel_wheels():
    """What the kernel's extension brings along: the kernel itself, and the names that it stands in for."""
    folder = Path(sys.prefix) / KERNEL
    found = [next(folder.glob(f"{name}-*.whl"), None) for name in ("ipykernel", "piplite", "pyodide_kernel")]
    if None in found:
        raise Refused("jupyterlite-pyodide-kernel is not installed: python -m pip install -e .[site]")
    return found


def stubs(folder):
    """Wheels with a name and a version only: JupyterLab is the page, and jedi (1,600 files) is left out."""
    folder.mkdir()
    versions = STUBS | {"jupyterlab": jupyterlab_version()}
    for name, version in versions.items():
        path = folder / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            info = f"{name}-{version}.dist-info"
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
        yield path


def jupyterlab_version():
    """The version of the JupyterLab in JupyterLite."""
    import jupyterlite_core

    (archive,) = Path(jupyterlite_core.__file__).parent.glob("jupyterlite-app-*.tgz")
    with tarfile.open(archive) as tar:
        settings = json.load(tar.extractfile("package/jupyter-lite.json"))
    return settings["jupyter-config-data"]["versionInfo"]["@jupyterlab/application"]["version"]


def course_wheel(folder):
    """The wheel of this course."""
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        folder,
        ROOT,
        what="build the course's wheel",
    )
    return next(folder.glob("*.whl"))


def slim(wheels, folder):
    """Copy the wheels into the folder without what a browser does not use."""
    folder.mkdir()
    for path in wheels:
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(folder / path.name, "w") as new:
            for info in old.infolist():
                if not info.is_dir() and not any(fnmatch(info.filename, pattern) for pattern in UNUSED):
                    new.writestr(info.filename, amended(info.filename, old.read(info)))


def locked(path):
    """Give a wheel a name that has its hash, so that no browser keeps an old one; returns its entry."""
    name, version, *tags = path.stem.split("-")
    final = path.rename(path.with_name(f"{name}-{version}-0{sha256(path)[:8]}-{'-'.join(tags[-3:])}.whl"))
    return {
        "name": re.sub(r"[-_.]+", "-", name).lower(), "version": version, "file_name": final.name,
        "sha256": sha256(final), "install_dir": "site", "package_type": "package",
        "imports": [], "depends": [], "unvendored_tests": False,
    }  # fmt: skip


def amended(name, data):
    """A file of a wheel as the browser needs it."""
    if name != "pyodide_kernel/interpreter.py":
        return data
    wish, instead = b"Completer.use_jedi = True", b"Completer.use_jedi = False"
    if data.count(wish) != 1:
        raise Refused(f"{name} no longer has the line {wish.decode()!r}: does it still need jedi?")
    return data.replace(wish, instead)


# the rest


def put_text(folder, name, text):
    """Write a text under a name that has its hash, so that no browser keeps an old one; returns the name."""
    stem, dot, suffix = name.partition(".")
    name = f"{stem}-{hashlib.sha256(text.encode()).hexdigest()[:8]}{dot}{suffix}"
    (folder / name).write_text(text, encoding="utf-8")
    return name


def put_mnist(folder):
    """The four files of MNIST beside the runtime, where load_mnist finds them."""
    for path in (ROOT / "lib" / "backprop" / "data").glob("*.gz"):
        shutil.copy(path, folder)


def put_notebooks(folder):
    """The chapters, the glossary and the homework to solve, without outputs."""
    for path in [*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "notebooks" / "homework").glob("*.ipynb")]:
        target = folder / path.relative_to(ROOT / "notebooks")
        target.parent.mkdir(parents=True, exist_ok=True)
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
            if cell["cell_type"] == "code":
                cell |= {"outputs": [], "execution_count": None}
        target.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")


def configure(lite, lock_name, packages):
    """JupyterLite's settings."""
    python = f"./static/pyodide-{PYODIDE}"
    kernel = {
        "pyodideUrl": f"{python}/pyodide.mjs",
        "disablePyPIFallback": True,
        "loadPyodideOptions": {"lockFileURL": f"{python}/{lock_name}", "packages": packages},
    }
    data = {
        "appName": "Backpropagation from scratch",
        "exposeAppInBrowser": True,
        "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": kernel},
    }
    config = {"jupyter-lite-schema-version": 0, "jupyter-config-data": data}
    (lite / "jupyter-lite.json").write_text(json.dumps(config))
    shutil.copy(HERE / "page" / "overrides.json", lite)


def run_jupyterlite(lite, contents, site):
    run(
        sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", lite, "--contents", contents,
        "--output-dir", site, "--apps", "lab", "--no-sourcemaps", "--no-unused-shared-packages",
        cwd=lite, what="build JupyterLite",
    )  # fmt: skip


def finish(site):
    """The front page, the words while Python loads, and the service worker."""
    page = HERE / "page"
    python = f"static/pyodide-{PYODIDE}"
    files = [
        {"path": f"{python}/{path.name}", "bytes": path.stat().st_size, "integrity": integrity(path)}
        for path in sorted((site / python).iterdir())
        if path.suffix not in {".gz", ".json"}
    ]
    shutil.copytree(ROOT / "notebooks" / "pictures", site / "pictures")
    shutil.copy(page / "start.js", site)
    lab = site / "lab" / "index.html"
    replace(lab, "</body>", '<script type="module" src="../start.js"></script></body>')
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shutil.copy(page / "index.html", site)
    replace(site / "index.html", "@CHAPTERS@", rows(readme, r"notebooks/(?=\d)"))
    replace(site / "index.html", "@HOMEWORK@", rows(readme, r"notebooks/(?=homework/hw)"))
    worker = (page / "service-worker.js").read_text(encoding="utf-8")
    lite = site / "service-worker.js"
    lite.write_text(worker + lite.read_text(encoding="utf-8"), encoding="utf-8")
    edition = hashlib.sha256()
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        edition.update(path.relative_to(site).as_posix().encode() + path.read_bytes())
    replace(lite, "@EDITION@", edition.hexdigest()[:12])
    mark = {"edition": edition.hexdigest()[:12], "pyodide": PYODIDE, "files": files}
    (site / MARK).write_text(json.dumps(mark, indent=1))


def rows(readme, folder):
    """The README's table rows of the notebooks in a folder, as HTML with links into the course."""
    row = re.compile(rf"^\| \[(.+?)\]\({folder}(.+?)\) \|(.*)\|$", re.M)
    found = []
    for name, path, rest in row.findall(readme):
        what, *minutes = (escape(cell.strip()) for cell in rest.split("|"))
        last = "".join(f'<td class="minutes">{cell}</td>' for cell in minutes)
        link = f'<a href="lab/index.html?path={path}">{escape(name)}</a>'
        found.append(f"<tr><td>{link}</td><td>{what}</td>{last}</tr>")
    if not found:
        raise Refused(f"README.md has no table of the notebooks in {folder}; the front page needs it.")
    return "\n".join(found)


def replace(path, old, new):
    """Replace a text that stands in a file once."""
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise Refused(f"{path.name} has {old!r} {text.count(old)} times, not once.")
    path.write_text(text.replace(old, new), encoding="utf-8")


def integrity(path):
    """A file's hash as a browser checks it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(*command, what, **settings):
    """Run a command; Refused with its last words where it fails."""
    try:
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, **settings)
    except FileNotFoundError:
        raise Refused(f"To {what}, the command {command[0]} is needed, and it is not installed.") from None
    if done.returncode:
        words = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise Refused(f"Could not {what}:\n{words}")


if __name__ == "__main__":
    main()
