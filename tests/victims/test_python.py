"""A callable of the user's as a victim: a real scikit-learn model, and everything that can be wrong with a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench import Batch, BenchError, ComponentError, DataError, UsageError
from bench.contracts.registry import Registry
from bench.data.tasks import task_named
from bench.testing import check_victim, sample_context, sample_utterances
from victims.python import FittedPython, Python

BRIEF = None
"""The checks that all victims pass are run here, on a model of the user's."""

SCIKIT = '''
import numpy as np
from sklearn.linear_model import LogisticRegression

from bench.testing import sample_utterances


def features(waveform):
    steps = np.sign(waveform)
    return [np.log(np.mean(waveform**2) + 1e-9), np.mean(steps[1:] != steps[:-1])]


class Scikit:
    """A logistic regression over loudness and zero crossings."""

    def __init__(self):
        train = sample_utterances(3, 1, "learnt")
        self.model = LogisticRegression(C=100.0, max_iter=1000)
        self.model.fit([features(one.waveform.numpy()) for one in train], [one.emotion for one in train])
        self.labels = self.model.classes_

    def __call__(self, waveforms, rate):
        assert rate == 16_000
        return self.model.predict_proba([features(waveform) for waveform in waveforms])


class Labels(Scikit):
    def __call__(self, waveforms, rate):
        return self.model.predict([features(waveform) for waveform in waveforms])


class Dicts(Scikit):
    def __call__(self, waveforms, rate):
        return [dict(zip(self.labels, row)) for row in super().__call__(waveforms, rate)]


class Logs(Scikit):
    def __call__(self, waveforms, rate):
        return self.model.predict_log_proba([features(waveform) for waveform in waveforms])
'''


def written(folder: Path, text: str) -> Path:
    file = folder / "mine.py"
    file.write_text(text, encoding="utf-8")
    return file


def fit(folder: Path, text: str, name: str = "predict", **parameters: object) -> FittedPython:
    recipe = Python(f"{written(folder, text)}:{name}", **parameters)
    return recipe.fit(sample_utterances(key="train"), [], sample_context())


@pytest.fixture(scope="module")
def scikit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("scikit"), SCIKIT)


@pytest.mark.parametrize("name", ["Scikit", "Labels", "Dicts", "Logs"])
@pytest.mark.parametrize("batch_size", [1, 5])
def test_it_conforms(scikit: Path, name: str, batch_size: int) -> None:
    check_victim(Python(f"{scikit}:{name}", batch_size=batch_size))


def test_every_form_of_answer_says_the_same(scikit: Path) -> None:
    train, test = sample_utterances(key="train"), sample_utterances(3, 2, "new")
    rows = {
        name: Python(f"{scikit}:{name}").fit(train, [], sample_context()).log_probs(Batch.of(test))
        for name in ("Scikit", "Labels", "Dicts", "Logs")
    }
    for name in ("Dicts", "Logs"):
        assert torch.allclose(rows[name], rows["Scikit"], atol=1e-4)
    assert torch.equal(rows["Labels"].argmax(dim=1), rows["Scikit"].argmax(dim=1))
    truth = torch.tensor([sample_context().task.classes.index(str(one.emotion)) for one in test])
    assert float((rows["Scikit"].argmax(dim=1) == truth).float().mean()) > 0.8, "columns are in the task's order"


def test_a_function_with_labels(tmp_path: Path) -> None:
    text = "def predict(waveforms, rate):\n    return [[0.1, 0.2, 0.3, 0.4]] * len(waveforms)\n"
    one = Batch.of(sample_utterances(1, 1)[:1])
    for end in (
        "['sad', 'ang', 'neu', 'hap']",
        "{0: 'sad', 1: 'ang', 2: 'neu', 3: 'hap'}",
        "{'sad': 0, 'ang': 1, 'neu': 2, 'hap': 3}",
    ):
        row = fit(tmp_path, f"{text}predict.labels = {end}\n").log_probs(one)[0].exp()
        assert row.tolist() == pytest.approx([0.2, 0.4, 0.1, 0.3])


def test_the_places_of_labels(tmp_path: Path) -> None:
    one = Batch.of(sample_utterances(1, 1)[:1])
    for answer in ("[2] * len(some)", "np.array([2] * len(some))"):
        text = f"import numpy as np\ndef predict(some, rate):\n    return {answer}\n"
        row = fit(tmp_path, text, labels=("sad", "ang", "neu", "hap")).log_probs(one)
        assert row.argmax().item() == sample_context().task.classes.index("neutral")
    with pytest.raises(ComponentError, match=r"class indices such as 2, and no labels.*labels=NAME"):
        fit(tmp_path, text)


def test_a_repository_of_files(tmp_path: Path) -> None:
    """Its own modules are found, and are part of the key; the folder that it works in is its own."""
    (tmp_path / "attacks.py").write_text("SAID = 'sad'\n")
    text = "import os\nfrom attacks import SAID\nos.chdir(os.path.dirname(__file__))\n"
    text += "def predict(some, rate):\n    os.chdir('/')\n    return [SAID] * len(some)\n"
    before = Path.cwd()
    victim = fit(tmp_path, text)
    assert victim.log_probs(Batch.of(sample_utterances(1, 1)[:1])).argmax().item() == 2
    assert Path.cwd() == before
    digest = victim.recipe.fingerprint()
    (tmp_path / "attacks.py").write_text("SAID = 'ang'\n")
    assert victim.recipe.fingerprint() != digest


def test_labels_outside_the_task_are_left_out(tmp_path: Path) -> None:
    text = "def predict(waveforms, rate):\n    return [[0.1, 0.1, 0.2, 0.1, 0.5]] * len(waveforms)\n"
    names = ("ang", "hap", "sad", "neu", "disgust")
    row = fit(tmp_path, text, labels=names).log_probs(Batch.of(sample_utterances(1, 1)[:1]))[0].exp()
    assert row.tolist() == pytest.approx([0.2, 0.2, 0.4, 0.2])


def test_the_arrays_are_its_own(tmp_path: Path) -> None:
    victim = fit(
        tmp_path, "def predict(waveforms, rate):\n    waveforms[0][:] = 0\n    return ['sad'] * len(waveforms)\n"
    )
    one = sample_utterances(1, 1)[0]
    before = one.waveform.clone()
    victim.log_probs(Batch.of([one]))
    assert torch.equal(one.waveform, before)


@pytest.mark.parametrize(
    ("answer", "error", "found"),
    [
        ("None", ComponentError, "a NoneType for 1 waveforms"),
        ("'sad'", ComponentError, "a str for 1 waveforms"),
        ("['sad'] * 3", ComponentError, "a list of 3 for 1 waveforms"),
        ("['cheese']", ComponentError, "the answer 'cheese'.*labels=cheese:neutral"),
        ("[None]", ComponentError, r"an answer of shape|rows such as None"),
        ("[object()]", ComponentError, "rows such as"),
        ("[4]", ComponentError, "the class index 4 for 4 labels; expected 0 to 3"),
        ("[-1]", ComponentError, "the class index -1 for 4 labels"),
        ("[True]", ComponentError, "an answer of shape"),
        ("exit(3)", ComponentError, r"SystemExit: 3, about a waveform of [0-9,]+ samples \([0-9.]+ s\)"),
        ("[{'ang': 0.5, 'hap': 0.25, 'sad': 0.25}]", UsageError, "the labels ang, hap, sad, of which none is neutral"),
        ("[{'ang': 0.5, 'Happines': 0.2, 'sad': 0.2, 'neu': 0.1}]", UsageError, "none is happiness"),
        ("[[1, 2, 3]]", ComponentError, r"shape \(1, 3\) for 4 labels"),
        ("[[5.0, -1.0, 2.0, 1.0]]", ComponentError, r"rows such as \[5.0, -1.0, 2.0, 1.0\].*softmax"),
        ("[[float('nan')] * 4]", ComponentError, "rows such as"),
        ("[{'sad': 0.5, 'hap': 'x', 'ang': 0.2, 'neu': 0.3}]", ComponentError, "rows such as"),
        ("[{'disgust': 1.0}]", UsageError, "the labels disgust, of which none is anger"),
        ("1 / 0", ComponentError, "ZeroDivisionError"),
        ("rate.missing", ComponentError, "AttributeError"),
    ],
)
def test_answers_that_are_none(tmp_path: Path, answer: str, error: type[BenchError], found: str) -> None:
    text = f"def predict(waveforms, rate):\n    return {answer}\npredict.labels = ['ang', 'hap', 'sad', 'neu']\n"
    with pytest.raises(error, match=found):
        fit(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("predict = 3", "a int, which cannot be called"),
        ("other = len", "no 'predict', but other"),
        ("", "no 'predict', but nothing"),
        ("1 / 0", "ZeroDivisionError.*a file that runs"),
        ("raise SystemExit(3)", "SystemExit"),
        ("def predict(:", "SyntaxError"),
        ("class predict:\n    def __init__(self, path): ...", "a class that is made without arguments"),
        ("def predict(waveforms, rate): ...\npredict.labels = 'sad'", "the attribute labels = 'sad'"),
        ("def predict(waveforms, rate): ...\npredict.labels = ['a', 'b']", "the labels a, b, of which none is anger"),
    ],
)
def test_files_that_cannot_serve(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(UsageError, match=found):
        fit(tmp_path, text)


@pytest.mark.parametrize("target", ["mine.py", "mine.py:", ":predict", "mine.py:a b", "mine.py:a.b", "net.pt:a"])
def test_a_target_that_names_nothing(target: str) -> None:
    with pytest.raises(UsageError, match=r"FILE.py:OBJECT"):
        Python(target)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    recipe = Python(f"{tmp_path}/missing.py:predict")
    with pytest.raises(UsageError, match=r"missing.py: found no such file"):
        recipe.fingerprint()
    with pytest.raises(UsageError, match=r"no Python file '.*missing.py'"):
        recipe.fit(sample_utterances(), [], sample_context())


def test_an_answer_that_depends_on_the_batch_is_refused(tmp_path: Path) -> None:
    text = "def predict(some, rate):\n    n = 1 / (3 + len(some))\n    return [[n, n, n, 1 - 3 * n]] * len(some)\n"
    names = ("ang", "hap", "sad", "neu")
    with pytest.raises(UsageError, match=r"what else is in the batch.*batch_size=1"):
        fit(tmp_path, text, labels=names, batch_size=8)
    assert fit(tmp_path, text, labels=names)


def test_an_answer_that_changes_from_time_to_time_is_refused(tmp_path: Path) -> None:
    text = "said = []\ndef predict(some, rate):\n    said.append(1)\n    return [('ang', 'sad')[len(said) % 2]]\n"
    with pytest.raises(UsageError, match="from one time to the next"):
        fit(tmp_path, text)


def test_the_task_is_told_apart(tmp_path: Path) -> None:
    context = replace(sample_context(), task=task_named("activation3"))
    text = "def predict(waveforms, rate):\n    return ['High'] * len(waveforms)\n"
    recipe = Python(f"{written(tmp_path, text)}:predict")
    row = recipe.fit(sample_utterances(), [], context).log_probs(Batch.of(sample_utterances(1, 1)[:1]))
    assert row.argmax(dim=1).tolist() == [2]


def test_the_fingerprint_follows_the_files(tmp_path: Path) -> None:
    text = "def predict(waveforms, rate):\n    return ['sad'] * len(waveforms)\n"
    file, weights = written(tmp_path, text), tmp_path / "weights.bin"
    weights.write_bytes(b"1")
    recipe = Python(f"{file}:predict", files=(weights,))
    fitted = recipe.fit(sample_utterances(), [], sample_context())
    (tmp_path / "kept").mkdir()
    fitted.save(tmp_path / "kept")
    before = recipe.fingerprint()
    weights.write_bytes(b"2")
    assert recipe.fingerprint() != before
    with pytest.raises(DataError, match="another files than now"):
        recipe.load(tmp_path / "kept", sample_context())
    file.write_text(text + "\n")
    assert Python(f"{file}:predict").fingerprint() != before
    with pytest.raises(UsageError, match=r"none.bin: found no such file"):
        Python(f"{file}:predict", files=(tmp_path / "none.bin",)).fingerprint()


def test_the_command_line_names_it(tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.write_text("from victims.python import Python\n\nCOMPONENTS = {'victims': {'mine': Python}}\n")
    made = Registry.discover((plugin,)).build("victims", "mine:some/model.py:predict,labels=ang+hap,files=a.bin+b.bin")
    assert made == Python("some/model.py:predict", ("ang", "hap"), (Path("a.bin"), Path("b.bin")))


NUMBERS = """
def loud(waveforms, rate):
    return [1 + 20 * float(abs(waveform).mean()) for waveform in waveforms]

def named(waveforms, rate):
    return [{"arousal": value, "valence": 2.5} for value in loud(waveforms, rate)]

def unnamed(waveforms, rate):
    return [[value, 2.5] for value in loud(waveforms, rate)]

def broken(waveforms, rate):
    return [float("nan") for _ in waveforms]
"""


def test_a_callable_answers_numbers_in_a_dimensional_task(tmp_path: Path) -> None:
    (tmp_path / "numbers.py").write_text(NUMBERS)
    said, context = sample_utterances(1, 1), replace(sample_context(), task=task_named("activation"))
    loud = [1 + 20 * float(one.waveform.abs().mean()) for one in said]
    for name, labels in (("loud", ()), ("named", ()), ("unnamed", ("arousal", "valence"))):
        fitted = Python(f"{tmp_path / 'numbers.py'}:{name}", labels=labels).fit(said, (), context)
        assert fitted.values(Batch.of(said)).tolist() == pytest.approx(loud, abs=1e-5)
    valence = replace(context, task=task_named("valence"))
    assert (
        Python(f"{tmp_path / 'numbers.py'}:named").fit(said, (), valence).values(Batch.of(said)).tolist() == [2.5] * 4
    )
    for name, message in (("unnamed", r"shape \(1, 2\) for no labels"), ("broken", "NaN or infinite")):
        with pytest.raises(ComponentError, match=message):
            Python(f"{tmp_path / 'numbers.py'}:{name}").fit(said, (), context)
    with pytest.raises(UsageError, match="a model of numbers: arousal, valence"):
        Python(f"{tmp_path / 'numbers.py'}:named").fit(said, (), replace(context, task=task_named("dominance")))
