"""The filter of system calls, run as the kernel runs it: a small machine for its instructions."""

from __future__ import annotations

import errno
import fcntl
import struct

import pytest

from bench.core.errors import UsageError
from bench.isolation.seccomp import program

ALLOWED, KILLED = 0x7FFF0000, 0x80000000
REFUSED, MISSING = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
THREAD = 0x00010000


def verdict(machine: str, number: int, argument: int = 0, architecture: int | None = None, second: int = 0) -> int:
    """What the filter says of a call."""
    data = struct.pack("<IIQ6Q", number, architecture or ARCHITECTURES[machine], 0, argument, second, *[0] * 4)
    text = program(machine)
    lines = [struct.unpack_from("<HBBI", text, at) for at in range(0, len(text), 8)]
    at, loaded = 0, 0
    while True:
        code, if_true, if_false, value = lines[at]
        at += 1
        if code == 0x06:
            return value
        if code == 0x20:
            (loaded,) = struct.unpack_from("<I", data, value)
            continue
        truth = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[code]
        at += if_true if truth else if_false


CALLS = {  # x86_64, aarch64
    "read": (0, 63, ALLOWED),
    "mmap": (9, 222, ALLOWED),
    "futex": (202, 98, ALLOWED),
    "openat": (257, 56, ALLOWED),
    "execve": (59, 221, ALLOWED),
    "socketpair": (53, 199, ALLOWED),
    "getrandom": (318, 278, ALLOWED),
    "socket": (41, 198, REFUSED),
    "ptrace": (101, 117, REFUSED),
    "process_vm_readv": (310, 270, REFUSED),
    "memfd_create": (319, 279, REFUSED),
    "shmget": (29, 194, REFUSED),
    "unshare": (272, 97, REFUSED),
    "setns": (308, 268, REFUSED),
    "mount": (165, 40, REFUSED),
    "bpf": (321, 280, REFUSED),
    "keyctl": (250, 219, REFUSED),
    "userfaultfd": (323, 282, REFUSED),
    "perf_event_open": (298, 241, REFUSED),
    "io_uring_setup": (425, 425, REFUSED),
    "clone3": (435, 435, MISSING),
    "flock": (73, 32, REFUSED),
    "inotify_init1": (294, 26, REFUSED),
    "inotify_add_watch": (254, 27, REFUSED),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_are_allowed_and_refused(name: str) -> None:
    *numbers, expected = CALLS[name]
    assert [verdict(machine, number) for machine, number in zip(ARCHITECTURES, numbers, strict=True)] == [expected] * 2


@pytest.mark.parametrize(("machine", "clone"), [("x86_64", 56), ("aarch64", 220)])
def test_threads_are_allowed_and_processes_are_not(machine: str, clone: int) -> None:
    assert verdict(machine, clone, THREAD | 0x3D0F00) == ALLOWED
    assert verdict(machine, clone, 17) == REFUSED
    assert verdict(machine, clone, 0x10000000 | 17) == REFUSED
    assert [verdict("x86_64", number) for number in (57, 58)] == [REFUSED] * 2


def test_another_machine_s_calls_end_the_process() -> None:
    assert verdict("x86_64", 0, architecture=0x40000003) == KILLED
    assert verdict("x86_64", 0x40000000) == KILLED
    assert verdict("aarch64", 63, architecture=ARCHITECTURES["x86_64"]) == KILLED


def test_a_machine_without_a_table_is_named() -> None:
    with pytest.raises(UsageError, match="'riscv64'"):
        program("riscv64")


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_no_lock_and_no_lease_tells_another_sandbox_anything(machine: str) -> None:
    number = {"x86_64": 72, "aarch64": 25}[machine]
    harmless, shared = (0, 1, 2, 3, 4, 1030, 1031), (fcntl.F_GETLK, fcntl.F_SETLK, fcntl.F_SETLKW, 37, fcntl.F_SETLEASE)
    assert {verdict(machine, number, second=does) for does in harmless} == {ALLOWED}
    assert {verdict(machine, number, second=does) for does in (*shared, fcntl.F_NOTIFY)} == {REFUSED}
