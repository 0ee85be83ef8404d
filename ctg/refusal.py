"""What a service answers when the rules forbid an act."""


class Refused(Exception):  # noqa: N818 - an answer, not a failure
    """What the rules forbid. `field` names what it is about; the text is for the person, in French."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
