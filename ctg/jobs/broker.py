"""What keeps a worker alive when the broker goes away in the middle of a job."""

from typing import Any

from kombu.transport import redis


class SparingQoS(redis.QoS):
    """Acknowledges and gives back messages, except through a connection that is already gone.

    With kombu 5.7, a broker lost while a job runs makes the worker give its message back, then acknowledge it,
    through the closed connection: AttributeError, « Unrecoverable error », and the worker exits. Nothing is
    lost by keeping quiet: the broker delivers the message again, and a second delivery of a job does nothing.
    """

    def _is_gone(self) -> bool:
        connection = self.channel.connection
        return connection is None or connection.client is None

    def ack(self, delivery_tag: str) -> None:
        if not self._is_gone():
            super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        if not self._is_gone():
            super().reject(delivery_tag, requeue=requeue)

    def restore_unacked_once(self, stderr: Any = None) -> None:
        if not self._is_gone():
            super().restore_unacked_once(stderr=stderr)


def spare_workers() -> None:
    redis.Channel.QoS = SparingQoS
