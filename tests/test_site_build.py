"""The commands of the static site: what they refuse and say; tests/browser/test_site.py runs the course."""

import base64
import hashlib
import importlib.util
import json
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

TOOLS = Path(__file__).parents[1] / "lib" / "site"


def tool(name):
    spec = importlib.util.spec_from_file_location(f"site_{name}", TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build, serve = tool("build"), tool("serve")


@pytest.fixture
def release(tmp_path):
    """A folder of made-up wheels and the lockfile's packages that go with them."""
    packages = {}
    for name in build.COMPILED:
        path = tmp_path / f"{name}-1-py3-none-any.whl"
        path.write_bytes(name.encode())
        packages[name] = {"file_name": path.name, "sha256": hashlib.sha256(name.encode()).hexdigest()}
    return tmp_path, packages


def test_wheels_as_they_were_released_are_taken(release):
    folder, packages = release
    assert [path.name for path in build.release_wheels(packages, folder, None)] == [
        packages[name]["file_name"] for name in build.COMPILED
    ]


def test_every_missing_and_every_wrong_wheel_is_named(release):
    folder, packages = release
    (folder / "numpy-1-py3-none-any.whl").write_bytes(b"other")
    (folder / "pillow-1-py3-none-any.whl").unlink()
    with pytest.raises(build.Refused) as problem:
        build.release_wheels(packages, folder, None)
    first, *lines = str(problem.value).splitlines()
    assert first == "These wheels are not as Pyodide released them:" and len(lines) == 2
    assert "numpy-1-py3-none-any.whl has the SHA-256 d9298a10" in lines[0]
    assert lines[1].endswith("pillow-1-py3-none-any.whl is missing.")


def test_a_wheel_that_was_downloaded_is_checked_too(release, monkeypatch):
    folder, packages = release
    here = serve.server(folder)
    threading.Thread(target=here.serve_forever, daemon=True).start()
    monkeypatch.setattr(build, "RELEASE", f"http://127.0.0.1:{here.server_port}/")
    paths = build.release_wheels(packages, None, folder / "downloaded")
    assert [path.read_bytes().decode() for path in paths] == list(build.COMPILED)
    (folder / "six-1-py3-none-any.whl").write_bytes(b"other")
    with pytest.raises(build.Refused, match="six-1"):
        build.release_wheels(packages, None, folder / "downloaded")
    (folder / "six-1-py3-none-any.whl").unlink()
    with pytest.raises(build.Refused, match=r"six-1.* can't be downloaded: .*404"):
        build.release_wheels(packages, None, folder / "downloaded")
    here.shutdown()


def test_a_runtime_that_is_not_the_pinned_one_is_refused(tmp_path, monkeypatch):
    name = f"pyodide-{build.PYODIDE}.tgz"
    monkeypatch.setattr(build, "run", lambda *_, **__: (tmp_path / name).write_bytes(b"other"))
    found = base64.b64encode(hashlib.sha512(b"other").digest()).decode()
    with pytest.raises(build.Refused) as problem:
        build.fetch_runtime(tmp_path)
    assert found in str(problem.value) and build.INTEGRITY in str(problem.value)


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(build.Refused, match="is not empty and holds no site"):
        build.build(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_build_that_fails_leaves_the_older_site(tmp_path, monkeypatch):
    site = tmp_path / "site"
    site.mkdir()
    (site / build.MARK).write_text("{}")

    def refuse(_):
        raise build.Refused("no network")

    monkeypatch.setattr(build, "fetch_runtime", refuse)
    with pytest.raises(build.Refused):
        build.build(site)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    assert [path.name for path in site.iterdir()] == [build.MARK]


def test_a_command_that_fails_says_what_it_was_for():
    with pytest.raises(build.Refused, match=r"Could not look:\n.*no-such-file"):
        build.run("ls", "no-such-file", what="look")
    with pytest.raises(build.Refused, match="To look, the command no-such-command is needed"):
        build.run("no-such-command", what="look")


def test_the_kernel_that_still_wants_jedi_is_noticed():
    assert b"use_jedi = False" in build.amended(
        "pyodide_kernel/interpreter.py", b"x.Completer.use_jedi = True"
    )
    with pytest.raises(build.Refused, match="no longer has the line"):
        build.amended("pyodide_kernel/interpreter.py", b"")


def test_the_front_page_has_the_readme_s_chapters_and_homework():
    readme = (TOOLS.parents[1] / "README.md").read_text(encoding="utf-8")
    chapters = build.rows(readme, r"notebooks/(?=\d)").splitlines()
    names = sorted(path.name for path in (TOOLS.parents[1] / "notebooks").glob("[0-9]*.ipynb"))
    assert [name for name, row in zip(names, chapters, strict=True) if f'path={name}"' not in row] == []
    assert all('class="minutes"' in row for row in chapters)
    assert len(build.rows(readme, r"notebooks/(?=homework/hw)").splitlines()) == 5
    with pytest.raises(build.Refused, match=r"README\.md has no table"):
        build.rows("", "notebooks/")


def test_published_notebooks_have_no_outputs_and_no_solutions(tmp_path):
    build.put_notebooks(tmp_path)
    published = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.ipynb")}
    assert {"00_start_here.ipynb", "glossary.ipynb", "homework/hw1_apples_and_tangerines.ipynb"} <= published
    assert not [path for path in published if "solutions" in path]
    for path in tmp_path.rglob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            assert isinstance(cell["source"], str)  # JupyterLite shows lists with commas
            assert cell["cell_type"] != "code" or (cell["outputs"], cell["execution_count"]) == ([], None)


def test_the_server_compresses_and_lets_a_browser_keep_what_never_changes(tmp_path):
    (tmp_path / "static").mkdir()
    for name in ("static/python.wasm", "index.html"):
        (tmp_path / name).write_bytes(bytes(5000))
    here = serve.server(tmp_path)
    threading.Thread(target=here.serve_forever, daemon=True).start()

    def get(path, **headers):
        request = urllib.request.Request(f"http://127.0.0.1:{here.server_port}/{path}", headers=headers)
        try:
            with urllib.request.urlopen(request) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, b""

    status, headers, data = get("static/python.wasm", **{"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Type"], headers["Content-Encoding"]) == (200, "application/wasm", "gzip")
    assert len(data) < 100 and "immutable" in headers["Cache-Control"]
    status, headers, data = get("")
    assert (status, len(data), headers["Cache-Control"]) == (200, 5000, "no-cache")
    assert get("", **{"If-None-Match": headers["ETag"]})[0] == 304
    assert get("no_such_file")[0] == 404
    here.shutdown()


def test_what_is_no_site_is_not_served(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["serve.py", str(tmp_path)])
    with pytest.raises(SystemExit, match="holds no site"):
        serve.main()
    (tmp_path / "edition.json").touch()
    with serve.server(tmp_path) as taken:
        monkeypatch.setattr("sys.argv", ["serve.py", str(tmp_path), "--port", str(taken.server_port)])
        with pytest.raises(SystemExit, match=r"can't be used: .*Name another by --port"):
            serve.main()


# MNIST in a browser: fetched at first use


@pytest.fixture
def browser(tmp_path, monkeypatch):
    """load_mnist as in a browser, with an empty data folder; its requests and what they get."""
    from backprop import mnist

    state = SimpleNamespace(asked=[], status=200, online=True, data=tmp_path / "data")
    state.data.mkdir()

    class Request:
        new = classmethod(lambda cls: cls())

        def open(self, method, url, asynchronous):
            assert (method, asynchronous) == ("GET", False)
            state.asked.append(url)

        def send(self):
            if not state.online:
                raise OSError("NetworkError")
            self.status = state.status
            content = (build.ROOT / "lib/backprop/data" / state.asked[-1].split("/")[-1]).read_bytes()
            self.response = SimpleNamespace(to_py=lambda: memoryview(content))

    monkeypatch.setitem(sys.modules, "js", SimpleNamespace(XMLHttpRequest=Request))
    base = SimpleNamespace(lockfileBaseUrl="http://host/course/static/pyodide/")
    monkeypatch.setitem(sys.modules, "pyodide_js", base)
    monkeypatch.setattr(mnist, "DATA", state.data)
    monkeypatch.setattr("sys.platform", "emscripten")
    return state


def test_a_browser_fetches_mnist_once(browser):
    from backprop import load_mnist

    for _ in range(2):
        (x, t), _ = load_mnist(normalize=False)
        assert x.shape == (60000, 784) and t[0] == 5
    assert len(browser.asked) == 4
    assert browser.asked[0] == "http://host/course/static/pyodide/train-images-idx3-ubyte.gz"


@pytest.mark.parametrize("broken", [{"online": False}, {"status": 404}])
def test_mnist_that_can_t_be_fetched_is_said_and_leaves_no_file(browser, broken):
    from backprop import load_mnist

    vars(browser).update(broken)
    with pytest.raises(FileNotFoundError, match=r"train-images-idx3-ubyte.gz could not be fetched. Is there"):
        load_mnist()
    assert list(browser.data.iterdir()) == []
