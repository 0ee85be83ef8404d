"""Structured logs, without personal data: no address, no query string, no name; and without what opens a door."""

import re

import structlog
from structlog.typing import EventDict, WrappedLogger


def drop_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Remove what tells who someone is: the IP address, and what was typed in a search."""
    event.pop("ip", None)
    if isinstance(request := event.get("request"), str):
        event["request"] = request.partition("?")[0]
    return event


# Of a signed link (ctg.links), in a path: 32 bytes in base 64.
TOKEN = re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])")


def hide_tokens(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Whoever reads the logs must not come in by them."""
    return {key: TOKEN.sub("…", value) if isinstance(value, str) else value for key, value in event.items()}


def configure_structlog() -> None:
    """Send structlog's events through the standard library's handlers."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            drop_personal_data,
            hide_tokens,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
