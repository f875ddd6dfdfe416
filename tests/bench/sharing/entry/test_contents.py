"""What is in an entry: checked file by file before anything of it is run, each with the reason why it is refused."""

from __future__ import annotations

import io
import json
import pickle
import re
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from bench.core.code.keys import key_of_json
from bench.core.errors import DataError
from bench.scoring.record_files.believing import determined_key
from bench.scoring.record_files.rows import columns_of, digest_of
from bench.sharing.entry.opening import opened

Altered = Callable[..., Any]
Honest = Mapping[str, bytes]


def refusal(path: Any) -> str:
    with pytest.raises(DataError) as caught, opened(path):
        pass
    assert str(path) in str(caught.value)
    assert "serbench-entry-" not in str(caught.value), "no name of a folder that nobody knows"
    return str(caught.value)


def a_cell(honest: Honest) -> str:
    return min(name for name in honest if name.startswith("cells/"))


def rewritten(content: bytes, change: Callable[[Any, dict[str, Any]], Any]) -> tuple[str, bytes]:
    """A record file with other rows or another description, its digests right, under the name that is its key."""
    table = pq.read_table(io.BytesIO(content))
    told = json.loads(table.schema.metadata[b"serbench"])
    changed = change(table.to_pandas(), told)
    new = pa.Table.from_pandas(changed, schema=table.schema.remove_metadata(), preserve_index=False)
    text = json.dumps(told)
    metadata = {"serbench": text, "serbench_sha256": digest_of(text, columns_of(new.schema), new.num_rows)}
    out = io.BytesIO()
    pq.write_table(new.replace_schema_metadata(metadata), out, compression="zstd", write_page_checksum=True)
    own = determined_key({name: value for name, value in told.items() if name != "schema"})
    return f"cells/{own}.parquet", out.getvalue()


def test_an_honest_entry_is_opened(altered: Altered) -> None:
    with opened(altered()) as entry:
        assert len(entry.contents.cells) == 4
        assert entry.contents.ks == (2, 4)
        assert set(entry.contents.code.components) == {("victims", "levels"), ("defenses", "halve")}
        assert "torch" in entry.contents.environment.inner("packages").fields
    assert not entry.contents.folder.exists()


def _at(rows: Any, **values: object) -> Any:
    """The rows with other values in the first that was asked."""
    place = rows.index[rows["query"] > 0][0]
    for name, value in values.items():
        rows.loc[place, name] = value
    return rows


def _called(told: dict[str, Any], attack: str) -> None:
    """Give another name to the attack, wherever it stands."""
    told.update(attack=attack, attack_base=attack)
    told["attack_identity"]["spec"] = attack


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda rows, _: _at(rows, accepted=True, snr_db=-30.0), "-30 dB"),
        (lambda rows, _: rows[rows["query"] > 0], "clean row"),
        (lambda rows, _: rows.iloc[[0, *range(len(rows))]], "in the place of"),
        (lambda rows, _: _at(rows, label_after="delight"), "delight"),
        (lambda rows, _: _at(rows, speaker="another"), "two values of speaker"),
        (lambda rows, told: told.update(max_queries=1) or rows, "at most 1"),
        (lambda rows, told: told.update(min_snr_db=-90.0) or rows, "by the referee's rule"),
        (lambda rows, told: told.update(enrolment="paper") or rows, "one corpus"),
        (lambda rows, told: told.update(attack="pick\ud800") or rows, "surrogate|cannot"),
        (lambda rows, told: told.update(victim="nobody") or rows, "weights|nobody"),
        (lambda rows, told: told.update(attack="nothing:x=1") or rows, "of what was measured as 'boundary"),
        (lambda rows, told: _called(told, "nothing:x=1") or rows, "'nothing' among attacks"),
        (lambda rows, told: _called(told, "boundary:x=/etc/passwd") or rows, "names a file"),
        (lambda rows, told: told.update(attack=3) or rows, "attack"),
        (lambda rows, told: told.update(noise_bank="folder:root=/etc") or rows, "one corpus"),
        (lambda rows, told: told.update(perception_fingerprint="0" * 16) or rows, "one corpus"),
        (lambda rows, told: told.update(train_corpus="ravdess", attacked_corpus="c") or rows, "trained on 'ravdess'"),
        (lambda rows, told: told.pop("fitting") and rows, "fitting"),
    ],
)
def test_a_record_that_no_referee_wrote(altered: Altered, honest: Honest, change: Callable, why: str) -> None:
    name, content = rewritten(honest[a_cell(honest)], change)
    assert re.search(why, refusal(altered({a_cell(honest): None, name: content})))


def test_a_record_under_another_name_or_of_another_shape(altered: Altered, honest: Honest) -> None:
    first, second = sorted(name for name in honest if name.startswith("cells/"))[:2]
    assert "what has the key" in refusal(altered({first: honest[second]}))
    table = pa.table({"utterance": ["a"], "query": pa.array([0], pa.int32())})
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"serbench": "{}"}), out)
    assert f"{first}: found" in refusal(altered({first: out.getvalue()}))
    assert "no readable records" in refusal(altered({first: b"PAR1" * 100}))


def test_a_model_of_the_hub_that_may_change(altered: Altered, honest: Honest) -> None:
    """The spec is what is run again, whatever stands beside it."""
    about = json.loads(pq.read_table(io.BytesIO(honest[a_cell(honest)])).schema.metadata[b"serbench"])
    folder = f"weights/levels-{key_of_json(about['fitting'])}/"
    about["fitting"]["victim"]["params"] = {"revision": "0" * 40}
    moved = f"weights/levels-{key_of_json(about['fitting'])}/"

    def said(rows: Any, told: dict[str, Any]) -> Any:
        if told["fitting"]["defense"] == about["fitting"]["defense"]:
            told["fitting"]["victim"]["params"] = {"revision": "0" * 40}
        return rows

    files: dict[str, bytes | None] = dict.fromkeys((one for one in honest if one.startswith(("cells/", folder))), None)
    files |= [rewritten(honest[one], said) for one in files if one.startswith("cells/")]
    files |= {one.replace(folder, moved): honest[one] for one in honest if one.startswith(folder)}
    assert "revision '0000" in refusal(altered(files))


def test_a_parquet_file_that_unpacks_into_much(altered: Altered, honest: Honest) -> None:
    out = io.BytesIO()
    many = pa.table({"utterance": pa.nulls(21_000_000, pa.int8())})
    pq.write_table(many, out, compression="zstd")
    assert len(out.getvalue()) < 2**16
    assert "21,000,000 rows" in refusal(altered({a_cell(honest): out.getvalue()}))


class Owned:
    def __reduce__(self) -> tuple:
        return (pytest.fail, ("a pickle was read",))


def test_weights_that_are_a_pickle_whatever_they_are_called(altered: Altered, honest: Honest) -> None:
    name = next(one for one in honest if one.endswith("weights.safetensors"))
    folder = name.rpartition("/")[0]
    saved = io.BytesIO()
    torch.save({"a": torch.ones(1)}, saved)
    for content in (pickle.dumps(Owned()), saved.getvalue()):
        assert "no .safetensors" in refusal(altered({name: content}))
        assert "such as a pickle" in refusal(altered({f"{folder}/weights.pt": content}))
        assert "no .onnx" in refusal(altered({f"{folder}/weights.onnx": content}))
    deep = b"[" * 100_000 + b"]" * 100_000
    assert "nested too deep" in refusal(altered({f"{folder}/config.json": deep}))
    assert "surrogate" in refusal(altered({f"{folder}/config.json": rb'["\ud800"]'}))
    header = (2**60).to_bytes(8, "little") + b"{}"
    assert "no .safetensors" in refusal(altered({name: header}))


def test_weights_that_are_missing_or_nobody_s(altered: Altered, honest: Honest) -> None:
    folder = next(one for one in honest if one.startswith("weights/")).split("/")[1]
    gone = dict.fromkeys((one for one in honest if one.startswith(f"weights/{folder}/")), None)
    assert f"no weights {folder}" in refusal(altered(gone))
    assert "weights more-" in refusal(altered({"weights/more-" + "0" * 20 + "/config.json": b"{}"}))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("COMPONENTS = {", "no Python"),
        ("x = " + "(" * 5_000 + ")" * 5_000, "no Python"),
        ("raise SystemExit('it was run')", "no table"),
        ("class A: ...\nCOMPONENTS = {'corpora': {'mine': A}}", "components of kind 'corpora'"),
        ("class A: ...\nCOMPONENTS = {'defenses': {'a b': A}}", "a component named 'a b'"),
        ("class A: ...\nCOMPONENTS = {'victims': {'cnn_gru': A, 'levels': A}}", "'cnn_gru' among victims, the name of"),
        ("class A: ...\nCOMPONENTS = {'victims': {'CNN-GRU': A, 'levels': A}}", "taken for serbench's own 'cnn_gru'"),
        ("class A: ...\nCOMPONENTS = {'attacks': {'Aware': A}}", "taken for serbench's own 'aware'"),
        ("class A: ...\nCOMPONENTS = {'victims': {'levels': A}}", "'halve' among defenses"),
    ],
)
def test_code_that_could_not_be_run(altered: Altered, text: str, why: str) -> None:
    assert why in refusal(altered({"code/mine.py": text.encode()}))


def test_data_that_are_a_file_of_whoever_verifies(altered: Altered, honest: Honest) -> None:
    for field, spec in (("corpus", "emodb:root=/etc"), ("noise_bank", "embedded+folder:root=/etc/passwd")):
        files: dict[str, bytes | None] = dict.fromkeys((one for one in honest if one.startswith("cells/")), None)
        files |= [rewritten(honest[one], lambda rows, told: told.update({field: spec}) or rows) for one in files]  # noqa: B023
        assert "names a file" in refusal(altered(files))


def test_files_that_no_entry_has(altered: Altered) -> None:
    assert "a file setup.cfg" in refusal(altered({"setup.cfg": b""}))
    assert "a file cells/x.parquet" in refusal(altered({"cells/x.parquet": b""}))
    assert "no text" in refusal(altered({"code/mine.so": b"\x7fELF"}))
    assert "2 files" in refusal(altered({"code/more.py": b"x = 1\n"}))
    assert "does not tell of" in refusal(altered(code=""))
    assert "no environment.json" in refusal(altered({"environment.json": None}))
    assert "environment.json" in refusal(altered({"environment.json": b"[]"}))
    assert "run.json" in refusal(altered({"run.json": b'{"k": "x"}'}))


def test_more_than_anybody_would_wait_for(altered: Altered) -> None:
    many = json.dumps({"k": [*range(1, 1000)]}).encode()
    with opened(altered({"run.json": many})) as entry:
        assert entry.contents.ks == (1, 2, 3, 4), "none beyond the budget"
    assert "502 files" in refusal(altered({f"code/{n}.md": b"" for n in range(501)}))
    large = b"x = (" + b"1," * 300_000 + b")\n"
    assert "15 files of" in refusal(altered({f"code/{n}.py": large for n in range(14)}))


def test_a_package_is_read_and_not_run(altered: Altered) -> None:
    project = b'[project]\nname = "x"\n[project.entry-points."serbench.victims"]\nlevels = "theirs.models:Levels"\n'
    project += b'[project.entry-points."serbench.defenses"]\nhalve = "theirs.models:Halve"\n'
    files = {"code/mine.py": None, "code/pyproject.toml": project, "code/theirs/__init__.py": b""}
    body = {"code/theirs/models.py": b"raise SystemExit('it was run')\n"}
    with opened(altered(files | body, code="package")) as entry:
        code = entry.contents.code
        assert code.plugin
        assert "from theirs.models import Levels as Component0" in code.plugin.read_text()
        assert [one.name for one in code.packages] == ["theirs"]
    assert "not among its files" in refusal(altered(files, code="package"))
    for wrong, why in ((b"theirs.models:Levels", b"os:system"), (b"theirs.models:Levels", b"theirs models")):
        told = project.replace(wrong, why)
        assert "code/pyproject.toml" in refusal(altered(files | body | {"code/pyproject.toml": told}, code="package"))


def test_data_of_a_package_stay_unused(altered: Altered) -> None:
    """A package with a corpus beside its victim can be submitted; that corpus is nobody's who verifies."""
    data = b'[project.entry-points."serbench.corpora"]\nspoken = "theirs_data:Spoken"\n'
    models = b'[project.entry-points."serbench.victims"]\nlevels = "theirs.models:Levels"\n'
    models += b'[project.entry-points."serbench.defenses"]\nhalve = "theirs.models:Halve"\n'
    files = {"code/mine.py": None, "code/theirs/__init__.py": b"", "code/theirs/models.py": b""}
    with opened(altered({**files, "code/pyproject.toml": models + data}, code="package")) as entry:
        code = entry.contents.code
        assert {kind for kind, _ in code.components} == {"victims", "defenses"}
        assert code.plugin
        assert "theirs_data" not in code.plugin.read_text()
    alone = refusal(altered({**files, "code/pyproject.toml": data}, code="package"))
    assert "found entry points of data alone; expected a victim, a defence or an attack" in alone
