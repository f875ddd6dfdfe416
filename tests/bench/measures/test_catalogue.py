"""The measures by name: that each is there, light until it is asked, and says what it cannot do."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import fields

import pytest
import torch

from bench.audio.signal import mix
from bench.core.errors import UsageError
from bench.measures.catalogue import MEASURES, check_measures, parse_measures

NAMES = ("seg_snr_db", "stoi", "pesq", "nmr_db", "audible_share")
NOISE = torch.randn(32_000, generator=torch.Generator().manual_seed(1)) * 0.1
BURSTS = NOISE * (torch.arange(32_000) // 4_800 % 2)


def test_the_five_are_there_and_say_what_they_are() -> None:
    assert tuple(MEASURES) == NAMES
    for name, measure in MEASURES.items():
        assert measure.name == name
        assert measure.source
        assert measure.least < measure.greatest
    assert {field.name for field in fields(MEASURES["stoi"])} >= {"unit", "closer", "source"}


@pytest.mark.parametrize("name", NAMES)
def test_less_noise_is_closer_and_in_range(name: str) -> None:
    measure = MEASURES[name]
    if measure.package:
        pytest.importorskip(measure.package, reason="the extra `perceptual`")
    far, near = (measure(BURSTS, mix(BURSTS, NOISE.flip(0), snr_db)) for snr_db in (0.0, 90.0))
    assert far is not None
    assert near is not None
    assert measure.least <= min(far, near) <= max(far, near) <= measure.greatest
    assert (near > far) == (measure.closer == "higher")
    assert near == round(near, 4)
    assert measure(BURSTS, BURSTS[1:]) is None
    same = measure(BURSTS, BURSTS)
    assert same is not None
    assert not math.isnan(same)


def test_names_are_parsed_in_the_records_order() -> None:
    assert parse_measures("") == ()
    assert parse_measures("audible_share,stoi , stoi") == ("stoi", "audible_share")
    assert parse_measures(["pesq", "seg_snr_db"]) == ("seg_snr_db", "pesq")


def test_a_name_that_is_not_known_is_named() -> None:
    with pytest.raises(UsageError, match=r"--measure: found 'stoy'; expected one of seg_snr_db.*stoi"):
        parse_measures("stoy,pesq")


def test_a_missing_package_is_found_before_anything_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    check_measures(("seg_snr_db", "nmr_db"))
    monkeypatch.setattr("bench.measures.catalogue.find_spec", lambda name: None)
    check_measures(("seg_snr_db", "nmr_db"))
    with pytest.raises(UsageError, match=r"measure 'pesq': found no package `pesq`.*serbench\[perceptual\]"):
        check_measures(("pesq",))


def test_the_names_cost_nothing() -> None:
    """`bench run --help` must start at once."""
    program = (
        "import sys; from bench.measures.catalogue import MEASURES, check_measures, parse_measures;"
        "parse_measures('stoi'); check_measures(('nmr_db',));"
        "print(sorted({'torch', 'numpy', 'scipy', 'pystoi', 'pesq'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
