"""An exported folder as a victim: the same answers, and everything that can be wrong with a folder from elsewhere."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench import Batch, ComponentError, DataError, UsageError
from bench.contracts.registry import Registry
from bench.core.showing.progress import SILENT
from bench.data.tasks import task_named
from bench.evaluation.plans.options import Options
from bench.sharing.export import write_export
from bench.sharing.model_card import card, described
from bench.studies.training_jobs import Job, Trained, prepare_job, trained
from bench.testing import check_victim, sample_context, sample_utterances
from victims.exported import Exported

BRIEF = None
"""The checks that all victims pass are run here, on a model of the user's."""

TINY = "cnn_gru:channels=4,hidden=4,dense=4,max_epochs=2"


@pytest.fixture(scope="module")
def job(tiny_corpus: Path, tiny_noises: Path) -> Callable[[str], Job]:
    def made(defense: str) -> Job:
        paths: dict[str, Any] = {"corpus_root": tiny_corpus, "noise_roots": (tiny_noises,)}
        named: dict[str, Any] = {"corpus": "emodb", "noise_banks": ("folder",), "defenses": (defense,)}
        return prepare_job(Options((TINY,), ("fade_in",), device="cpu", folds=(), **named, **paths), SILENT)

    return made


@pytest.fixture(scope="module", params=["none", "multi_condition"])
def exported(
    request: pytest.FixtureRequest, job: Callable[[str], Job], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Trained]:
    """The folder, and the victim that is in it."""
    asked = job(request.param)
    found = trained(asked.experiment, asked.fitted[0])
    folder = tmp_path_factory.mktemp("exported") / "folder"
    write_export(folder, found.folder, described(asked.experiment, found), card)
    return folder, found


@pytest.fixture
def folder(exported: tuple[Path, Trained], tmp_path: Path) -> Path:
    """A copy to be spoilt."""
    return Path(shutil.copytree(exported[0], tmp_path / "copy"))


def rewrite(folder: Path, **changes: Any) -> None:
    file = folder / "victim.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def fit(folder: Path) -> Any:
    return Exported(folder).fit(sample_utterances(key="train"), sample_utterances(2, key="valid"), sample_context())


def test_it_conforms(exported: tuple[Path, Trained]) -> None:
    check_victim(Exported(exported[0]))


@torch.no_grad()
def test_it_answers_as_the_victim_that_was_exported(exported: tuple[Path, Trained]) -> None:
    folder, found = exported
    said, batch = found.split.test, Batch.of(found.split.test)
    loaded = Exported(folder).fit(found.split.train, found.split.valid, sample_context())
    assert torch.equal(loaded.enroll(said).log_probs(batch), found.victim.enroll(said).log_probs(batch))


def test_what_it_saved_outlives_the_weights(folder: Path, tmp_path: Path) -> None:
    """The cache's copy is whole: only `victim.json`, which says what they are, is read again."""
    said = sample_utterances(2, key="test")
    fitted = fit(folder)
    (tmp_path / "kept").mkdir()
    fitted.save(tmp_path / "kept")
    shutil.rmtree(folder / "fitted")
    again = Exported(folder).load(tmp_path / "kept", sample_context())
    answers = [victim.enroll(said).log_probs(Batch.of(said)) for victim in (fitted, again)]
    assert torch.equal(*answers)


def test_the_command_line_names_it(exported: tuple[Path, Trained], tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.write_text("from victims.exported import Exported\n\nCOMPONENTS = {'victims': {'folder': Exported}}\n")
    assert Registry.discover((plugin,)).build("victims", "folder:some/where") == Exported(Path("some/where"))
    assert Exported(exported[0]).traits.modalities == ("sound",)
    assert Exported(exported[0], trained_on=("03",)).traits.trained_on == ("03",)
    key = exported[1].key
    inside = [one for one in (key.victim, key.defense) if one is not None]
    assert Exported(exported[0]).traits.made_of == tuple((one.kind, one.spec) for one in inside)


def test_the_fingerprint_is_that_of_every_byte(folder: Path, exported: tuple[Path, Trained]) -> None:
    before = Exported(folder).fingerprint()
    assert before == Exported(exported[0]).fingerprint(), "wherever it lies"
    for file in [file for file in sorted(folder.rglob("*")) if file.is_file()]:
        kept = file.read_bytes()
        file.write_bytes(kept + b" ")
        assert Exported(folder).fingerprint() != before, file
        file.write_bytes(kept)
    assert Exported(folder).fingerprint() == before
    (folder / "README.md").rename(folder / "CARD.md")
    assert Exported(folder).fingerprint() != before


def test_another_task_is_refused(exported: tuple[Path, Trained]) -> None:
    context = replace(sample_context(), task=task_named("activation3"))
    with pytest.raises(UsageError, match=r"task 'ahsn': anger.*expected one for task 'activation3': low.*--task ahsn"):
        Exported(exported[0]).fit([], [], context)
    with pytest.raises(UsageError, match="activation3"):
        Exported(exported[0]).load(exported[1].folder, context)


def test_other_classes_under_the_same_name_are_refused(folder: Path) -> None:
    task = json.loads((folder / "victim.json").read_text())["task"]
    rewrite(folder, task=task | {"classes": ["happiness", "anger", "sadness", "neutral"]})
    with pytest.raises(UsageError, match="task 'ahsn': happiness, anger"):
        fit(folder)


def test_nobody_whom_it_was_trained_with_is_tested(exported: tuple[Path, Trained], job: Callable[[str], Job]) -> None:
    folder, found = exported
    asked = job(found.key.defense_spec)
    assert len(asked.fitted) == 5
    for key in asked.fitted[1:]:
        split = asked.experiment.split(key)
        with pytest.raises(UsageError, match=r"\d speakers that it was trained with.*--split k-fold --fold 0"):
            Exported(folder).fit(split.train, split.valid, sample_context())


def names_only(folder: Path) -> None:
    rewrite(folder, victim="tiny_net:width=3", fitting={"victim": {"origin": "my_nets.py"}})


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (
            lambda f: (f / "victim.json").unlink() or os.mkfifo(f / "victim.json"),
            r"found no usable victim.json .*a FIFO",
        ),
        (lambda f: (f / "victim.json").unlink(), r"victim.json: found no usable victim.json"),
        (lambda f: (f / "victim.json").write_text("{"), r"victim.json: found no usable victim.json"),
        (lambda f: (f / "victim.json").write_text("[]"), "a JSON list"),
        (lambda f: (f / "victim.json").write_text("[" * 100_000), r"victim.json: found no usable victim.json"),
        (lambda f: rewrite(f, schema=99), "format 99"),
        (lambda f: rewrite(f, victim=3, voices=None), "no usable victim, voices"),
        (lambda f: rewrite(f, senses=["smell"]), "no usable senses"),
        (lambda f: rewrite(f, senses=[["sound"]]), "no usable senses"),
        (lambda f: rewrite(f, task={"name": "ahsn"}), "no usable task"),
        (lambda f: rewrite(f, task={"name": "ahsn", "classes": 3, "bins": [], "merged": []}), "no usable task"),
        (lambda f: (f / "fitted/weights.safetensors").unlink(), r"weights.safetensors: found no such file"),
        (lambda f: (f / "fitted/weights.safetensors").write_bytes(b"x"), r"weights.safetensors: found another content"),
        (lambda f: (f / "fitted/config.json").write_text("{}"), r"config.json: found another content"),
        (lambda f: (f / "fitted/more.json").write_text("{}"), r"more.json: found a file that was not exported"),
        (lambda f: (f / "fitted/more.pkl").write_bytes(b"x"), r"more.pkl: found a file of kind '.pkl'"),
        (lambda f: (f / "fitted/link.json").symlink_to("/etc/hostname"), r"link.json: found a link"),
        (lambda f: rewrite(f, victim=TINY.replace("hidden=4", "hidden=8")), "weights that fit its victim"),
        (lambda f: rewrite(f, victim="svm_egemaps"), r"(weights that 'svm_egemaps' cannot read|weights that fit)"),
        (lambda f: rewrite(f, victim="python:/tmp/evil.py:Model"), "leads to /tmp/evil.py"),
        (lambda f: rewrite(f, victim="python:~/evil.py:Model"), "leads to ~/evil.py"),
        (lambda f: rewrite(f, victim="http:http://127.0.0.1:9/x"), "leads to http://127.0.0.1:9/x"),
        (lambda f: rewrite(f, victim="multimodal:text=bert_text:encoder=../x;frozen=true"), "leads to ../x"),
        (lambda f: rewrite(f, defense="multi_condition:categories=/etc"), "the defense .* leads to /etc"),
    ],
)
def test_a_damaged_folder_is_named(folder: Path, spoil: Callable[[Path], None], named: str) -> None:
    spoil(folder)
    with pytest.raises(DataError, match=named):
        fit(folder)


def test_it_is_no_folder(tmp_path: Path) -> None:
    for missing in (tmp_path / "none", tmp_path / "file"):
        (tmp_path / "file").touch()
        for ask in (fit, lambda path: Exported(path).fingerprint(), lambda path: Exported(path).traits):
            with pytest.raises(DataError, match=r"(no such folder|a file); expected a folder that bench victims"):
                ask(missing)


def test_a_link_has_no_fingerprint(folder: Path) -> None:
    (folder / "fitted" / "link.json").symlink_to("/etc/hostname")
    with pytest.raises(DataError, match=r"link.json: found a link"):
        Exported(folder).fingerprint()


def test_no_file_that_is_here_is_run(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("evil.py").write_text("open('was-run', 'w').close()\n")
    rewrite(folder, victim="python:evil.py:Model")
    with pytest.raises(DataError, match=r"leads to evil.py"):
        fit(folder)
    Path("encoder").mkdir()
    rewrite(folder, victim="bert_text:encoder=encoder")
    with pytest.raises(UsageError, match="parameter 'encoder' leads to encoder"):
        fit(folder)
    assert not Path("was-run").exists()


def test_a_missing_component_is_named(folder: Path) -> None:
    names_only(folder)
    with pytest.raises(UsageError, match=r"'tiny_net:width=3', which cannot be made here.*\(my_nets.py\).*--plugin"):
        fit(folder)
    rewrite(folder, victim=TINY, defense="wall+moat", fitting={})
    with pytest.raises(UsageError, match=r"'wall\+moat', which cannot be made here"):
        fit(folder)


def test_a_spec_without_end_is_cut_short(folder: Path) -> None:
    rewrite(folder, victim="cnn_gru:" + "x/" * 5000)
    with pytest.raises(UsageError, match="parameter 'channels'") as refused:
        fit(folder)
    assert len(str(refused.value)) < 600


def test_it_needs_to_know_of_components(exported: tuple[Path, Trained]) -> None:
    with pytest.raises(ComponentError, match="a FitContext without component"):
        Exported(exported[0]).fit([], [], replace(sample_context(), component=None))
