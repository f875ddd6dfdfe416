"""Which tables `bench reproduce` can make, and with what by default: names alone, so that the command starts fast."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Offer:
    """One table, made by the module of its name in `leaderboards.reproduce`.

    Args:
        name: of the command.
        short: what it shows, for the list of commands.
        text: what the command does.
        victims: specs.
        tasks: names that the embedded corpus can serve.
        paper: what the paper tells, in words.
        splits: names.
        options: further options of this command: "defense", "percent", "plot".
    """

    name: str
    short: str
    text: str
    victims: tuple[str, ...]
    tasks: tuple[str, ...]
    paper: str
    splits: tuple[str, ...] = ("k-fold",)
    options: tuple[str, ...] = ()

    @property
    def out(self) -> str:
        """Name the run's folder, where the user names none.

        >>> OFFERS[0].out
        'bench-p1-table1'
        """
        return "bench-" + self.name.replace("_", "-")


P1 = ("activation3", "valence3")
OFFERS = (
    Offer(
        "p1_table1",
        "What each noise costs a victim trained on clean speech.",
        "Run P1's 18 imperceptible noises and print its Table 1, ours beside the published figures.",
        victims=("cnn_gru",),
        tasks=P1,
        paper="P1 has activation3 and valence3.",
        options=("defense",),
    ),
    Offer(
        "p1_table2",
        "How often the decision-boundary attack succeeds, by Corr, Noises and k.",
        "Run P1's attack under its four conditions and print its Table 2, ours beside the published figures.",
        victims=("cnn_gru",),
        tasks=P1,
        paper="P1 does not say which of activation3 and valence3.",
        options=("defense",),
    ),
    Offer(
        "p1_augmentation",
        "What noise-augmented training gains under noise that was left out of it.",
        "Train with all noises but the one that attacks, and print what is gained, beside P1's figures (section 7.2).",
        victims=("cnn_gru",),
        tasks=P1,
        paper="P1 has activation3 and valence3.",
    ),
    Offer(
        "p1_denoising",
        "What RNNoise gains, alone and with augmentation.",
        "Denoise in training and in test, with and without augmentation, and say what P1's section 7.3 says of it.",
        victims=("cnn_gru",),
        tasks=P1,
        paper="P1 has activation3 and valence3.",
    ),
    Offer(
        "p2_figure1",
        "Error against the strength of real noise, and how often it fools.",
        "Add café, meeting and station noise at ε from 0.1 to 2, and print the ends of P2's Figure 1 beside ours.",
        victims=("lstm_egemaps",),
        tasks=("valence2",),
        paper="P2 has valence2.",
    ),
    Offer(
        "p2_adversarial_training",
        "Error against the share of adversarial examples in training.",
        "Train with 10 to 100 % adversarial examples, and print and draw P2's Figure 2.",
        victims=("lstm_egemaps",),
        tasks=("valence2",),
        paper="P2 has valence2.",
        options=("percent", "plot"),
    ),
    Offer(
        "p2_defences",
        "Random noise, adversarial training and a GAN against real noise.",
        "Defend against café, meeting and station noise in P2's three ways: its Tables 2 and 3, and Figure 3.",
        victims=("lstm_egemaps",),
        tasks=("valence2",),
        paper="P2 has valence2.",
    ),
    Offer(
        "p3_fusion",
        "What masked words and a moved pitch cost, with and without fusion.",
        "Set a victim that reads and one that hears beside their fusion: P3's Tables 3 to 6.",
        victims=("bert_text", "cnn_gru"),
        tasks=("ahsn",),
        paper="P3 has emotion4, of IEMOCAP.",
    ),
    Offer(
        "p4_mixup",
        "Training on clean speech and with noise mix-up, on four test sets.",
        "Train on clean speech and with noise mix-up, and test on clean and noisy speech: P4's Tables 5 and 6.",
        victims=("alexnet_spectrogram",),
        tasks=("ahsn",),
        paper="P4 has ahsn and aesn, of IEMOCAP.",
        splits=("random-blocks", "blocks"),
    ),
    Offer(
        "p4_figure6",
        "Noise mix-up beside multi-condition training, on three noisy test sets.",
        "Train with noise mix-up and with other sounds at other levels, and test on noisy speech: P4's Figure 6.",
        victims=("alexnet_spectrogram",),
        tasks=("ahsn",),
        paper="P4 has ahsn, of IEMOCAP.",
        splits=("random-blocks", "blocks"),
    ),
)
"""In the order of the papers."""
