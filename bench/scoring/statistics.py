"""The statistics of scores in one place: intervals and tests that know that utterances of one speaker are alike."""

from __future__ import annotations

from bench.scoring.cluster_variance import cluster_variance as cluster_variance
from bench.scoring.cluster_variance import multiway_variance as multiway_variance
from bench.scoring.comparisons import PairedComparison as PairedComparison
from bench.scoring.comparisons import PValue as PValue
from bench.scoring.comparisons import Untestable as Untestable
from bench.scoring.comparisons import compare as compare
from bench.scoring.differences import difference_interval as difference_interval
from bench.scoring.differences import half_width as half_width
from bench.scoring.intervals import clopper_pearson as clopper_pearson
from bench.scoring.intervals import proportion_interval as proportion_interval
from bench.scoring.intervals import quantiles as quantiles
from bench.scoring.jackknife import jackknife_interval as jackknife_interval
from bench.scoring.joint_flips import SpeakerTest as SpeakerTest
from bench.scoring.joint_flips import westfall_young as westfall_young
from bench.scoring.p_values import holm as holm
from bench.scoring.p_values import paired_t_test as paired_t_test
from bench.scoring.p_values import shown_p as shown_p
from bench.scoring.sign_flip import sign_flip_test as sign_flip_test
