"""`bench listen` as a user sees it: the page, what it says on the terminal, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

START = """
import sys
from bench.cli.main import main
sys.argv[0] = "bench"
try:
    main()
finally:
    print(sorted({"torch", "numpy", "jinja2", "soundfile"} & set(sys.modules)), file=sys.stderr)
"""


@pytest.fixture
def words(tiny_corpus: Path, tiny_noises: Path, tmp_path: Path) -> Callable[..., list[object]]:
    """The words of a `bench listen` on the tiny corpus and noises."""

    def made(*more: object) -> list[object]:
        corpus = ["--corpus=emodb", f"--corpus-root={tiny_corpus}"]
        return ["listen", *corpus, "--noise-bank=folder", f"--noise-root={tiny_noises}", f"--out={tmp_path}/p", *more]

    return made


def test_a_page_with_sounds(words: Callable, bench_here: Callable, tmp_path: Path, tree: Callable) -> None:
    command = words("--attack=environmental:snr_db=12", "--attack=drop_words", "--utterance=03a01Wa")
    said = bench_here(*command)
    assert said.code == 0, said.err
    assert said.out.splitlines() == [
        "environmental:snr_db=12.0: applies to 1 of 1 utterances",
        "drop_words: applies to 0 of 1 utterances",
        str(tmp_path / "p" / "index.html"),
    ]
    wavs = sorted(path.name.split(".", 1)[1] for path in (tmp_path / "p" / "wav").iterdir())
    assert [name.rsplit(".", 2)[-2] for name in wavs] == ["difference", "perturbed", "original"]
    assert {soundfile.info(path).samplerate for path in (tmp_path / "p" / "wav").iterdir()} == {16_000}
    assert "12.00 dB" in (tmp_path / "p" / "index.html").read_text(encoding="utf-8")
    before = tree(tmp_path)
    assert bench_here(*command).code == 0
    assert tree(tmp_path) == before, "the same command gives the same bytes"


def test_seed_and_limit(words: Callable, bench_here: Callable, tmp_path: Path) -> None:
    """Three by default; another seed is another noise."""
    pages = []
    for seed in (0, 1):
        said = bench_here(*words("--attack=environmental", f"--seed={seed}"))
        assert "applies to 3 of 3" in said.out, said.err
        pages.append((tmp_path / "p" / "index.html").read_text(encoding="utf-8"))
    assert pages[0].replace("seed 0", "seed 1") != pages[1]
    assert "applies to 5 of 5" in bench_here(*words("--attack=fade_in", "--limit=5")).out


def test_a_plug_in_and_a_study_of_ones_own(words: Callable, bench_here: Callable, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from dataclasses import dataclass, replace\nfrom bench import Perturbation\n\n@dataclass(frozen=True)\n"
        'class Half:\n    """Half as loud."""\n\n    def apply(self, original, tools, rng):\n'
        '        done = Perturbation("half", "signal")\n'
        "        return replace(original, waveform=original.waveform / 2, perturbation=done)\n"
        '\nCOMPONENTS = {"attacks": {"half": Half}}\n'
    )
    (tmp_path / "ours.csv").write_text("noise,activation_changed,valence_changed\nhalf,0.2,0.3\n")
    extra = [f"--plugin={tmp_path}/mine.py", f"--perception={tmp_path}/ours.csv"]
    said = bench_here(*words("--attack=half", "--limit=1", *extra))
    assert said.code == 0, said.err
    page = (tmp_path / "p" / "index.html").read_text(encoding="utf-8")
    assert "perceptible, after ours: the emotion changed in up to 30 % of utterances" in page
    assert "6.02 dB" in page


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--attack=revreb"], ["--attack", "revreb", "did you mean 'reverb'?"]),
        (["--attack=reverb:t60=1"], ["reverb", "did you mean 't60_s'?"]),
        (["--attack=boundary:corr=true"], ["boundary:corr=true", "no victim", "leave corr out"]),
        (["--attack=environmental:category=stadium"], ["stadium", "natural"]),
        (["--attack=reverb", "--utterance=03a01W"], ["--utterance", "03a01W", "80 utterances", "did you mean '03a01W"]),
        (["--attack=reverb", "--utterance=03a01Wa", "--limit=1"], ["--limit", "beside --utterance"]),
        (["--attack=reverb", "--limit=0"], ["--limit", "at least 1"]),
        (["--attack=reverb", "--seed=-1"], ["--seed", "-1", "at least 0"]),
        (["--attack=reverb", "--task=ahns"], ["--task", "did you mean 'ahsn'?"]),
        (["--attack=drop_words", "--attack=drop_letters"], ["drop_words, drop_letters", "3 utterances", "0 with word"]),
        (["--attack=reverb", "--out=/proc/serbench"], ["--out", "/proc"]),
        (["--attack=reverb", "--noise-root=x", "--noise-root=y"], ["--noise-root"]),
    ],
    ids=lambda value: " ".join(value) if value and value[0].startswith("--a") else "",
)
def test_what_is_refused(
    words: Callable, bench_here: Callable, tmp_path: Path, more: list[str], named: list[str]
) -> None:
    said = bench_here(*words(*more))
    assert said.code == 2
    assert said.out == ""
    last = said.err.splitlines()[-1]
    assert last.startswith("bench: ")
    for part in named:
        assert part in last
    assert not (tmp_path / "p").exists(), "nothing is written"


def test_a_study_is_not_lost_to_what_comes_after_it(words: Callable, bench_here: Callable, tmp_path: Path) -> None:
    """Its key says what raters were sent, and stands nowhere else."""
    made = bench_here(*words("--attack=fade_in", "--study"))
    assert made.code == 0, made.err
    files = {name: (tmp_path / "p" / name).read_bytes() for name in ("index.html", "study.json")}
    for other in (("--attack=fade_out", "--study"), ("--attack=fade_in",)):
        said = bench_here(*words(*other))
        assert said.code == 2
        assert "found a study whose raters could no longer be counted (study.json)" in said.err
    assert bench_here(*words("--attack=fade_in", "--study")).code == 0, "the same again"
    assert {name: (tmp_path / "p" / name).read_bytes() for name in files} == files


def test_a_file_where_the_page_should_go(words: Callable, bench_here: Callable, tmp_path: Path) -> None:
    (tmp_path / "p").write_text("mine")
    said = bench_here(*words("--attack=reverb"))
    assert said.code == 2
    assert "--out" in said.err
    assert (tmp_path / "p").read_text() == "mine"


def test_help_is_quick() -> None:
    said = subprocess.run([sys.executable, "-c", START, "listen", "--help"], check=True, capture_output=True, text=True)
    assert "--utterance" in said.stdout
    assert said.stderr.splitlines()[-1] == "[]"
