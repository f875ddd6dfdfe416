"""Sound as batched tensors: mixing at an SNR, spectra, stretching. Knows nothing of attacks."""

from bench.audio.signal.mel import MelSettings as MelSettings
from bench.audio.signal.mel import frame_counts as frame_counts
from bench.audio.signal.mel import log_mel as log_mel
from bench.audio.signal.mixing import energy as energy
from bench.audio.signal.mixing import fit_length as fit_length
from bench.audio.signal.mixing import mix as mix
from bench.audio.signal.mixing import noise_gain as noise_gain
from bench.audio.signal.mixing import snr_db as snr_db
from bench.audio.signal.stretch import shift_pitch as shift_pitch
from bench.audio.signal.stretch import shift_pitch_by_librosa as shift_pitch_by_librosa
from bench.audio.signal.stretch import stretch as stretch
