"""Where a learner's code runs: inside bubblewrap, or with the rights of whoever starts it.

A sandbox turns the kernel's command into the command that is started, and says in one line what holds.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import backprop

from . import cgroups, seccomp

MB = 1_000_000
# of all our temporary folders: who has made one, so that the next run can remove what a killed one left
PREFIX = f"hw-{os.getpid()}-"


@dataclass(frozen=True)
class Limits:
    """What one kernel may use."""

    seconds: float = 10.0  # for one cell
    memory: int = 1500  # MB, of all its processes together; bubblewrap holds each process to it, too
    processes: int = 64  # threads count as processes under bubblewrap
    files: int = 20  # MB, of all files that it writes
    output: int = 1  # MB, printed by one cell


class SandboxError(Exception):
    """The sandbox that was asked for does not work; the message says why and what to do."""


class NoSandbox:
    """The kernel as an ordinary process. Time, output and memory are watched; nothing is hidden."""

    name = "none"

    def __init__(self, limits):
        self.limits = limits

    def describe(self):
        """One line: what holds."""
        return "none: the notebook's code can read and change all that you can"

    def command(self, kernel, folder, filter=None):
        """The kernel's command as it is. folder: holds the connection file."""
        return list(kernel)

    def environment(self, settings):
        """The variables of the kernel: yours, and the settings."""
        return os.environ | settings | {"JPY_PARENT_PID": str(os.getpid())}  # it ends when we end

    def group(self):
        """No group of its own."""
        return cgroups.NoGroup()

    def filter(self):
        """No filter of system calls."""
        return contextlib.nullcontext()

    def open_folder(self, folder):
        """Nothing to open: the kernel has the same rights."""

    def close_folder(self, folder):
        """Nothing to close."""


class Bubblewrap:
    """The kernel in namespaces of its own: Python and this library read-only, a small /tmp, no network.

    Root's processes are not bound by a limit on processes, so root's kernel runs as a user of its own.
    """

    name = "bwrap"

    def __init__(self, limits):
        self.limits = limits
        self.root = hasattr(os, "geteuid") and os.geteuid() == 0

    def describe(self):
        """One line: what holds."""
        limit = self.limits
        filtered = "" if seccomp.here() else "; no filter of system calls: libseccomp is not here"
        grouped = cgroups.describe() or (
            "; no cgroups here: memory is watched, ten times a second, and sockets' buffers are not"
        )
        return (
            "bubblewrap: no network, no view of your files; "
            f"{limit.seconds:g} s a cell, {limit.memory} MB, {limit.processes} processes, "
            f"{limit.files} MB of files{filtered}{grouped}"
        )

    def group(self):
        """A control group for one kernel, where the system has given us any."""
        return cgroups.new(self.limits.memory * MB, self.limits.processes + 10)

    def filter(self):
        """A file descriptor with the filter of system calls, for as long as the kernel starts."""
        return seccomp.opened()

    def command(self, kernel, folder, filter=None):
        """The command that starts the kernel inside. folder: the one place that both sides see."""
        size = ["--perms", "1777", "--size", str(self.limits.files * MB)]
        argv = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
        argv += ["--unshare-cgroup-try", "--die-with-parent", "--new-session"]
        argv += [] if self.root else ["--unshare-user", "--disable-userns"]
        argv += [*_system(), *size, "--tmpfs", "/tmp"]
        for path in [*visible(), Path(folder)]:
            # parents that bwrap would make by itself are closed to other users
            for parent in reversed(path.parents):
                if parent not in (Path("/"), Path("/tmp")):
                    argv += ["--perms", "755", "--dir", str(parent)]
            argv += ["--bind" if path == Path(folder) else "--ro-bind", str(path), str(path)]
        argv += ["--proc", "/proc", "--dev", "/dev", *size, "--tmpfs", "/dev/shm"]
        argv += ["--seccomp", str(filter)] if filter else []
        argv += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp", "--cap-drop", "ALL"]
        return argv + self._inside() + list(kernel)

    def _inside(self):
        """The last steps before the kernel: give up root, and take the limits."""
        limit = self.limits
        limits = [
            "prlimit", f"--as={limit.memory * MB}", f"--nproc={limit.processes}",
            f"--fsize={limit.files * MB}", "--nofile=256", "--core=0",
        ]  # fmt: skip
        if not self.root:
            return limits
        user = str(self._user())
        keep = [part for cap in ("SETUID", "SETGID", "SETPCAP") for part in ("--cap-add", f"CAP_{cap}")]
        drop = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs",
                "--bounding-set", "-all", "--inh-caps", "-all"]  # fmt: skip
        return keep + drop + limits

    @staticmethod
    def _user():
        """A user id that nobody has, one per grading process: they would share a limit on processes."""
        return 1_000_000 + os.getpid() % 1_000_000

    def environment(self, settings):
        """The variables of the kernel: the settings, and where this same library is."""
        path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
        library = str(Path(backprop.__file__).parent.parent)
        return {"PATH": path, "PYTHONPATH": library, "HOME": "/tmp", "LANG": "C.UTF-8"} | settings

    def open_folder(self, folder):
        """Let the kernel make its sockets in the folder."""
        if self.root:
            os.chown(folder, self._user(), self._user())

    def close_folder(self, folder):
        """Let nothing more be made in the folder, now that the sockets are there."""
        if self.root:
            os.chown(folder, 0, 0)
        os.chmod(folder, 0o711 if self.root else 0o500)


def visible():
    """The folders that a kernel in bubblewrap can read besides the system's: Python and this library."""
    paths = [Path(sys.base_prefix), Path(sys.prefix), Path(backprop.__file__).parent]
    # the interpreter may lie behind a link outside of its prefix
    paths.append(Path(sys.executable).resolve().parent.parent)
    found = []
    for path in sorted({path.resolve() for path in paths}):
        if not any(path.is_relative_to(other) for other in [*found, Path("/usr")]):
            found.append(path)
    return found


def _system():
    """The system's programs and libraries, read-only, and no more of /etc than the linker needs."""
    argv = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/") / name
        if path.is_symlink():
            argv += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            argv += ["--ro-bind", str(path), str(path)]
    for path in ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives"):
        argv += ["--ro-bind-try", path, path]
    return argv


@contextlib.contextmanager
def folder():
    """A temporary folder of ours, gone afterwards."""
    place = tempfile.mkdtemp(prefix=PREFIX)
    try:
        yield place
    finally:
        remove(place)


def remove(path):
    """Remove a folder, also where what ran in it has closed folders to their own owner."""
    with contextlib.suppress(OSError):
        os.chmod(path, 0o700)
    for place, folders, _ in os.walk(path):
        for name in folders:
            inner = os.path.join(place, name)
            if not os.path.islink(inner):
                with contextlib.suppress(OSError):
                    os.chmod(inner, 0o700)
    shutil.rmtree(path, ignore_errors=True)


def sweep():
    """Remove what a killed run has left: the temporary folders and control groups of processes now dead."""
    places = {tempfile.gettempdir(), short_folder()}
    for path in [path for place in places for path in Path(place).glob("hw-*-*")]:
        maker = re.match(r"hw-(\d+)-", path.name)
        with contextlib.suppress(OSError):
            ours = os.getuid() in (0, path.stat().st_uid)
            if maker and ours and not _lives(int(maker[1])):
                remove(path)
    cgroups.sweep(_lives)


def _lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def short_folder():
    """Where temporary files go: the path of a socket in it has at most 107 characters."""
    place = tempfile.gettempdir()
    return place if len(place) < 50 or not os.path.isdir("/tmp") else "/tmp"


def choose(wanted, limits, refuse_none=False):
    """The sandbox for "auto", "bwrap" or "none".

    auto: bubblewrap where it works, else none; with refuse_none it must work.
    Raises SandboxError where the wanted one does not work.
    """
    if wanted == "none":
        return NoSandbox(limits)
    sandbox = Bubblewrap(limits)
    why = _why_not(sandbox)
    if not why:
        return sandbox
    if wanted == "auto" and not refuse_none:
        return NoSandbox(limits)
    raise SandboxError(
        f"bubblewrap does not work here: {why}. Install it (on Debian and Ubuntu: apt install bubblewrap), "
        "or say --sandbox none to run the notebooks' code with all your rights"
    )


def _why_not(sandbox):
    """ "" where a Python starts inside the sandbox, else the reason."""
    if shutil.which("bwrap") is None:
        return "there is no command bwrap"
    with folder() as place, sandbox.filter() as filter:
        sandbox.open_folder(place)
        command = sandbox.command([sys.executable, "-c", "import numpy, backprop"], place, filter)
        try:
            tried = subprocess.run(
                command, env=sandbox.environment({}), capture_output=True, timeout=60, text=True,
                pass_fds=[filter] if filter else [],
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
    return "" if tried.returncode == 0 else tried.stderr.strip()[-300:] or f"exit code {tried.returncode}"
