"""nbval's running kernel, started in a sandbox and watched while a cell runs.

nbval's own kernel waits out the whole time limit where a kernel has died, and reads output without end.
"""

import contextlib
import os
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

from . import sandbox
from .sandbox import MB

KERNEL = [sys.executable, "-m", "ipykernel_launcher", "--HistoryManager.enabled=False"]
SETTINGS = {
    "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg", "JUPYTER_PLATFORM_DIRS": "1",
    # one thread for BLAS: kernels run side by side, and threads count as processes
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
}  # fmt: skip
LARGEST_MESSAGE = 64 * MB
POLL = 0.1  # seconds between two looks at a running kernel
START = 60  # seconds in which a kernel must answer for the first time
QUIET = 2  # seconds without a message, after which an output that has not ended never will
MOST_ENTRIES = 2000  # files and folders that a kernel may make in the folder of its sockets
# what nbval reads from a message's content, by the message's type
CONTENT = {
    "stream": {"name": str, "text": str},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict, "execution_count": int | None},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "status": {"execution_state": str},
    "input_request": {"prompt": str},
}


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
    answers: a function from text to text that answers where a cell asks for input; None: nobody does.
    """

    def __init__(self, box, settings, answers=None):
        self.sandbox, self.limits, self.answers = box, box.limits, answers
        self.folder = Path(tempfile.mkdtemp(prefix=sandbox.PREFIX))
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 (stop closes it)
        self.waiting = deque()  # messages from iopub that nobody has asked for yet
        self.group = box.group()
        self.starting = True
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
        with self.sandbox.filter() as filter:
            self.process = subprocess.Popen(
                self.group.enter(self.sandbox.command([*KERNEL, "-f", connection], self.folder, filter)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self.errors,
                env=self.sandbox.environment(SETTINGS | settings),
                cwd=self.folder,
                start_new_session=True,
                pass_fds=[filter] if filter else [],
            )
        self._await_sockets(posix)
        self.context = zmq.Context()
        self.context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        self.context.setsockopt(zmq.LINGER, 0)
        self.kc = BlockingKernelClient(connection_file=connection, context=self.context)
        self.kc.load_connection_file()
        self.kc.start_channels(stdin=self.answers is not None, hb=False)
        try:
            self._ensure_iopub_up()
        except (KernelLost, RuntimeError) as error:
            raise KernelFailed(self._errors_tail() or str(error)) from error
        self.starting = False
        self.sandbox.close_folder(self.folder)

    def _await_sockets(self, posix):
        """Connecting before the kernel has made its sockets would cost a retry."""
        end = time.monotonic() + START
        while posix and sum(name.startswith("s-") for name in os.listdir(self.folder)) < 5:
            if self.process.poll() is not None or time.monotonic() > end:
                raise KernelFailed(self._errors_tail() or f"no sockets after {START} s")
            time.sleep(0.005)

    def _errors_tail(self):
        self.errors.seek(0)
        return self.errors.read()[-500:].decode(errors="replace").strip()

    def _new_cell(self):
        self.started, self.printed, self.answering, self.delays = time.monotonic(), 0, 0.0, {}
        self.reply = {}  # what the kernel says of the cell at its end

    def execute_cell_input(self, cell_input, allow_stdin=None):
        """Start a cell; see nbval."""
        self._new_cell()
        return super().execute_cell_input(cell_input, self.answers is not None)

    def execute(self, source):
        """What a cell of ours displays, as texts; RuntimeError where it raises."""
        message_id, shown = self.execute_cell_input(source), []
        self.await_reply(message_id)
        while True:
            message = self.get_message("iopub")
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != message_id:
                continue
            if kind == "error":
                raise RuntimeError(f"{content['ename']}: {content['evalue']}")
            if kind == "display_data":
                shown.append(content["data"].get("text/plain"))
            if kind == "status" and content["execution_state"] == "idle":
                return shown

    def await_reply(self, msg_id, timeout=None):
        """Wait until a cell is done. Raises KernelLost where it breaks a limit or the kernel has died."""
        poller = zmq.Poller()
        asking = [self.kc.stdin_channel] if self.answers else []
        for channel in (self.kc.shell_channel, self.kc.iopub_channel, *asking):
            poller.register(channel.socket, zmq.POLLIN)
        looked = time.monotonic()
        while True:
            ready = dict(poller.poll(POLL * 1000))
            if self.kc.shell_channel.socket in ready:
                message = self._receive(self.kc.get_shell_msg, timeout=0)
                if message["parent_header"].get("msg_id") == msg_id:
                    self.reply = message["content"]
                    return
            if self.kc.iopub_channel.socket in ready:
                self.waiting.append(self._weighed(self._receive(self.kc.get_iopub_msg, timeout=0)))
            if asking and asking[0].socket in ready:
                self._answer(self._weighed(self._receive(self.kc.get_stdin_msg, timeout=0)))
            if time.monotonic() - looked > POLL:
                self._watch(START if self.starting else self.limits.seconds)
                looked = time.monotonic()

    def _answer(self, question):
        """Answer what the kernel asks; see _watch for the time that it takes."""
        began = time.monotonic()
        self.kc.input(self.answers(question["content"]["prompt"]))
        self.answering += time.monotonic() - began

    def get_message(self, stream, timeout=None):
        """The next message. Raises KernelLost where none comes, or where the output does not end."""
        if stream == "iopub" and self.waiting:
            return self.waiting.popleft()
        if time.monotonic() - self.started > 3 * self.limits.seconds + 30:
            self._lose("timed out", "its output did not end")
        try:
            return self._weighed(self._receive(super().get_message, stream, timeout=QUIET))
        except Empty:
            if not self.is_alive():
                self._lose("kernel died", self._how_it_died())
            if self.starting:  # iopub may not be connected yet: nbval asks again
                raise
            self._lose("timed out", "its output did not end")

    def _receive(self, receive, *args, timeout):
        """A message as it should be; KernelLost for one that no kernel sends."""
        try:
            message = receive(*args, timeout=timeout)
            content = message["content"]
            for name, kind in CONTENT.get(message["msg_type"], {}).items():
                if not isinstance(content[name], kind):
                    raise TypeError(name)
            if not all(isinstance(line, str) for line in content.get("traceback", ())):
                raise TypeError("traceback")
            message["parent_header"].get("msg_id")
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
            self._lose("kernel died", f"it sent what is no message: {type(error).__name__}")
        return message

    def _weighed(self, message):
        """The message, once the cell's output is known to be within its limit."""
        self.printed += sum(len(str(value)) for value in message["content"].values())
        if self.printed > self.limits.output * MB:
            self._lose("timed out", f"it printed more than {self.limits.output} MB")
        return message

    def _watch(self, timeout):
        """Raise KernelLost where the kernel has ended or its processes use too much together.

        timeout: seconds. They do not count while the processes wait for a processor or for our answers,
        up to twice the timeout: a busy machine harms nobody, and sleeping wins nothing.
        """
        if not self.is_alive():
            self._lose("kernel died", self._how_it_died())
        memory, waited = 0, 0.0
        try:
            kernel = psutil.Process(self.process.pid)
            processes = [kernel, *kernel.children(recursive=True)]
            for process in processes:
                memory += process.memory_info().rss
                waited = max(waited, self._waited(process.pid))
            if memory > self.limits.memory * MB:  # counted again: forked processes share most of theirs
                memory = sum(_share(process) for process in processes)
        except psutil.NoSuchProcess:  # it ended while we looked; the next look tells
            return
        ran = time.monotonic() - self.started
        if ran > timeout + min(waited + self.answering, 2 * timeout):
            self._lose("timed out", f"it ran for more than {timeout:g} seconds")
        if memory > self.limits.memory * MB:
            self._lose("out of memory", f"it used more than {self.limits.memory} MB")
        if len(processes) > self.limits.processes + 10:  # bubblewrap's own are among them
            self._lose("kernel died", f"it started more than {self.limits.processes} processes")
        if _written(self.folder, self.limits.files * MB) > self.limits.files * MB:
            self._lose("kernel died", f"it wrote more than {self.limits.files} MB")

    def _waited(self, pid):
        """Seconds that a process has stood in line for a processor since the cell began (Linux)."""
        try:
            delay = int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
        except (OSError, IndexError):
            return 0.0
        return delay - self.delays.setdefault(pid, delay)

    def _how_it_died(self):
        code = self.process.wait(5)
        if self.group.out_of_memory():
            self._lose("out of memory", f"it used more than {self.limits.memory} MB")
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
        self.group.end()
        sandbox.remove(self.folder)
        self.errors.close()


def _share(process):
    """The bytes of memory of a process, its part of what it shares with others."""
    try:
        memory = process.memory_full_info()
    except psutil.AccessDenied:  # another user's, where only root may look closer
        return process.memory_info().rss
    return getattr(memory, "pss", memory.uss)


def _written(folder, most):
    """The bytes in a folder and all folders in it; more than most where there are too many entries."""
    size = entries = 0
    for place, folders, files in os.walk(folder):
        entries += len(folders) + len(files)
        if entries > MOST_ENTRIES:
            return most + 1
        for name in files:
            with contextlib.suppress(OSError):
                size += os.lstat(os.path.join(place, name)).st_size
    return size
