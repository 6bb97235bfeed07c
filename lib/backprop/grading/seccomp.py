"""A filter of system calls for bubblewrap, written by libseccomp: what learners' code may never ask for.

Keyrings outlive a sandbox; memfds, message queues and System V memory are seen by no limit; mounts, name
spaces, tracing and the kernel's large interfaces are where sandboxes have been broken.
"""

import contextlib
import ctypes
import errno
import functools
import os

REFUSED = [
    "add_key", "keyctl", "request_key", "memfd_create", "memfd_secret", "mq_open", "shmget", "shmat",
    "msgget", "semget", "mount", "umount", "umount2", "mount_setattr", "move_mount", "open_tree", "fsopen",
    "fsconfig", "fsmount", "fspick", "pivot_root", "chroot", "unshare", "setns", "ptrace",
    "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "perf_event_open", "bpf", "userfaultfd",
    "io_uring_setup", "io_uring_enter", "io_uring_register", "fanotify_init", "name_to_handle_at",
    "open_by_handle_at", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module",
    "swapon", "swapoff", "reboot", "quotactl", "acct",
]  # fmt: skip
ALLOW, REFUSE, EQUAL_UNDER_MASK = 0x7FFF0000, 0x00050000, 7
# CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET, TIME: a new name space of any kind
NAME_SPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80)


class _Condition(ctypes.Structure):
    """struct scmp_arg_cmp."""

    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int),
                ("mask", ctypes.c_uint64), ("value", ctypes.c_uint64)]  # fmt: skip


@functools.cache
def _library():
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return None
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(_Condition)
    ]  # fmt: skip
    library.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.seccomp_release.argtypes = [ctypes.c_void_p]
    return library


def here():
    """True where libseccomp is installed; bubblewrap comes without it."""
    return _library() is not None


@functools.cache
def program():
    """The filter as bytes, for bwrap --seccomp."""
    library = _library()
    filter = library.seccomp_init(ALLOW)
    try:
        for name in REFUSED:
            _refuse(library, filter, name, errno.EPERM)
        # the C library takes clone where there is no clone3; clone's flags can be looked at
        _refuse(library, filter, "clone3", errno.ENOSYS)
        for flag in NAME_SPACES[:-1]:
            _refuse(library, filter, "clone", errno.EPERM, _Condition(0, EQUAL_UNDER_MASK, flag, flag))
        with open(os.memfd_create("filter"), "rb+", buffering=0) as file:
            if library.seccomp_export_bpf(filter, file.fileno()) != 0:
                raise OSError("libseccomp could not write its filter")
            file.seek(0)
            return file.read()
    finally:
        library.seccomp_release(filter)


def _refuse(library, filter, name, number, *conditions):
    call = library.seccomp_syscall_resolve_name(name.encode())
    if call == -1:  # an older library that does not know it
        return
    array = (_Condition * len(conditions))(*conditions)
    code = library.seccomp_rule_add_array(filter, REFUSE | number, call, len(conditions), array)
    if code != 0:
        raise OSError(-code, f"libseccomp refused the rule for {name}")


@contextlib.contextmanager
def opened():
    """A file descriptor from which bubblewrap reads the filter; None where there is no libseccomp."""
    if not here():
        yield None
        return
    with open(os.memfd_create("filter"), "rb+", buffering=0) as file:
        file.write(program())
        file.seek(0)
        yield file.fileno()
