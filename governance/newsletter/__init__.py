"""The newsletter: what happened, the blocks drafted from it, and the letter that they make."""

from governance.newsletter.facts import Drafted, drafted
from governance.newsletter.letter import Letter, letter_of, signature_of
from governance.newsletter.segments import segments_of

__all__ = ["Drafted", "Letter", "drafted", "letter_of", "segments_of", "signature_of"]
