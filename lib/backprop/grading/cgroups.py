"""Control groups: the system's own limits on all processes of a kernel together.

Version 2 where a group was given to us (systemd-run --user --scope -p Delegate=yes homework grade …, or
root in a container with a group of its own); version 1 where root may make groups in it. All memory
counts: of processes, shared memory, temporary file systems, and sockets.
"""

import contextlib
import functools
import itertools
import os
import re
import signal
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_numbers = itertools.count()
INSIDE = "homework"
ENTER = 'for group in $HOMEWORK_GROUPS; do echo $$ > "$group/cgroup.procs" || exit 1; done; exec "$@"'


class NoGroup:
    """No control group: nothing is limited by it."""

    def enter(self, command):
        """The command as it is."""
        return command

    def out_of_memory(self):
        """Unknown."""
        return False

    def end(self):
        """Nothing to end."""


class Group:
    """One kernel's group: a folder of each hierarchy, with its limits."""

    def __init__(self, folders, limits):
        self.folders = folders
        for folder in folders:
            folder.mkdir()
            for name, value in limits.items():
                if (folder / name).exists():
                    (folder / name).write_text(str(value))

    def enter(self, command):
        """The command, started inside: what it starts is inside as well."""
        groups = " ".join(map(str, self.folders))
        return ["/bin/sh", "-c", ENTER.replace("$HOMEWORK_GROUPS", groups), "sh", *command]

    def out_of_memory(self):
        """True where the system has ended a process for its memory."""
        names = ("memory.events", "memory.oom_control")
        told = "".join(_text(folder / name) for folder in self.folders for name in names)
        return any(int(count) for count in re.findall(r"oom_kill (\d+)", told))

    def end(self):
        """End all that is inside, and the group."""
        _end(self.folders)


def _end(folders):
    for folder in folders:
        end = time.monotonic() + 5
        while folder.exists() and time.monotonic() < end:
            for pid in _text(folder / "cgroup.procs").split():
                with contextlib.suppress(OSError):
                    os.kill(int(pid), signal.SIGKILL)
            with contextlib.suppress(OSError):
                folder.rmdir()
                break
            time.sleep(0.01)


def new(memory, processes):
    """A group with these limits; a NoGroup where there are none to be had."""
    name = f"hw-{os.getpid()}-{next(_numbers)}"
    limits = {
        "memory.max": memory, "memory.swap.max": 0, "memory.oom.group": 1, "pids.max": processes,
        "memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory,
    }  # fmt: skip
    parents = _parents()
    return Group([parent / name for parent in parents], limits) if parents else NoGroup()


def describe():
    """What to say of them in the sandbox's line; "" where there are none."""
    return "; held by control groups" if _parents() else ""


def sweep(lives):
    """Remove the groups that a killed run has left. lives(pid): whether a process is there."""
    left = [folder for parent in _parents() for folder in parent.glob("hw-*-*")]
    _end([folder for folder in left if not lives(int(folder.name.split("-")[1]))])


@functools.cache
def _parents():
    """Folders in which groups can be made: one for version 2, two for version 1, none for none."""
    with contextlib.suppress(OSError):
        own = dict(re.findall(r"^\d+:([^:]*):/?(.*)$", _text(Path("/proc/self/cgroup")), re.M))
        if "" in own and {"memory", "pids"} <= set(_text(ROOT / own[""] / "cgroup.controllers").split()):
            return _delegated(ROOT / own[""])
        places = [ROOT / name / own[name] for name in ("memory", "pids") if name in own]
        if len(places) == 2 and all(os.access(place, os.W_OK) for place in places):
            for place in places:  # os.access tells nothing of a read-only mount
                (place / f"hw-{os.getpid()}-try").mkdir()
                (place / f"hw-{os.getpid()}-try").rmdir()
            return tuple(places)
    return ()


def _delegated(group):
    """Our group of version 2, made ready: we move into a group inside, since only leaves have processes."""
    if group.name == INSIDE:
        return (group.parent,)  # we have been moved already
    if group == ROOT:
        return ()  # all of the machine's processes are in it
    (group / INSIDE).mkdir(exist_ok=True)
    (group / INSIDE / "cgroup.procs").write_text(str(os.getpid()))
    (group / "cgroup.subtree_control").write_text("+memory +pids")
    return (group,)


def _text(path):
    try:
        return path.read_text()
    except OSError:
        return ""
