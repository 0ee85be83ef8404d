"""What is written to those who are asked to a meeting: who receives what, and the text of each letter."""

from governance.notifications.letters import (
    CALLING,
    Kind,
    Recipients,
    batch_of,
    call_off,
    closes_at,
    invite,
    listed,
    meeting_url,
    recipients,
    send,
    unanswered,
    withdraw,
)
from governance.notifications.texts import preview, write

__all__ = [
    "CALLING",
    "Kind",
    "Recipients",
    "batch_of",
    "call_off",
    "closes_at",
    "invite",
    "listed",
    "meeting_url",
    "preview",
    "recipients",
    "send",
    "unanswered",
    "withdraw",
    "write",
]
