"""How models and corpora spell emotions: data for [`bench.modelling.pretrained.reading`][], in one place."""

from __future__ import annotations

from bench.data.corpora.manifest import SPELLINGS

_ENGLISH = {
    "anger": "anger angry angrily mad enraged furious rage",
    "boredom": "boredom bored",
    "calm": "calm calmly calmness",
    "contempt": "contempt contemptuous scorn",
    "disgust": "disgust disgusted disgusting",
    "excitement": "excitement excited excitedly excite",
    "fear": "fear fearful afraid scared frightened terrified",
    "frustration": "frustration frustrated frustrating",
    "happiness": "happiness happy happily joy joyful joyous cheerful",
    "neutral": "neutral neutrality neutrally unemotional emotionless",
    "sadness": "sadness sad sadly sorrow sorrowful",
    "surprise": "surprise surprised astonished astonishment",
}

_CJK = {
    "anger": "生气 愤怒 生氣 憤怒 怒り 분노 화남",
    "boredom": "无聊 無聊 退屈",
    "contempt": "轻蔑 輕蔑 軽蔑",
    "disgust": "厌恶 厭惡 嫌悪 혐오",
    "excitement": "兴奋 興奮",
    "fear": "恐惧 恐懼 害怕 恐怖 恐れ 공포 두려움",
    "frustration": "沮丧 沮喪",
    "happiness": "开心 高兴 快乐 喜悦 開心 高興 快樂 喜び 행복 기쁨",
    "neutral": "中立 中性 중립",
    "sadness": "难过 悲伤 伤心 難過 悲傷 傷心 悲しみ 슬픔",
    "surprise": "吃惊 惊讶 惊奇 吃驚 驚訝 驚き 놀람",
}

_OTHERS = {
    "anger": "ärger wut zorn wütend colère fâché ira enojo enfado enojado enfadado rabbia raiva "
    "öfke kızgın злость гнев boos woede złość gniew غضب خشم عصبانیت θυμός marah क्रोध गुस्सा 怒 😠 😡",
    "boredom": "langeweile gelangweilt aburrimiento noia tédio verveling",
    "calm": "ruhig calme calma tranquilo спокойствие",
    "contempt": "verachtung mépris desprecio disprezzo",
    "disgust": "ekel dégoût asco disgusto nojo iğrenme отвращение walging wstręt اشمئزاز αηδία jijik 🤢",
    "excitement": "aufgeregt excité emocionado",
    "fear": "angst ängstlich furcht peur miedo paura medo korku страх strach خوف ترس φόβος takut 😨 😰",
    "happiness": "freude glücklich fröhlich joie heureux heureuse alegría felicidad feliz gioia felice felicità "
    "alegria mutlu mutluluk радость счастье blij radość سعادة فرح شادی χαρά senang खुशी 喜 😀 😊 😄",
    "neutral": "neutre neutro neutrale nötr нейтрально нейтральный neutraal "
    "neutralny محايد خنثی ουδέτερο netral 平静 😐",
    "sadness": "trauer traurig traurigkeit tristesse triste tristeza tristezza üzgün üzüntü грусть печаль verdrietig "
    "smutek حزن غم λύπη sedih 悲 😔 😢",
    "surprise": "überraschung überrascht surpris sorpresa sorprendido surpresa удивление verrast "
    "zaskoczenie مفاجأة تعجب έκπληξη terkejut 😮 😲",
}

_CODES = {
    "anger": "rab",
    "fear": "pau",
    "happiness": "gio",
    "neutral": "norm",
    "sadness": "tri",
    "surprise": "ps sor",
}
"""Beside those of a corpus's table: EMOVO's Italian ones, and TESS's "ps", a pleasant surprise."""

_PHRASES = {
    "neutral": ("no emotion", "without emotion", "no particular emotion"),
    "surprise": ("pleasant surprise", "pleasant surprised", "pleasantly surprised"),
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _by_word(*tables: dict[str, str]) -> dict[str, str]:
    return {word.casefold(): emotion for table in tables for emotion, words in table.items() for word in words.split()}


IN_ENGLISH = _by_word(_ENGLISH)
"""The emotion by an English word for it; read within a sentence too."""

IN_CJK = _by_word(_CJK)
"""The emotion by a Chinese, Japanese or Korean word for it; found within a sentence that has no spaces."""

WHOLE = {
    **_by_word(SPELLINGS, _CODES, _OTHERS, _CJK, _ENGLISH),
    **{name: name for name in SPELLINGS},
    **{phrase: emotion for emotion, phrases in _PHRASES.items() for phrase in phrases},
}
"""The emotion by everything that may be a whole label: words, codes and signs; lower-case."""

NOTHING = _words(
    "other others oth unknown unk unknow none xxx garbage ambiguous mixed undefined undetermined unspecified nan "
    "noise silence music 其他 其它 未知 他 기타"
)
"""Labels that are no emotion: nothing that stands beside one of them is believed."""

FILLING = _words(
    "emotion emotions emotional emo state label class category classification prediction predicted result answer tone "
    "mood voice speech speaker affect feeling sentiment expression male female man woman boy girl m f score confidence "
    "primary main dominant detected "
    "情感 情绪 情緒 感情 감정 text value name"
)
"""Words beside an emotion that say nothing about which."""

DOUBT = _words(
    "not no nor neither never without hardly barely lack lacks lacking less than instead rather unlike unable cannot "
    "can't cant couldn't could unclear unsure uncertain whether if isn't doesn't don't didn't wasn't aren't "
    "free devoid nicht kein keine pas sin non niet"
)
"""Words that may turn a sentence round, or say that it is none: a sentence that has one is not read."""

CJK_DOUBT = ("不", "没", "沒", "非", "无法", "無法", "ない", "ません", "않", "아니", "吗", "嗎")
"""The same in Chinese, Japanese and Korean."""

COURTESY = ("happy to help", "happy to assist", "afraid i", "i'm afraid", "i am afraid", "be happy", "was happy")
"""What an assistant says of itself."""

CODE_BOOKS: dict[str, dict[str, str]] = {
    "MSP-Podcast's letters": {
        **{"a": "anger", "s": "sadness", "h": "happiness", "u": "surprise", "f": "fear", "d": "disgust"},
        **{"c": "contempt", "n": "neutral", "o": "", "x": ""},
    },
    "EMO-DB's letters": {
        **{"w": "anger", "l": "boredom", "e": "disgust", "a": "fear", "f": "happiness", "t": "sadness"},
        "n": "neutral",
    },
    "SAVEE's letters": {
        **{"a": "anger", "d": "disgust", "f": "fear", "h": "happiness", "n": "neutral", "sa": "sadness"},
        "su": "surprise",
    },
    "ShEMO's letters": {
        **{"a": "anger", "f": "fear", "h": "happiness", "s": "sadness", "w": "surprise", "n": "neutral"},
    },
    "two letters": {
        **{"an": "anger", "di": "disgust", "fe": "fear", "ha": "happiness", "ne": "neutral", "sa": "sadness"},
        **{"su": "surprise", "ca": "calm", "bo": "boredom", "ex": "excitement", "fr": "frustration"},
    },
    "RAVDESS's numbers": {
        **{"01": "neutral", "02": "calm", "03": "happiness", "04": "sadness", "05": "anger", "06": "fear"},
        **{"07": "disgust", "08": "surprise"},
    },
}
"""Codes of one or two letters, by whose they are. A code alone says nothing ("A" is anger or Angst): all labels of a
model together say which book they are from. An empty emotion is none."""
