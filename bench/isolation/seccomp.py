"""Which calls of the kernel a sandbox refuses beside what its namespaces take away: a filter of seccomp.

Threads are allowed, other processes are not: so memory and processor are bounded whoever runs it, root too, whom the
limits on a user's processes do not bind. Sockets and anonymous files are not: neither a machine's host (vsock) nor
memory beside the limits can be reached. A file that several sandboxes are shown is one to the kernel, read-only or
not: by locks on it, or by being told who opens it, an instance that heard clean speech could tell another one of it.
"""

from __future__ import annotations

import errno
import platform
import struct

from bench.core.errors import UsageError

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_CLONE_THREAD = 0x00010000
_X32 = 0x40000000
_FORBIDDEN = {
    "x86_64": (
        *(41, 57, 58),  # socket, fork, vfork
        *(101, 310, 311, 312, 438),  # ptrace, process_vm_readv and _writev, kcmp, pidfd_getfd
        *(155, 161, 165, 166, 272, 308),  # pivot_root, chroot, mount, umount2, unshare, setns
        *(29, 30, 64, 68, 240, 319),  # shmget, shmat, semget, msgget, mq_open, memfd_create
        *(248, 249, 250, 298, 321, 323),  # add_key, request_key, keyctl, perf_event_open, bpf, userfaultfd
        *(103, 135, 153, 154, 159, 163, 164),  # syslog, personality, vhangup, modify_ldt, adjtimex, acct, settimeofday
        *(167, 168, 169, 170, 171, 172, 173),  # swapon, swapoff, reboot, sethostname, setdomainname, iopl, ioperm
        *(175, 176, 179, 227, 246, 300, 303, 304),  # modules, quotactl, clock_settime, kexec, fanotify, file handles
        *(305, 313, 320),  # clock_adjtime, finit_module, kexec_file_load
        *(73, 253, 254, 294),  # flock, inotify_init, inotify_add_watch, inotify_init1
    ),
    "aarch64": (
        *(198,),
        *(117, 270, 271, 272, 438),
        *(41, 51, 40, 39, 97, 268),
        *(194, 196, 190, 186, 180, 279),
        *(217, 218, 219, 241, 280, 282),
        *(116, 92, 58, 171, 89, 170),
        *(224, 225, 142, 161, 162),
        *(105, 106, 60, 112, 104, 262, 264, 265),
        *(266, 273, 294),
        *(32, 27, 26),
    ),
}
_FCNTL = {"x86_64": 72, "aarch64": 25}
_SHARED = (5, 6, 7, 36, 37, 38, 1024, 1025, 1026)
"""What fcntl does with locks, leases and notices: F_GETLK and its kin, F_OFD_GETLK and its, F_SETLEASE to F_NOTIFY."""
_NEW = (425, 426, 427, 428, 429, 430, 431, 432, 433, 442, 447)
"""io_uring, open_tree, move_mount, fsopen and its kin, mount_setattr, memfd_secret: one number everywhere."""
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24
"""Where they lie in what a filter looks at."""


def program(machine: str = "") -> bytes:
    """Write the filter as the kernel reads it.

    Args:
        machine: "x86_64" or "aarch64"; by default this one.

    Raises:
        UsageError: it is another one.
    """
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        expected = " or ".join(_ARCHITECTURES)
        raise UsageError("isolated:", f"a machine of kind {machine!r}", expected, "run it on such a one")
    refused = _ERRNO | errno.EPERM
    lines = [
        *_returned_unless(_ARCHITECTURE, _ARCHITECTURES[machine], _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
        (_EQUAL, 0, 1, _CLONE3),  # its flags lie where a filter cannot look; without it, clone is taken
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
    ]
    for number in (*_FORBIDDEN[machine], *_NEW):
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, refused)]
    lines += [(_EQUAL, 0, 2 * len(_SHARED) + 2, _FCNTL[machine]), (_LOAD, 0, 0, _SECOND_ARGUMENT)]
    for does in _SHARED:
        lines += [(_EQUAL, 0, 1, does), (_RETURN, 0, 0, refused)]
    lines += [
        (_RETURN, 0, 0, _ALLOW),
        (_EQUAL, 0, 3, _CLONE[machine]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_BITS, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, refused),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("<HBBI", *line) for line in lines)


def _returned_unless(place: int, value: int, otherwise: int) -> list[tuple[int, int, int, int]]:
    return [(_LOAD, 0, 0, place), (_EQUAL, 1, 0, value), (_RETURN, 0, 0, otherwise)]
