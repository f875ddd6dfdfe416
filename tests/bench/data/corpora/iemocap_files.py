"""A tiny copy of IEMOCAP in the published layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.core.showing.progress import Silent
from bench.core.types import Dataset, Utterance
from bench.data.corpora.iemocap import Iemocap

HEAD = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]"
EVALUATION = f"""{HEAD}

[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 3.5000, 1.5000]
C-E2:\tNeutral;\t()
C-E3:\tNeutral; Frustration;\t()
C-F1:\tNeutral;\t(curious)
A-E3:\tval 3; act 2; dom  2;\t()
A-E4:\tval 2; act 3; dom  ;\t(mildly aggravated
but staying polite)
A-E4:\tval 3; act 3; dom 1;\t()

[10.0100 - 11.3925]\tSes01F_impro01_M000\txxx\t[5.5000, 3.0000, 0.5000]
C-E2:\tAnger;\t()
C-E3:\tNeutral;\t()

"""
TRANSCRIPT = (
    b"Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me, na\xefve\x85 caf\xe9.\r\n"
    b"M: [LAUGHTER]\r\n"
    b"Ses01F_impro01_FXX0 [009.1000-009.4000]: Mm-hmm.\r\n\r\n"
    b"Ses01F_impro01_M000 [010.0100-011.3925]: Do you have your forms?\r\n"
)
WDSEG = """\t SFrm  EFrm    SegAScr Word
\t    0     3    -105513 <s>
\t    4    11    -181274 EXCUSE(2)
\t   12    13    -181274 <sil>
\t   14    15    -181274 ++LAUGHTER++
\t   16    20    -116920 ME
\t   21    22    -145946 </s>
 Total score:    -549654
"""
PHSEG = """\t SFrm  EFrm    SegAScr Phone
\t    0     3     -68519 SIL
\t    4     6    -118353 EH K S b
\t    7    11    -118353 K EH S e
\t   12    13     -68519 SIL
\t   14    15     -68519 +LAUGH+
\t   16    18    -118353 M SIL IY b
\t   19    20    -118353 IY M SIL e
\t   21    22     -68519 SIL
 Total score:    -549654
"""
DIALOGS = [f"Ses0{session}{first}_impro0{session}" for session in range(2, 6) for first in "MF"]


def put(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("latin-1") if isinstance(content, str) else content)


def evaluation(release: Path, dialog: str) -> Path:
    return release / f"Session{dialog[4]}" / "dialog" / "EmoEvaluation" / f"{dialog}.txt"


def wav(release: Path, utterance: str) -> Path:
    dialog = utterance.rpartition("_")[0]
    return release / f"Session{dialog[4]}" / "sentences" / "wav" / dialog / f"{utterance}.wav"


def turn(utterance: str, label: str, ratings: str = "3.0000, 3.0000, 3.0000") -> str:
    return f"[0.0000 - 1.0000]\t{utterance}\t{label}\t[{ratings}]\n"


def made_release(tmp_path: Path, sound: Callable, strays: Callable) -> Path:
    """Session 1 with a rich dialogue and a scripted one, four sessions with two dialogues of one turn each."""
    release = tmp_path / "IEMOCAP_full_release"
    one = release / "Session1"
    put(evaluation(release, "Ses01F_impro01"), EVALUATION.replace("\n", "\r\n"))
    put(one / "dialog" / "transcriptions" / "Ses01F_impro01.txt", TRANSCRIPT)
    alignment = one / "sentences" / "ForcedAlignment" / "Ses01F_impro01"
    put(alignment / "Ses01F_impro01_F000.wdseg", WDSEG)
    put(alignment / "Ses01F_impro01_F000.phseg", PHSEG)
    sound(wav(release, "Ses01F_impro01_F000"), 200.0, 0.25)
    sound(wav(release, "Ses01F_impro01_M000"), 210.0, 0.25)
    put(evaluation(release, "Ses01M_script01_1b"), f"{HEAD}\n\n" + turn("Ses01M_script01_1b_F003", "ang"))
    sound(wav(release, "Ses01M_script01_1b_F003"), 220.0, 0.25)
    for index, dialog in enumerate(DIALOGS):
        put(evaluation(release, dialog), f"{HEAD}\n\n" + turn(f"{dialog}_M001", "sad"))
        sound(wav(release, f"{dialog}_M001"), 230.0 + 10.0 * index, 0.25)
    strays(
        evaluation(release, "._Ses01F_impro01"),
        one / "dialog" / "EmoEvaluation" / "Attribute" / "Ses01F_impro01_e3_atr.txt",
        one / "dialog" / "EmoEvaluation" / "Categorical" / "Ses01F_impro01_e2_cat.txt",
        one / "sentences" / "wav" / "._Ses01F_impro01",
        wav(release, "Ses01F_impro01_F000").with_name("._Ses01F_impro01_F000.wav"),
        wav(release, "Ses01F_impro01_F000").with_name("Ses01F_impro01_F000.wav.pk"),
        one / "sentences" / "wav" / ".DS_Store",
        one / "dialog" / "transcriptions" / "._Ses01F_impro01.txt",
        alignment / "._Ses01F_impro01_F000.wdseg",
        release / "Documentation" / "phonemes.txt",
        release / "README.txt",
    )
    return release


def read(root: Path | None) -> Dataset:
    return Iemocap(root).read(Silent())


def by_id(root: Path) -> dict[str, Utterance]:
    return {utterance.id: utterance for utterance in read(root).utterances}


def change(path: Path, old: str, new: str) -> None:
    content = path.read_bytes()
    assert old.encode() in content
    path.write_bytes(content.replace(old.encode(), new.encode()))
