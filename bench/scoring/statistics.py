"""The statistics of scores in one place: intervals and tests that know that utterances of one speaker are alike."""

from __future__ import annotations

from bench.scoring.inference.cluster_variance import cluster_variance as cluster_variance
from bench.scoring.inference.cluster_variance import multiway_variance as multiway_variance
from bench.scoring.inference.comparisons import PairedComparison as PairedComparison
from bench.scoring.inference.comparisons import PValue as PValue
from bench.scoring.inference.comparisons import Untestable as Untestable
from bench.scoring.inference.comparisons import compare as compare
from bench.scoring.inference.differences import difference_interval as difference_interval
from bench.scoring.inference.intervals import clopper_pearson as clopper_pearson
from bench.scoring.inference.intervals import proportion_interval as proportion_interval
from bench.scoring.inference.intervals import quantiles as quantiles
from bench.scoring.inference.jackknife import jackknife_interval as jackknife_interval
from bench.scoring.inference.joint_flips import SpeakerTest as SpeakerTest
from bench.scoring.inference.joint_flips import westfall_young as westfall_young
from bench.scoring.inference.p_values import holm as holm
from bench.scoring.inference.p_values import paired_t_test as paired_t_test
from bench.scoring.inference.p_values import shown_p as shown_p
from bench.scoring.inference.sign_flip import sign_flip_test as sign_flip_test
