"""A real mail server in a thread, with a temper; and the letters that tests send to it."""

import asyncio
import email
import email.policy
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage as Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiosmtpd.controller import Controller
from django.core.mail import EmailMessage
from django.db import connection

from ctg.jobs import locks
from ctg.mail.models import Envelope

ROOT = Path(__file__).resolve().parents[2]
KIND = "tests.letter"


def write(object_id: int, envelope: Envelope) -> EmailMessage:
    return EmailMessage(f"Lettre {object_id}", f"Bonjour {envelope.name},")


class Sink:
    """Keeps what it accepts. `on_rcpt` and `on_data` may answer otherwise, wait, or break the line.

    Either takes the address and the number of messages accepted so far.
    """

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.connections = 0
        # So many are there before « meet » lets any go on.
        self.met = 2
        self.waiting = threading.Event()
        self.on_rcpt: Callable[[str, int], str | None] = lambda address, number: None
        self.on_data: Callable[[str, int], str | None] = lambda address, number: None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self) -> None:
        self.controller.stop()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = await self._temper(server, self.on_rcpt(address, len(self.received)))
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = self.on_data(envelope.rcpt_tos[0], len(self.received))
        if answer is None or answer.startswith("accept and "):
            self.received += [(address, envelope.content) for address in envelope.rcpt_tos]
        return await self._temper(server, answer and answer.removeprefix("accept and ")) or "250 OK"

    async def _temper(self, server, answer: str | None) -> str | None:
        if answer == "wait":
            self.waiting.set()
            await asyncio.sleep(60)
        if answer == "meet":  # each waits until the others are there
            while self.connections < self.met:  # noqa: ASYNC110 - simplest
                await asyncio.sleep(0.01)
            return None
        if answer in ("break", "die"):
            if answer == "die":
                self.controller.server.close()
            server.transport.abort()
            await asyncio.sleep(60)
        return answer

    def copies(self) -> Counter[str]:
        return Counter(address for address, _ in self.received)

    def messages(self) -> list[Message]:
        return [
            email.message_from_bytes(content, policy=email.policy.default) for _, content in self.received
        ]


FAR = """
import asyncio, sys
from aiosmtpd.smtp import SMTP

log, first, pause = open(sys.argv[1], "a", buffering=1), open(sys.argv[2], "wb"), float(sys.argv[3])

class Handler:
    async def handle_DATA(self, server, session, envelope):
        log.write(f"{envelope.rcpt_tos[0]}\\n")
        if not first.closed:
            first.write(envelope.content)
            first.close()
        if pause:
            await asyncio.sleep(pause)
        return "250 OK"

async def main():
    loop, handler = asyncio.get_running_loop(), Handler()
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


class FarSink:
    """A mail server in a process of its own, which keeps the addresses of what it accepts, and the first message.

    `pause`: seconds between a message and the answer to it.
    """

    def __init__(self, folder: Path, pause: float = 0) -> None:
        self.log, self.first = folder / "sink.log", folder / "sink.eml"
        command = [sys.executable, "-c", FAR, str(self.log), str(self.first), str(pause)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()

    def copies(self) -> Counter[str]:
        return Counter(self.log.read_text().split())


WORKER = """
import sys, django
django.setup()
from django.conf import settings
settings.EMAIL_BACKEND = "ctg.mail.server.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(sys.argv[2])
from ctg.jobs.runner import run_job
from ctg.mail.services import register_writer
from ctg.mail.delivery import deliver
from tests.ctg.sink import KIND, write
register_writer(KIND, write)
run_job(int(sys.argv[1]), deliver.function)
"""


def worker(job_id: int, sink: Sink | FarSink, script: str = WORKER, **options: Any) -> subprocess.Popen:
    """A worker in a process of its own, sending the batch of this job to the sink."""
    command = [sys.executable, "-c", script, str(job_id), str(sink.port)]
    return subprocess.Popen(command, cwd=ROOT, env=environment(), **options)


def environment() -> dict[str, str]:
    """Of a process on the database of the tests."""
    params = connection.get_connection_params()
    named = {key: params[key] for key in ("host", "port", "user", "password") if params.get(key)}
    return os.environ | {
        "DATABASE_URL": f"postgresql:///{params['dbname']}?{urlencode(named)}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }


def kill_when_waiting(process: subprocess.Popen, sink: Sink) -> None:
    """In the middle of a dialogue."""
    assert sink.waiting.wait(20)
    sink.waiting.clear()
    kill(process)


def kill(*workers: subprocess.Popen) -> int:
    """kill -9 of those that live, once the database has seen them go. Returns how many."""
    living = [process for process in workers if process.poll() is None]
    for process in living:
        process.send_signal(signal.SIGKILL)
    for process in workers:
        process.wait()
    until = time.monotonic() + 5
    while locks.held_keys() and time.monotonic() < until:
        time.sleep(0.02)
    return len(living)
