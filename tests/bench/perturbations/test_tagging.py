"""Parts of speech, and which words there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import MASK, Heard, UsageError
from bench.perturbations.tagging import check_tagger, parts_of_speech
from bench.perturbations.word_masking import hide, parts_of, words_of

ADJECTIVES = [
    ("I am so happy today.", ["happy"]),
    ("What a terrible, terrible idea!", ["terrible", "terrible"]),
    ("Her old mother is sick and lonely.", ["old", "sick", "lonely"]),
    ("That's great. Beautiful weather we're having.", ["great", "Beautiful"]),
    ("He runs.", []),
]
NOUNS = [
    ("The dog ate my homework.", ["dog", "homework"]),
    ("My brother's car was stolen by two men.", ["brother", "car", "men"]),
    ("They are leaving.", []),
]


def found(sentence: str, part: str, tagger: str = "textblob") -> list[str]:
    pairs = zip(words_of(sentence), parts_of(sentence, tagger), strict=True)
    return [sentence[word.start : word.end] for word, tag in pairs if tag == part]


@pytest.mark.parametrize(("sentence", "adjectives"), ADJECTIVES)
def test_adjectives_are_found(sentence: str, adjectives: list[str]) -> None:
    assert found(sentence, "ADJ") == adjectives


@pytest.mark.parametrize(("sentence", "nouns"), NOUNS)
def test_nouns_are_found(sentence: str, nouns: list[str]) -> None:
    assert found(sentence, "NOUN") == nouns


def test_a_proper_name_is_no_noun() -> None:
    assert found("London is far from Michael.", "NOUN") == []


def test_what_stands_in_brackets_or_is_hidden_is_no_word() -> None:
    text = f"{MASK}'s old [LAUGHTER], (really) {MASK}!"
    assert [text[word.start : word.end] for word in words_of(text)] == ["old", "really"]


def test_nothing_said_nothing_tagged() -> None:
    assert parts_of("", "textblob") == parts_of(" -- ... ", "textblob") == parts_of_speech(()) == ()


def test_nothing_chosen_nothing_hidden() -> None:
    import torch

    said = Heard(torch.zeros(1), "a", transcript="The  old\tdog's — tired.")
    assert hide(said, ()).transcript == said.transcript
    assert hide(said, (0, 2)).transcript == f"{MASK}  old\t{MASK}'s — tired."


@pytest.mark.parametrize("tagger", ["nltk", "spacy", "spacy:", "spacy:no_such_pipeline", "spacy:no/such/folder", ""])
def test_a_tagger_that_is_not_there_is_named(tagger: str) -> None:
    with pytest.raises(UsageError, match="parameter 'tagger'"):
        check_tagger("attack 'mask_nouns', parameter 'tagger'", tagger)


class TestSpacy:
    """With spaCy: pipelines that are made here."""

    def test_a_pipeline_s_tags_are_taken(self, tmp_path: Path) -> None:
        spacy = pytest.importorskip("spacy", reason="the extra `spacy`")
        nlp = spacy.blank("en")
        ruler = nlp.add_pipe("attribute_ruler")
        ruler.add([[{"LOWER": "old"}]], {"POS": "ADJ"})
        ruler.add([[{"LOWER": "dog"}]], {"POS": "NOUN"})
        nlp.to_disk(tmp_path / "pipeline")
        tagger = f"spacy:{tmp_path / 'pipeline'}"
        check_tagger("here", tagger)
        assert found("The old dog's tired, old dog!", "ADJ", tagger) == ["old", "old"]
        assert found("The old dog's tired, old dog!", "NOUN", tagger) == ["dog", "dog"]

    def test_a_pipeline_that_tags_nothing_is_named(self, tmp_path: Path) -> None:
        spacy = pytest.importorskip("spacy", reason="the extra `spacy`")
        spacy.blank("en").to_disk(tmp_path / "blank")
        with pytest.raises(UsageError, match="no parts of speech"):
            parts_of("a dog", f"spacy:{tmp_path / 'blank'}")

    def test_a_folder_that_is_no_pipeline_is_named(self, tmp_path: Path) -> None:
        pytest.importorskip("spacy", reason="the extra `spacy`")
        with pytest.raises(UsageError, match=r"meta\.json"):
            parts_of("a dog", f"spacy:{tmp_path}")
