"""What holds around a kernel, tried by itself: system calls, control groups, and what is left behind."""

import os
import subprocess
import sys

import pytest
from backprop.grading import cgroups, sandbox, seccomp
from backprop.grading.sandbox import Bubblewrap, Limits

CALLS = {  # numbers of x86-64, and arguments with which each works, or fails for another reason, outside
    "add_key": '248, b"user", b"k", b"x", 1, -3',
    "keyctl": "250, 1, 0",
    "mount": '165, b"none", b".", b"tmpfs", 0, 0',
    "unshare": "272, 0x10000000",
    "clone": "56, 0x10000000 | 17, 0, 0, 0, 0",
    "ptrace": "101, 0, 0, 0, 0",
    "memfd_create": '319, b"x", 0',
    "shmget": "29, 0, 4096, 0o1600",
    "msgget": "68, 0, 0o1600",
}
TRY = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
for name, call in {calls!r}.items():
    found = eval(f"libc.syscall({{call}})")
    if name == "clone" and found == 0:
        os._exit(0)
    print(name, found, errno.errorcode.get(ctypes.get_errno()))
"""


def inside(code, box=None):
    """What a Python in the sandbox prints."""
    box = box or Bubblewrap(Limits())
    group = box.group()
    with sandbox.folder() as place, box.filter() as filter:
        box.open_folder(place)
        command = group.enter(box.command([sys.executable, "-c", code], place, filter))
        try:
            found = subprocess.run(
                command, env=box.environment({}), capture_output=True, text=True, timeout=60,
                pass_fds=[filter] if filter else [],
            )  # fmt: skip
        finally:
            group.end()
    return found.stdout + found.stderr


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are of x86-64")
@pytest.mark.skipif(not seccomp.here(), reason="libseccomp is not installed")
def test_system_calls_that_leak_or_escape_are_refused(bwrap):
    found = inside(TRY.format(calls=CALLS)).split("\n")[:-1]
    assert found == [f"{name} -1 EPERM" for name in CALLS]


def test_threads_processes_and_shared_memory_still_work(bwrap):
    code = "import multiprocessing as m; p = m.Pool(2); print(p.map(abs, [-1, 2])); p.terminate()"
    assert inside(code) == "[1, 2]\n"


def test_a_control_group_holds_all_processes_together(bwrap):
    if not cgroups.describe():
        pytest.skip("no control groups here")
    box = Bubblewrap(Limits(memory=300))
    eats = (
        "import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n"
        "        kept = b'x' * 150_000_000\n        time.sleep(5)\n        os._exit(0)\n"
        "print(max(os.wait()[1] for _ in range(3)))"
    )
    assert inside(eats, box) != "0\n"


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Control groups of version 2, made of plain files."""
    own = tmp_path / "user.slice" / "run.scope"
    own.mkdir(parents=True)
    (own / "cgroup.controllers").write_text("cpu memory pids")
    text = cgroups._text
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    monkeypatch.setattr(
        cgroups, "_text", lambda path: "0::/user.slice/run.scope" if "proc" in str(path) else text(path)
    )
    cgroups._parents.cache_clear()
    yield own
    cgroups._parents.cache_clear()


def test_a_delegated_group_is_made_ready_and_limits_a_kernel(groups, monkeypatch):
    made = []
    mkdir = type(groups).mkdir

    def with_files(path, *args, **kwargs):
        mkdir(path, *args, **kwargs)
        made.append(path)
        for name in ("memory.max", "memory.swap.max", "memory.oom.group", "pids.max"):
            (path / name).write_text("max")

    monkeypatch.setattr(type(groups), "mkdir", with_files)
    group = cgroups.new(1000, 7)
    assert (groups / "homework" / "cgroup.procs").read_text() == str(os.getpid())
    assert (groups / "cgroup.subtree_control").read_text() == "+memory +pids"
    (folder,) = group.folders
    assert {name: (folder / name).read_text() for name in ("memory.max", "pids.max", "memory.swap.max")} == {
        "memory.max": "1000", "pids.max": "7", "memory.swap.max": "0",
    }  # fmt: skip
    assert str(folder) in " ".join(group.enter(["true"]))
    assert not group.out_of_memory()
    (folder / "memory.events").write_text("oom 1\noom_kill 1\n")
    assert group.out_of_memory()


def test_what_a_killed_run_has_left_is_removed_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox.tempfile, "tempdir", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for name in (f"hw-{dead.pid}-x", f"hw-{os.getpid()}-x", "hw-mine-x", "other"):
        (tmp_path / name / "inner").mkdir(parents=True)
        (tmp_path / name / "inner").chmod(0)
        (tmp_path / name).chmod(0o500)
    sandbox.sweep()
    assert sorted(os.listdir(tmp_path)) == sorted([f"hw-{os.getpid()}-x", "hw-mine-x", "other"])
    for path in tmp_path.iterdir():
        sandbox.remove(path)
    assert os.listdir(tmp_path) == []
