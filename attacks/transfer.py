"""An attack by one who knows of no defence: what fools the bare victim, brought to the defended one."""

from __future__ import annotations

from dataclasses import dataclass

from bench import AttackTools, Heard, Rng, Steps, Traits, inner_spec


@dataclass(frozen=True)
class Transfer:
    """Another attack's best candidate against the bare victim, brought to the defended one (transfer); asks once.

    The attacker has a copy of the bare victim, trained as it was with the same seed, and searches on that with the same
    budget. Of each search the first candidate that counts as a success is brought, else the last that fooled the
    victim, else the last one tried. A defence that lowers this and not `boundary`, which asks the defended victim
    itself, holds only against those who do not know of it.

    Against the bare victim it is as successful as the other attack, at one query.

    Args:
        attack: the spec of the attack on the bare victim; a comma between its parameters is doubled:
            `transfer:attack=boundary:corr=true,,step_db=2`.
    """

    attack: str = "boundary"

    @property
    def traits(self) -> Traits:
        """Declare the attack on the bare victim, and that what it finds is brought.

        >>> Transfer("boundary:corr=true,step_db=2").traits.made_of
        (('attacks', 'boundary:corr=true,step_db=2'),)
        """
        return Traits(asks_once=True, transfers=True, made_of=(("attacks", inner_spec(self.attack)),))

    def search(self, original: Heard, tools: AttackTools, rng: Rng) -> Steps:
        """Yield what was found for this utterance."""
        if tools.transferred is not None:
            yield tools.transferred
