"""The pack of a committee: what its members read before a meeting, as a page, a PDF and slides.

`reading` reads everything once into `data`, `changes` says what an élu should hear of, `document` and `slides` write it,
`build` keeps the three together. What a pack holds is what any member may read, whoever asked for it.
"""

from governance.pack.build import default_since, make_pack

__all__ = ["default_since", "make_pack"]
