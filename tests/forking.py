"""Processes that run `bench`, forked from one that has imported what the command imports, which takes seconds.

What comes out is a process like any other: its own number, arguments, environment, folder, standard streams, signals
and exit code; what is registered for its end is done. What happens before a command begins (Python's own
settings, imports, streams that are closed) is not to be seen here: tests of that start a process with `subprocess`.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

_MOST = 1 << 17
_LOCK, _SOCKET = "forks.lock", "forks"
_AT_START = ("PYTHON", "OMP_", "MKL_", "OPENBLAS_", "LD_", "MALLOC_", "GLIBC_", "TORCH_", "CUDA_")
"""What begins so in an environment is heeded by Python and by libraries when they start, and never again."""
_IMPORTED = (
    *("torch", "pandas", "pyarrow.parquet", "scipy.stats", "scipy.signal", "soundfile", "pydantic", "rich.progress"),
    *("bench.cli.main", "bench.cli.run", "bench.cli.grid", "bench.cli.show", "bench.cli.report"),
    *("bench.evaluation.run", "bench.evaluation.runs", "bench.evaluation.grids.working"),
    *("bench.data.corpora.emodb", "bench.data.noises.folder"),
    *("bench.audio.decoding", "victims.cnn_gru", "attacks.boundary"),
)
_USED = (
    *(("victims", "cnn_gru"), ("defenses", "multi_condition"), ("corpora", "emodb"), ("noise_banks", "folder")),
    *(("attacks", name) for name in ("boundary", "transfer:attack=boundary", "fade_in", "fade_out", "gain")),
)
_SERVER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.forking import serve
del sys.path[0]
serve(int(sys.argv[2]), Path(sys.argv[3]))
"""


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_AT_START)}


class Forked:
    """A process that runs `bench ARGUMENT...`; a `with` block ends when it does.

    Args:
        control: where the server listens.
        arguments: of `bench`.
        environment: all of it.

    Attributes:
        pid: its number.
        stdout: what it writes there, as text.
        stderr: likewise.
        returncode: None while it runs; minus the number of the signal that has ended it.
    """

    def __init__(self, control: socket.socket, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        asked = {"arguments": list(arguments), "cwd": str(Path.cwd()), "environment": dict(environment)}
        pipes = [os.pipe() for _ in range(3)]
        nothing = os.open(os.devnull, os.O_RDONLY)
        theirs = [nothing, *(writing for _, writing in pipes)]
        socket.send_fds(control, [json.dumps(asked).encode()], theirs)
        for end in theirs:
            os.close(end)
        (out, _), (err, _), (told, _) = pipes
        self.stdout, self.stderr = os.fdopen(out), os.fdopen(err)
        self._told = os.fdopen(told)
        self.pid = int(self._told.readline())
        self.returncode: int | None = None

    def __enter__(self) -> Forked:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stdout.close()
        self.stderr.close()
        self.wait()

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once, unless it has ended."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends; return its exit code.

        Raises:
            subprocess.TimeoutExpired: it has not, after so many seconds.
        """
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("bench", timeout or 0.0)
            with self._told:
                self.returncode = int(self._told.readline())
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait until it ends; return what is left of its output and of its errors.

        Raises:
            subprocess.TimeoutExpired: it has not, after so many seconds.
        """
        with ThreadPoolExecutor(2) as readers, self.stdout, self.stderr:
            said = [readers.submit(file.read) for file in (self.stdout, self.stderr)]
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            out, err = (one.result() for one in said)
        return out, err


class Forks:
    """Starts processes of `bench`: forked ones where the environment lets them be, others elsewhere.

    Args:
        command: the words before the arguments, for those that are not forked.
        shared: by all workers: they ask one server, which the first that needs it starts.
    """

    def __init__(self, command: Sequence[str], shared: Path) -> None:
        self._command, self._shared = list(command), shared
        self._server: subprocess.Popen[bytes] | None = None
        self._settings = _at_start(os.environ)
        self._control: socket.socket | None = None

    def start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Forked | subprocess.Popen[str]:
        """Start one, whose output can be read.

        Args:
            arguments: of `bench`.
            environment: all of it. Another `PYTHONPATH` than here, for one, takes a process that is not forked.
        """
        linux = sys.platform.startswith("linux")
        if not linux or _at_start(environment) != self._settings or self._settings.get("OMP_NUM_THREADS") != "1":
            pipe = subprocess.PIPE
            words = [*self._command, *arguments]
            return subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, env=environment
            )
        self._control = self._control or self._connected()
        try:
            return Forked(self._control, arguments, environment)
        except (OSError, ValueError) as error:
            said = self._server.communicate()[1].decode() if self._server else "see the worker that started the server"
            raise RuntimeError(f"nothing can be forked: {said}") from error

    def _connected(self) -> socket.socket:
        """A connection to the server, started where nobody has."""
        kind = socket.AF_UNIX, socket.SOCK_SEQPACKET
        control = socket.socket(*kind)
        with _folder(self._shared) as folder, FileLock(self._shared / _LOCK):
            try:
                control.connect(f"{folder}/{_SOCKET}")
            except (FileNotFoundError, ConnectionRefusedError):
                (self._shared / _SOCKET).unlink(missing_ok=True)
                with socket.socket(*kind) as listening:
                    listening.bind(f"{folder}/{_SOCKET}")
                    listening.listen()
                    end, pipe = listening.fileno(), subprocess.PIPE  # pipes, as are the streams of whom it forks
                    words = [sys.executable, "-c", _SERVER, str(Path(__file__).parents[1]), str(end), str(self._shared)]
                    self._server = subprocess.Popen(
                        words, pass_fds=[end], stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe
                    )
                control.connect(f"{folder}/{_SOCKET}")
        return control

    def close(self) -> None:
        """Ask no more; who has started the server waits until nobody does and all that it has forked have ended."""
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            self._server.communicate()


def serve(listening: int, shared: Path) -> None:
    """Fork until nobody can ask any more; each process that is forked runs its command, and ends.

    Args:
        listening: file descriptor of the socket that workers connect to.
        shared: the folder that the socket lies in.
    """
    _import_what_commands_do()
    gc.freeze()
    door, asking, running = socket.socket(fileno=listening), set[socket.socket](), dict[int, tuple[int, int]]()
    asking.add(door.accept()[0])
    while True:
        for source in select.select([door, *asking, *running], [], [])[0]:
            if source is door:
                asking.add(door.accept()[0])
            elif source in asking:
                _fork_for(source, (door, *asking), asking, running)
            else:
                pid, told = running.pop(source)
                _, status = os.waitpid(pid, 0)
                os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
                os.close(told)
                os.close(source)
        if not asking and not running:
            with FileLock(shared / _LOCK):  # nobody is about to connect
                if not select.select([door], [], [], 0)[0]:
                    (shared / _SOCKET).unlink()
                    os._exit(0)


def _fork_for(
    source: socket.socket,
    sockets: Sequence[socket.socket],
    asking: set[socket.socket],
    running: dict[int, tuple[int, int]],
) -> None:
    """Do what one worker asks, or forget it when it is gone."""
    message, ends, _, _ = socket.recv_fds(source, _MOST, 4)
    if not message:
        asking.remove(source)
        source.close()
        return
    pid = os.fork()
    if not pid:
        for one in sockets:
            one.detach()
        _become(json.loads(message), ends[:3])
        _run_and_end()
    for end in ends[:3]:
        os.close(end)
    os.write(ends[3], b"%d\n" % pid)
    running[os.pidfd_open(pid)] = pid, ends[3]


@contextmanager
def _folder(path: Path) -> Iterator[str]:
    """A short name of a folder: that of a socket may have a hundred letters."""
    number = os.open(path, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{number}"
    finally:
        os.close(number)


def _become(asked: Mapping[str, Any], streams: Sequence[int]) -> None:
    """Be what was asked for, and nothing of the server's."""
    for number, end in enumerate(streams):
        os.dup2(end, number)
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv[1:] = asked["arguments"]


def _run_and_end() -> None:
    """End as after a script, but for taking all modules apart: two thirds of what so short a command costs."""
    from bench.cli.main import main

    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        code = 1
    threading._shutdown()  # waits for threads
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def _import_what_commands_do() -> None:
    for name in _IMPORTED:
        importlib.import_module(name)
    _parse_what_keys_digest()
    threads = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    if others := [name for name in threads[1:] if name != "jemalloc_bg_thd"]:  # pyarrow's, which knows of forks
        raise RuntimeError(f"found the threads {', '.join(others)}; expected none before a fork; import less")


def _parse_what_keys_digest() -> None:
    """Read the code that stands in keys: a command does so once, and it lasts as long as training a tiny victim."""
    from bench.contracts.registry import Registry
    from bench.core.code.result_code import BARE_VICTIM, CELL, DEFENDED_VICTIM, code_of

    for names in (BARE_VICTIM, DEFENDED_VICTIM, CELL):
        code_of(names)
    registry = Registry.discover()
    for kind, spec in _USED:
        registry.component(kind, spec)
