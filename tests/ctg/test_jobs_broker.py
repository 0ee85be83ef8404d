import pytest
from kombu.transport import redis

from ctg.jobs.broker import SparingQoS


@pytest.fixture
def gone():
    """A channel as it is once its connection was lost and collected."""
    channel = redis.Channel.__new__(redis.Channel)
    channel.connection = None
    channel._closing = True
    return channel


def test_channels_use_it():
    assert redis.Channel.QoS is SparingQoS


def test_kombu_still_raises_without_it(gone):
    """When this fails, kombu is mended: ctg.jobs.broker can go."""
    with pytest.raises(AttributeError, match="NoneType"):
        redis.QoS(gone).ack("tag")


def test_nothing_goes_through_a_connection_that_is_gone(gone):
    qos = SparingQoS(gone)
    qos._delivered["tag"] = object()
    qos.ack("tag")
    qos.reject("tag", requeue=True)
    qos.restore_unacked_once()
    assert list(qos._delivered) == ["tag"]
    qos._delivered.clear()


def test_messages_are_acknowledged_as_usual_otherwise(gone, monkeypatch):
    done = []
    gone.connection = type("Transport", (), {"client": object()})
    monkeypatch.setattr(redis.QoS, "ack", lambda self, tag: done.append(("ack", tag)))
    monkeypatch.setattr(redis.QoS, "reject", lambda self, tag, requeue: done.append(("reject", tag, requeue)))
    monkeypatch.setattr(redis.QoS, "restore_unacked_once", lambda self, stderr: done.append(("restore",)))
    qos = SparingQoS(gone)
    qos.ack("a")
    qos.reject("b", requeue=True)
    qos.restore_unacked_once()
    assert done == [("ack", "a"), ("reject", "b", True), ("restore",)]
