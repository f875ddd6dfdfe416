"""The command line of bubblewrap: what a process in the sandbox sees of the machine.

It sees the Python installation, the packages installed in it, this project's, system libraries, and what it is told to
show, all read-only; a folder in memory of its own; no network, no other process, no environment, no /proc. Nothing of
it can be executed as somebody else, and it ends with whoever started it.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.core.code.shadowing import HOME, PACKAGES
from bench.core.errors import UsageError

CODE, SCRATCH = "/code", "/scratch"
_MAIN = (
    "import gc, sys; gc.disable(); sys.path[:0] = sys.argv[1].split(chr(10)); "
    "from bench.isolation.host import main; gc.freeze(); gc.enable(); main(sys.argv[2])"
)
"""What has been imported stays: to look for garbage in it meanwhile is a tenth of the start."""
_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_PROCESSOR = ("/proc/cpuinfo", "/sys/devices/system/cpu")
"""What torch chooses its fastest code by: without them it computes otherwise, and slower."""
_GPU = ("/dev/nvidia*", "/dev/nvidia-caps/*")
_GPU_TOLD = ("/sys/bus/pci", "/sys/devices", "/sys/module/nvidia", "/usr/local/nvidia")
_DEVICES = ("null", "zero", "full", "random", "urandom")
_SHARED = 64 << 20
REMEDY = (
    "install it (apt-get install bubblewrap), allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, or "
    "kernel.apparmor_restrict_unprivileged_userns=0), or leave out isolated: for what you trust"
)


@dataclass(frozen=True)
class Visible:
    """What of the user's a sandbox shows, read-only.

    Args:
        plugins: plug-in files.
        packages: folders or files of packages that do not lie where everybody's do.
        files: files and folders that a spec names.
        hidden: folders that nothing may show: corpus, cache, results.
    """

    plugins: tuple[Path, ...] = ()
    packages: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()


def bubblewrap() -> str:
    """Find bubblewrap's program.

    Raises:
        UsageError: it is not there.
    """
    places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    found = next((file for place in places if os.access(file := os.path.join(place, "bwrap"), os.X_OK)), None)  # noqa: PTH118
    if found is None or not sys.platform.startswith("linux"):
        raise UsageError("isolated:", "no program bwrap", "bubblewrap 0.6 or later, on Linux", REMEDY)
    return found


def command(shown: Visible, scratch: int, seccomp: int, told: str, gpu: bool) -> list[str]:
    """Write the command line that runs `bench.isolation.host` in a sandbox.

    Args:
        shown: what of the user's it sees.
        scratch: bytes of its own folder.
        seccomp: file descriptor of the filter.
        told: what the host is told, as text.
        gpu: whether it sees the GPUs.

    Raises:
        UsageError: there is no bubblewrap.
    """
    python = Path(sys.executable).resolve()
    sites = _sites()
    read_only = [python, *_installation(), *sites, *map(Path, _LIBRARIES), *map(Path, _PROCESSOR)]
    read_only += [*_gpu_libraries()] if gpu else []
    codes = {HOME / package: f"{CODE}/{package}" for package in PACKAGES}
    codes |= {package: f"{CODE}/{package.name}" for package in shown.packages}
    named = {file: str(file) for file in (*shown.plugins, *shown.files)}
    paths = [CODE, *map(str, sites)]
    return [
        *(bubblewrap(), "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL", "--hostname", "isolated"),
        *("--die-with-parent", "--new-session", "--as-pid-1", "--seccomp", str(seccomp)),
        *("--clearenv", "--setenv", "HOME", SCRATCH, "--setenv", "TMPDIR", SCRATCH, "--setenv", "LC_ALL", "C.UTF-8"),
        *(
            "--setenv",
            "LOGNAME",
            "isolated",
            "--setenv",
            "SERBENCH_CACHE",
            f"{SCRATCH}/cache",
            "--setenv",
            "PATH",
            "/nowhere",
        ),
        *_devices(gpu),
        *_bound({path: str(path) for path in read_only} | codes | named),
        *_masked(shown.hidden, [*read_only, *codes, *shown.files], named),
        *(
            "--size",
            str(scratch),
            "--tmpfs",
            SCRATCH,
            *_start_in(shown.files),
            "--remount-ro",
            "/dev",
            "--remount-ro",
            "/",
        ),
        *("--", str(python), "-I", "-S", "-B", "-c", _MAIN, "\n".join(paths), told),
    ]


def _start_in(files: Sequence[Path]) -> list[str]:
    """Its own folder; where a spec names files, a path as long as this process's, so that relative names serve."""
    folder = str(Path.cwd()) if files else SCRATCH
    return ["--dir", folder, "--chdir", folder]


def _installation() -> Iterator[Path]:
    """Where Python itself lies: all of its folder, but of a system's /usr only what is Python's."""
    prefix = Path(sys.base_prefix).resolve()
    if prefix in (Path("/"), Path("/usr"), Path("/usr/local")):
        yield from (Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
    else:
        yield prefix


def _sites() -> list[Path]:
    """The folders that everybody's packages lie in."""
    names = ("site-packages", "dist-packages")
    found = (Path(entry).resolve() for entry in sys.path if Path(entry).name in names)
    return list(dict.fromkeys(folder for folder in found if folder.is_dir()))


def _gpu_libraries() -> Iterator[Path]:
    return map(Path, _GPU_TOLD)


def _devices(gpu: bool) -> Iterator[str]:
    yield from ("--tmpfs", "/dev", "--size", str(_SHARED), "--tmpfs", "/dev/shm")  # noqa: S108
    for name in _DEVICES:
        yield from ("--dev-bind", f"/dev/{name}", f"/dev/{name}")
    if gpu:  # its driver reads /proc; what root could write there is covered
        yield from ("--proc", "/proc", "--tmpfs", "/proc/sys", "--remount-ro", "/proc/sys")
        yield from ("--ro-bind", "/dev/null", "/proc/sysrq-trigger")
        for pattern in _GPU:
            for device in sorted(Path("/").glob(pattern[1:])):
                if not device.is_dir():
                    yield from ("--dev-bind", str(device), str(device))


def _bound(places: dict[Path, str]) -> Iterator[str]:
    """Bind what is there; a link to a folder within is a link in the sandbox too."""
    seen: set[str] = set()
    for path, place in places.items():
        if place in seen or not path.exists():
            continue
        seen.add(place)
        link = path.is_symlink() and not path.readlink().is_absolute() and str(path) == place in _LIBRARIES
        yield from ("--symlink", str(path.readlink()), place) if link else ("--ro-bind", str(path.resolve()), place)


def _masked(hidden: Iterable[Path], shown: Sequence[Path], named: dict[Path, str]) -> Iterator[str]:
    """Cover folders that lie within what is shown.

    Raises:
        UsageError: a file that a spec names lies in one of them.
    """
    for folder in dict.fromkeys(path.absolute() for path in hidden):
        for file in named:
            if file.absolute().is_relative_to(folder) or folder.is_relative_to(file.absolute()):
                remedy = "keep it elsewhere: an isolated component sees no corpus, cache or results"
                raise UsageError("isolated:", f"{file} beside or above {folder}", "files that lie elsewhere", remedy)
        if folder.is_dir() and any(folder.is_relative_to(path) for path in shown if path.is_dir()):
            yield from ("--tmpfs", str(folder), "--remount-ro", str(folder))
