"""Text for the files that are XML inside: what it cannot say is left out."""

import re

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def xml_text(text: str) -> str:
    return FORBIDDEN.sub("", text)
