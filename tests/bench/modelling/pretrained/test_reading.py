"""What models call emotions: spelt, guessed at, or not read."""

from __future__ import annotations

import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench import UsageError
from bench.data.tasks import task_named
from bench.modelling.pretrained.labels import Labels
from bench.modelling.pretrained.reading import read_codes, read_emotion
from bench.modelling.pretrained.spellings import NOTHING, WHOLE

SPELT = {
    "anger": (
        "生气/angry", "<|ANGRY|>", "Angry.", "anger", "ANG", "angry_male", "female_angry", "male-angry", "03_angry",
        "Emotion: Angry", '{"emotion": "angry"}', "**angry**", "'Anger'", "angry (0.93)", "label=angry", "LABEL_ANGRY",
        "Wut", "Ärger", "colère", "ira", "rabbia", "raiva", "öfke", "злость", "怒り", "분노", "😡", "憤怒/生氣",
        "θυμός",
        "emo_angry", "angry speech", "Furious", "anger / rage",
    ),
    "happiness": (
        "开心/happy", "<|HAPPY|>", "hap", "Joy", "joyful", "female_happy", "Freude", "joie", "alegría", "gioia",
        "mutlu", "радость", "喜び", "행복", "😊", "HAPPINESS", "happy_state", "Glücklich", "happy|joy",
    ),
    "sadness": (
        "难过/sad", "<|SAD|>", "Sadness", "traurig", "Trauer", "tristesse", "tristeza", "tristezza", "üzgün", "грусть",
        "悲しみ", "슬픔", "😔", "05-sad", "sad.wav".removesuffix(".wav"), "SAD ", "sorrow",
    ),
    "neutral": (
        "中立/neutral", "<|NEUTRAL|>", "Neutral State", "neutral state.", "neu", "neutre", "neutro", "neutrale",
        "neutral_male", "nötr", "no emotion", "emotionless", "Neutrality", "中性", "중립", "Neutral emotion",
    ),
    "fear": ("恐惧/fearful", "<|FEARFUL|>", "fear", "Angst", "peur", "miedo", "paura", "korku", "страх", "공포"),
    "disgust": ("厌恶/disgusted", "<|DISGUSTED|>", "Ekel", "dégoût", "asco", "nojo", "отвращение", "혐오"),
    "surprise": ("吃惊/surprised", "<|SURPRISED|>", "ps", "pleasant_surprise", "Pleasant_surprised", "überrascht"),
    "calm": ("calm", "male_calm", "ruhig"),
    "frustration": ("fru", "Frustrated"),
    "excitement": ("exc", "excited"),
    "boredom": ("Langeweile", "bored"),
}  # fmt: skip

GUESSED = {
    "anger": (
        "The speaker sounds angry.",
        "angry/vihainen",
        "I think the tone is one of anger",
        "说话人听起来很生气。",
    ),
    "sadness": ("It is a sad voice, speaking slowly", "They speak sadly and quietly."),
    "neutral": ("The tone of this clip is fairly neutral.",),
    "happiness": ("This person is happy!", "Sounds joyful and happy to me", "이 사람은 행복 합니다"),
}

UNREAD = (
    "The speaker is not angry.", "He isn't angry", "Is the speaker angry?", "angry or sad?", "neither happy nor sad",
    "I'm sorry, but I cannot tell the emotion; it could be sad.", "I am happy to help with that.", "unhappy",
    "其他/other", "<unk>", "<|EMO_UNKNOWN|>", "other", "unknown/neutral", "none", "", "   ", "cheese", "LABEL_0", "0",
    "A", "S", "x", "1.0", "他不生气", "less angry", "without anger", "sounds unclear, maybe fear", "{}", "/", "male",
)  # fmt: skip


@pytest.mark.parametrize(("emotion", "label"), [(name, label) for name, labels in SPELT.items() for label in labels])
def test_spellings_are_read_as_they_are(emotion: str, label: str) -> None:
    found = read_emotion(label)
    assert found is not None
    assert (found.emotions, found.guess) == ({emotion}, "")


@pytest.mark.parametrize(("emotion", "label"), [(name, label) for name, labels in GUESSED.items() for label in labels])
def test_sentences_are_guessed_at(emotion: str, label: str) -> None:
    found = read_emotion(label)
    assert found is not None
    assert found.emotions == {emotion}
    assert found.guess


@pytest.mark.parametrize("label", UNREAD)
def test_what_would_have_to_be_chosen_is_not_read(label: str) -> None:
    assert read_emotion(label) is None


@pytest.mark.parametrize("label", ["happy/excited", "happiness+excitement", "happy and excited"])
def test_several_emotions_are_what_the_task_counts_them_as(label: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert Labels("it", task_named("emotion4")).class_of(label) == 3
        assert Labels("it", task_named("ahsn")).class_of(label) is None


@pytest.mark.parametrize(
    ("codes", "book", "first"),
    [
        ("A S H U F D C N O X", "MSP-Podcast's letters", "anger"),
        ("W L E A F T N", "EMO-DB's letters", "anger"),
        ("a d f h n sa su", "SAVEE's letters", "anger"),
        ("S A F H W N", "ShEMO's letters", "sadness"),
        ("01 02 03 04 05 06 07 08", "RAVDESS's numbers", "neutral"),
        ("ne an ha sa", "two letters", "neutral"),
        ("A H S N <unk>", "MSP-Podcast's letters", "anger"),
    ],
)
def test_codes_are_read_by_their_book(codes: str, book: str, first: str) -> None:
    labels = codes.split()
    found = read_codes(labels)
    assert found is not None
    assert (found[0][labels[0]], found[1]) == (first, book)


@pytest.mark.parametrize("codes", ["A F N", "A", "0 1 2 3", "A H S N cheese", "N A F"])
def test_codes_of_no_book_or_of_two_are_not_read(codes: str) -> None:
    assert read_codes(codes.split()) is None


class Listener:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def test_a_guess_is_said_once_for_each_label_and_codes_are_guesses() -> None:
    heard = Listener()
    labels = Labels.given("the model", task_named("ahsn"), (), heard)  # type: ignore[arg-type]
    for _ in range(3):
        labels.of_names(["The speaker sounds angry.", "sad", "An angry voice"])
    assert labels.columns(["A", "H", "S", "N"]) == (0, 1, 2, 3)
    assert len(heard.lines) == 2 + 4
    assert heard.lines[0] == (
        "the model: 'The speaker sounds angry.' is read as anger, a guess: the only emotion in a sentence"
    )
    assert labels.guessed["H"] == "happiness"


def test_very_many_guesses_are_told_of_and_not_one_by_one() -> None:
    heard = Listener()
    labels = Labels.given("the model", task_named("ahsn"), (), heard)  # type: ignore[arg-type]
    labels.of_names([f"{'very ' * n}angry" for n in range(1, 40)])
    assert len(heard.lines) == 20
    assert "further guesses are made alike" in heard.lines[-1]
    assert len(labels.guessed) == 39


def test_where_nobody_listens_a_guess_is_a_warning() -> None:
    with pytest.warns(UserWarning, match="is read as sadness, a guess"):
        rows = Labels("it", task_named("ahsn")).of_names(["They sound sad."])
    assert int(rows.argmax()) == 2


def test_emotion2vec_and_sensevoice_as_they_ship() -> None:
    own = ["生气/angry", "厌恶/disgusted", "恐惧/fearful", "开心/happy", "中立/neutral", "其他/other"]
    own += ["难过/sad", "吃惊/surprised", "<unk>"]
    labels = Labels("it", task_named("ahsn"))
    assert labels.columns(own) == (0, None, None, 1, 3, None, 2, None, None)
    tags = [f"<|{tag}|>" for tag in ("HAPPY", "SAD", "ANGRY", "NEUTRAL", "FEARFUL", "DISGUSTED", "SURPRISED")]
    assert Labels("it", task_named("emotion7")).columns([*tags, "<|EMO_UNKNOWN|>"])[:4] == (3, 5, 0, 4)
    assert labels.guessed == {}


def test_one_letter_alone_is_asked_about() -> None:
    with pytest.raises(UsageError, match=r"none is anger.*labels=NAME\+NAME"):
        Labels("it", task_named("ahsn")).columns(["A", "F", "N"])


def test_the_table_contradicts_itself_nowhere() -> None:
    assert not NOTHING & WHOLE.keys()
    assert all(word == word.casefold() for word in WHOLE)


@given(st.text(max_size=30))
def test_any_text_is_read_or_not(text: str) -> None:
    found = read_emotion(text)
    assert found is None or found.emotions <= set(WHOLE.values())


def test_probabilities_of_guessed_columns_are_the_models() -> None:
    rows = torch.tensor([[0.1, 0.2, 0.3, 0.4]], dtype=torch.float64)
    heard = Listener()
    labels = Labels.given("it", task_named("ahsn"), (), heard)  # type: ignore[arg-type]
    found = labels.of_scores(["N", "S", "H", "A"], rows.log()).exp()
    assert found[0].tolist() == pytest.approx([0.4, 0.3, 0.2, 0.1], rel=1e-5)
