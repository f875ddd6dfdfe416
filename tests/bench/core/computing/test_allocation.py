"""Memory that is freed stays with the process, where the C library can be told so."""

from __future__ import annotations

import platform
import resource

import pytest
import torch

from bench.core.computing.allocation import keep_memory

SETTINGS = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES")
glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")


def faults_of(megabytes: int) -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(megabytes << 18)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@glibc
def test_a_buffer_is_made_of_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    assert keep_memory()
    faults_of(48)
    assert faults_of(40) < 500, "40 MB are 10,240 pages"


@glibc
@pytest.mark.parametrize("name", SETTINGS)
def test_the_users_own_settings_are_left(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1000000")
    assert not keep_memory()


def test_another_c_library_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_memory()
