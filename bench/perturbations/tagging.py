"""Parts of speech, by a tagger that the user chooses."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from bench.core.errors import UsageError

PartOfSpeech = Literal["ADJ", "NOUN"]
"""By the names of Universal Dependencies. A NOUN is a common noun; proper names have a part of speech of their own."""

TEXTBLOB = "textblob"
_SPACY = "spacy:"
_FORM = "textblob, or spacy:NAME with the name or folder of a pipeline that is installed"
_SENTENCE_END = re.compile(r"[.!?…]+['\")\]]*")
_READING = threading.Lock()
_PENN = {"JJ": "ADJ", "JJR": "ADJ", "JJS": "ADJ", "NN": "NOUN", "NNS": "NOUN"}


def check_tagger(where: str, tagger: str) -> None:
    """Refuse a tagger that is not there, without loading anything.

    Args:
        where: the component and its parameter, for the message.
        tagger: "textblob", or "spacy:" and the name or folder of a pipeline.

    Raises:
        UsageError: no tagger is called so, or it is not installed.
    """
    if tagger == TEXTBLOB:
        return
    pipeline = tagger.removeprefix(_SPACY)
    if not tagger.startswith(_SPACY) or not pipeline:
        raise UsageError(where, repr(tagger), _FORM, "leave it out for textblob")
    if find_spec("spacy") is None:
        raise UsageError(where, f"{tagger!r} without spaCy", _FORM, "pip install 'serbench[spacy]' and a pipeline")
    if not Path(pipeline).is_dir() and (not pipeline.isidentifier() or find_spec(pipeline) is None):
        found = f"no spaCy pipeline {pipeline!r}"
        raise UsageError(where, found, _FORM, "for example python -m spacy download en_core_web_sm")


@lru_cache(maxsize=65_536)
def parts_of_speech(tokens: tuple[str, ...], tagger: str = TEXTBLOB) -> tuple[str, ...]:
    """Tag each token of a text with its part of speech; "X" is what is neither an adjective nor a common noun.

    Args:
        tokens: words, punctuation marks and contracted endings ("n't", "'s"), each by itself, as in the Penn treebank.
        tagger: "textblob" (English: a lexicon and rules, from Pattern: De Smedt & Daelemans 2012), or "spacy:NAME".

    Raises:
        UsageError: the pipeline cannot be loaded, or has nothing that tags.

    >>> parts_of_speech(("the", "old", "dog", "barks", "."))
    ('X', 'ADJ', 'NOUN', 'X', 'X')
    """
    if tagger == TEXTBLOB:
        return tuple(tag for sentence in _sentences(tokens) for tag in _textblob(sentence))
    nlp = _pipeline(tagger.removeprefix(_SPACY))
    document = nlp(_document(nlp, tokens))
    if tokens and not any(token.pos for token in document):
        raise UsageError(f"tagger {tagger!r}", "no parts of speech", "a pipeline that tags", "name another one")
    return tuple(token.pos_ if token.pos_ in ("ADJ", "NOUN") else "X" for token in document)


def _sentences(tokens: Sequence[str]) -> list[list[str]]:
    """The tokens of each sentence: the tagger takes a capital within one for a proper name."""
    sentences: list[list[str]] = [[]]
    for token in tokens:
        sentences[-1].append(token)
        if _SENTENCE_END.fullmatch(token):
            sentences.append([])
    return sentences


def _textblob(tokens: list[str]) -> list[str]:
    """`TextBlob(...).tags` would want a download; the parser beneath it has its lexicon inside the package."""
    return [_PENN.get(tag, "X") for _, tag in _parser().find_tags(tokens)]


def _parser() -> Any:
    """The parser with its lexicon read: by one thread, and forgiving it the file that it leaves open."""
    with _READING:
        return _read_parser()


@cache
def _read_parser() -> Any:
    from textblob.en import parser

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        parser.find_tags(["word"])
    return parser


@cache
def _pipeline(name: str) -> Any:
    import spacy

    try:
        return spacy.load(name)
    except (OSError, ValueError) as error:
        where, found = f"spaCy pipeline {name!r}", str(error)
        raise UsageError(where, found, "one that spacy.load takes", "install it again") from error


def _document(nlp: Any, tokens: Sequence[str]) -> Any:
    from spacy.tokens import Doc

    return Doc(nlp.vocab, words=list(tokens))
