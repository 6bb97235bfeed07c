"""nbval's running kernel, started in a sandbox and watched while a cell runs.

nbval's own kernel waits out the whole time limit where a kernel has died, and reads output without end.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from queue import Empty

import psutil
import zmq
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from nbval.kernel import RunningKernel

from .sandbox import MB

KERNEL = [sys.executable, "-m", "ipykernel_launcher", "--HistoryManager.enabled=False"]
SETTINGS = {
    "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg", "JUPYTER_PLATFORM_DIRS": "1",
    # one thread for BLAS: kernels run side by side, and threads count as processes
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
}  # fmt: skip
LARGEST_MESSAGE = 64 * MB
POLL = 0.1  # seconds between two looks at a running kernel


class KernelLost(Exception):
    """The kernel was stopped or has ended. kind: "timed out", "out of memory" or "kernel died"."""

    def __init__(self, kind, reason):
        super().__init__(reason)
        self.kind = kind


class KernelFailed(Exception):
    """The kernel did not start: the sandbox or the installation is broken, not the homework."""


class Kernel(RunningKernel):
    """One kernel in one sandbox; nbval executes the cells in it.

    sandbox: see sandbox.py. settings: environment variables for the kernel, such as HOMEWORK_SEED.
    """

    def __init__(self, sandbox, settings):
        self.sandbox, self.limits = sandbox, sandbox.limits
        self.folder = Path(tempfile.mkdtemp(prefix="hw-"))
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 (stop closes it)
        self.waiting = deque()  # messages from iopub that nobody has asked for yet
        self._new_cell()
        try:
            self._start(settings)
        except BaseException:
            self.stop()
            raise

    def _start(self, settings):
        connection = str(self.folder / "connection.json")
        posix = os.name == "posix"
        where = {"transport": "ipc", "ip": str(self.folder / "s")} if posix else {}
        write_connection_file(connection, key=os.urandom(16).hex().encode(), **where)
        os.chmod(connection, 0o644)  # the folder keeps others out
        self.sandbox.open_folder(self.folder)
        self.process = subprocess.Popen(
            self.sandbox.command([*KERNEL, "-f", connection], self.folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
            env=self.sandbox.environment(SETTINGS | settings),
            cwd=self.folder,
            start_new_session=True,
        )
        self._await_sockets(posix)
        self.context = zmq.Context()
        self.context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        self.context.setsockopt(zmq.LINGER, 0)
        self.kc = BlockingKernelClient(connection_file=connection, context=self.context)
        self.kc.load_connection_file()
        self.kc.start_channels(stdin=False, hb=False)
        try:
            self._ensure_iopub_up()
        except (KernelLost, RuntimeError) as error:
            raise KernelFailed(self._errors_tail() or str(error)) from error
        self.sandbox.close_folder(self.folder)

    def _await_sockets(self, posix):
        """Connecting before the kernel has made its sockets would cost a retry."""
        end = time.monotonic() + 60
        while posix and len(list(self.folder.glob("s-*"))) < 5:
            if self.process.poll() is not None or time.monotonic() > end:
                raise KernelFailed(self._errors_tail() or "no sockets after 60 s")
            time.sleep(0.005)

    def _errors_tail(self):
        self.errors.seek(0)
        return self.errors.read()[-500:].decode(errors="replace").strip()

    def _new_cell(self):
        self.started, self.printed, self.worked_before = time.monotonic(), 0, None

    def execute_cell_input(self, cell_input, allow_stdin=None):
        """Start a cell; see nbval."""
        self._new_cell()
        return super().execute_cell_input(cell_input, allow_stdin)

    def await_reply(self, msg_id, timeout=None):
        """Wait until a cell is done. Raises KernelLost where it breaks a limit or the kernel has died."""
        poller = zmq.Poller()
        for channel in (self.kc.shell_channel, self.kc.iopub_channel):
            poller.register(channel.socket, zmq.POLLIN)
        looked = time.monotonic()
        while True:
            ready = dict(poller.poll(POLL * 1000))
            if self.kc.shell_channel.socket in ready:
                message = self.kc.get_shell_msg(timeout=0)
                if message["parent_header"].get("msg_id") == msg_id:
                    return
            if self.kc.iopub_channel.socket in ready:
                self.waiting.append(self._weighed(self.kc.get_iopub_msg(timeout=0)))
            if time.monotonic() - looked > POLL:
                self._watch(timeout)
                looked = time.monotonic()

    def get_message(self, stream, timeout=None):
        """The next message. Raises Empty after the timeout, and KernelLost for output without end."""
        if stream == "iopub" and self.waiting:
            return self.waiting.popleft()
        if time.monotonic() - self.started > 3 * self.limits.seconds + 30:
            self._lose("timed out", "its output did not end")
        try:
            message = super().get_message(stream, timeout)
        except Empty:
            if not self.is_alive():
                self._lose("kernel died", self._how_it_died())
            raise
        return self._weighed(message)

    def _weighed(self, message):
        """The message, once the cell's output is known to be within its limit."""
        self.printed += sum(len(str(value)) for value in message["content"].values())
        if self.printed > self.limits.output * MB:
            self._lose("timed out", f"it printed more than {self.limits.output} MB")
        return message

    def _watch(self, timeout):
        """Raise KernelLost where the kernel has ended or its processes use too much together.

        timeout: seconds, or None. On a busy machine it is stretched, up to three times, until the
        processes have worked for half of it.
        """
        if not self.is_alive():
            self._lose("kernel died", self._how_it_died())
        memory = worked = 0
        try:
            processes = psutil.Process(self.process.pid).children(recursive=True)
            for process in [psutil.Process(self.process.pid), *processes]:
                memory += process.memory_info().rss
                times = process.cpu_times()
                worked += times.user + times.system
            if memory > self.limits.memory * MB:  # counted again: forked processes share most of theirs
                memory = sum(_share(process) for process in processes)
        except psutil.NoSuchProcess:  # it ended while we looked; the next look tells
            return
        if self.worked_before is None:
            self.worked_before = worked
        waited = time.monotonic() - self.started
        busy = worked - self.worked_before > (timeout or 0) / 2
        if timeout is not None and waited > (timeout if busy else 3 * timeout):
            self._lose("timed out", f"it ran for more than {timeout:g} seconds")
        if memory > self.limits.memory * MB:
            self._lose("out of memory", f"it used more than {self.limits.memory} MB")
        if len(processes) > self.limits.processes + 10:  # bubblewrap's own are among them
            self._lose("kernel died", f"it started more than {self.limits.processes} processes")
        written = sum(entry.stat(follow_symlinks=False).st_size for entry in os.scandir(self.folder))
        if written > self.limits.files * MB:
            self._lose("kernel died", f"it wrote more than {self.limits.files} MB")

    def _how_it_died(self):
        code = self.process.poll()
        number = -code if code < 0 else code - 128  # as a shell counts: bubblewrap hands it on
        if number in iter(signal.Signals):
            return f"the kernel ended by {signal.Signals(number).name}"
        return f"the kernel ended with exit code {code}"

    def _lose(self, kind, reason):
        self.stop()
        raise KernelLost(kind, reason)

    def is_alive(self):
        """True while the kernel's process runs."""
        return getattr(self, "process", None) is not None and self.process.poll() is None

    def stop(self):
        """End the kernel, all that it started, and its folder. Safe to call twice."""
        if getattr(self, "kc", None) is not None:
            self.kc.stop_channels()
            self.context.destroy()
            self.kc = None
        process, self.process = getattr(self, "process", None), None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                os.killpg(process.pid, signal.SIGKILL) if os.name == "posix" else process.kill()
            process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.errors.close()


def _share(process):
    """The bytes of memory of a process, its part of what it shares with others."""
    try:
        memory = process.memory_full_info()
    except psutil.AccessDenied:  # another user's, where only root may look closer
        return process.memory_info().rss
    return getattr(memory, "pss", memory.uss)
