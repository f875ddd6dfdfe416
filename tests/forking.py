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
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

_MOST = 1 << 17
_AT_START = ("PYTHON", "OMP_", "MKL_", "OPENBLAS_", "LD_", "MALLOC_", "GLIBC_", "TORCH_", "CUDA_")
"""What begins so in an environment is heeded by Python and by libraries when they start, and never again."""
_IMPORTED = (
    *("torch", "pandas", "pyarrow.parquet", "scipy.stats", "scipy.signal", "soundfile", "pydantic", "rich.progress"),
    *(
        "bench.cli.main",
        "bench.cli.run",
        "bench.cli.grid",
        "bench.cli.show",
        "bench.cli.report",
        "bench.evaluation.run",
    ),
    *("bench.evaluation.runs", "bench.evaluation.working", "bench.data.corpora.emodb", "bench.data.noises.folder"),
    *("bench.audio.decoding", "victims.cnn_gru", "attacks.boundary"),
)
_USED = (
    *(("victims", "cnn_gru"), ("defenses", "multi_condition"), ("corpora", "emodb"), ("noise_banks", "folder")),
    *(("attacks", name) for name in ("boundary", "transfer:attack=boundary", "fade_in", "fade_out", "gain")),
)
_SERVER = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.forking import serve
del sys.path[0]
serve(int(sys.argv[2]))
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
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._server: subprocess.Popen[bytes] | None = None
        self._settings = _at_start(os.environ)
        self._control, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

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
        if self._server is None:
            with self._theirs:
                end = self._theirs.fileno()
                words = [sys.executable, "-c", _SERVER, str(Path(__file__).parents[1]), str(end)]
                pipe = subprocess.PIPE  # its streams are pipes, as are those of whom it forks
                self._server = subprocess.Popen(
                    words, pass_fds=[end], stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe
                )
        try:
            return Forked(self._control, arguments, environment)
        except (OSError, ValueError) as error:
            raise RuntimeError(f"nothing can be forked: {self._server.communicate()[1].decode()}") from error

    def close(self) -> None:
        """End the server, once all that it has forked have ended."""
        self._control.close()
        self._theirs.close()
        if self._server is not None:
            self._server.communicate()


def serve(control: int) -> None:
    """Fork until nobody can ask any more; each process that is forked runs its command, and ends.

    Args:
        control: file descriptor of the socket that it is asked through.
    """
    _import_what_commands_do()
    gc.freeze()
    asking, running = socket.socket(fileno=control), {}
    while running or asking.fileno() >= 0:
        sources = [*running, *([asking] if asking.fileno() >= 0 else [])]
        for source in select.select(sources, [], [])[0]:
            if source is not asking:
                pid, told = running.pop(source)
                _, status = os.waitpid(pid, 0)
                os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
                os.close(told)
                os.close(source)
                continue
            message, ends, _, _ = socket.recv_fds(asking, _MOST, 4)
            if not message:
                asking.close()
                continue
            pid = os.fork()
            if not pid:
                asking.detach()
                _become(json.loads(message), ends[:3])
                _run_and_end()
            for end in ends[:3]:
                os.close(end)
            os.write(ends[3], b"%d\n" % pid)
            running[os.pidfd_open(pid)] = pid, ends[3]
    os._exit(0)


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
    from bench.core.result_code import BARE_VICTIM, CELL, DEFENDED_VICTIM, code_of

    for names in (BARE_VICTIM, DEFENDED_VICTIM, CELL):
        code_of(names)
    registry = Registry.discover()
    for kind, spec in _USED:
        registry.component(kind, spec)
