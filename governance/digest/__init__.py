"""The digest of a member: what others changed in their fiches, what they owe, the meetings to come."""

from governance.digest.letter import message_of
from governance.digest.reading import Digest, conventions_of, read_digest

__all__ = ["Digest", "conventions_of", "message_of", "read_digest"]
