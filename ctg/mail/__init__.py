"""Mails: single ones by `send`, mailings by `ctg.mail.services`. They leave from jobs, never from a request."""

from ctg.mail.letters import absolute, one_line, send

__all__ = ["absolute", "one_line", "send"]
