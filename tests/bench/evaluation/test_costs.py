"""What a query takes is known from its own kind, then from its victim; from any other it is a guess."""

from __future__ import annotations

from bench.evaluation.costs import Costs, Spent

OWN = "cnn_gru none boundary cpu"


def test_the_nearest_kind_is_taken() -> None:
    assert Costs().seconds_a_query(OWN) == (None, True)
    slow = Costs({"lstm_egemaps none real_noise cpu": Spent(10, 5.0)})
    assert slow.seconds_a_query(OWN) == (0.5, True)
    slow.add("cnn_gru none boundary cuda", 1000, 1.0)
    assert slow.seconds_a_query(OWN)[1], "a GPU says nothing of a processor"
    slow.add("cnn_gru spectral_subtraction + gan white_noise cpu", 100, 1.0)
    assert slow.seconds_a_query(OWN) == (0.01, False)
    slow.add(OWN, 1000, 2.0)
    assert slow.seconds_a_query(OWN) == (0.002, False)


def test_a_kind_of_which_nothing_could_be_asked_says_nothing() -> None:
    assert Costs({OWN: Spent(0, 1.0)}).seconds_a_query(OWN) == (None, True)
