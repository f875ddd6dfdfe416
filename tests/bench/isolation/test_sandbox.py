"""The command line of the sandbox, and what is said where none can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.contracts.registry import Registry
from bench.core.errors import UsageError
from bench.isolation.components import Isolation
from bench.isolation.limits import GiB, Limits
from bench.isolation.sandbox import Visible, command


def words(shown: Visible) -> str:
    return "\n".join(command(shown, GiB, 3, "{}", gpu=False))


@pytest.fixture
def bubblewrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name that is found first: it cannot make namespaces."""
    program = tmp_path / "bin" / "bwrap"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    return program


def test_everything_is_bound_read_only_and_nothing_is_shared(bubblewrap: Path, tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text("")
    given = command(Visible((plugin,)), GiB, 3, "{}", gpu=False)
    assert "--bind" not in given
    for option in ("user", "ipc", "pid", "net", "uts"):
        assert f"--unshare-{option}" in given
    for option in ("--die-with-parent", "--new-session", "--clearenv", "--seccomp"):
        assert option in given
    assert "--proc" not in given
    at = given.index(str(plugin))
    assert given[at - 1 : at + 2] == ["--ro-bind", str(plugin), str(plugin)]


def test_a_folder_that_lies_in_what_is_shown_is_covered(bubblewrap: Path, tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "cache").mkdir(parents=True)
    assert f"--tmpfs\n{package / 'cache'}" in words(Visible(packages=(package,), hidden=(package / "cache",)))
    assert str(tmp_path / "cache") not in words(Visible(packages=(package,), hidden=(tmp_path / "cache",)))


@pytest.mark.parametrize("named", ["cache/file.py", "cache", "."])
def test_a_spec_names_nothing_that_is_hidden(bubblewrap: Path, tmp_path: Path, named: str) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "file.py").write_text("")
    with pytest.raises(UsageError, match="files that lie elsewhere"):
        words(Visible(files=(tmp_path / named,), hidden=(tmp_path / "cache",)))


def test_without_bubblewrap_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"no program bwrap.*apt-get install bubblewrap"):
        Registry.discover(isolation=Isolation()).component("victims", "isolated:cnn_gru")


def test_where_it_cannot_start_it_says_what_to_do(bubblewrap: Path) -> None:
    with pytest.raises(UsageError, match=r"No permissions to create new namespace.*allow user namespaces"):
        Registry.discover(isolation=Isolation()).component("victims", "isolated:cnn_gru")


def test_limits_are_numbers_above_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERBENCH_ISOLATED_GIB", "1.5")
    monkeypatch.setenv("SERBENCH_ISOLATED_ANSWER_S", "7")
    assert (Limits.of_this_machine().memory, Limits.of_this_machine().answer_s) == (3 * GiB // 2, 7)
    for wrong in ("0", "-1", "nan", "inf", "much"):
        monkeypatch.setenv("SERBENCH_ISOLATED_FIT_S", wrong)
        with pytest.raises(UsageError, match="SERBENCH_ISOLATED_FIT_S"):
            Limits.of_this_machine()
