"""Run the trial: database, broker, site and workers in one process tree, until Ctrl-C.

PORT chooses the port, RESET=1 starts anew. DATABASE_URL and REDIS_URL name other servers. Everything it keeps
is in CTG_DATA_DIR (var/ by default), its logs in var/log/.
"""

import errno
import fcntl
import hashlib
import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import servers
from servers import Service, tail
from setup import ROOT, Problem, say

DATA = Path(os.environ.get("CTG_DATA_DIR") or ROOT / "var").resolve()
LOGS = DATA / "log"
RUN = DATA / "run"
LOCK = DATA / "essai.lock"  # held while a trial runs; its presence says that RESET=1 may wipe the folder
PREPARED = DATA / "prepared"
NOT_CODE = {"node_modules", "tests", "docs", "var", "__pycache__"}
ACCESS_PATIENCE = 90
# A service that dies is started again, but not twice within this many seconds.
RESTART_INTERVAL = 60


class Stopped(BaseException):
    """Ctrl-C, or a signal that means the same."""


def stop_on_signals() -> None:
    def stop(_number: int, _frame: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # stopping has begun: let it end
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # under nohup it stays ignored
        signal.signal(signal.SIGHUP, stop)


# --- Before starting --------------------------------------------------------------------------------
def chosen_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise Problem(f"PORT={text} n'est pas un numéro de port.")
    return int(text)


def require_free(port: int) -> None:
    """A browser tries ::1 as well as 127.0.0.1 for localhost: neither may belong to another program."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as server:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                server.bind((address, port))
        except OSError as error:
            # A machine without IPv6 is no obstacle.
            if why := {errno.EADDRINUSE: "déjà pris", errno.EACCES: "réservé à root"}.get(error.errno or 0):
                raise Problem(f"Le port {port} est {why} : make demo PORT={port + 1}") from None


def reset() -> None:
    """Remove everything but the lock that we hold."""
    if os.environ.get("DATABASE_URL"):
        raise Problem("RESET=1 n'efface que la base embarquée ; videz vous-même celle de DATABASE_URL.")
    for item in DATA.iterdir():
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        elif item != LOCK:
            item.unlink()


def secret() -> str:
    """The trial's signing key, made once: sessions outlive a restart."""
    path = DATA / "secret_key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text()


def environment(port: int) -> dict[str, str]:
    return {
        **os.environ,
        "DEBUG": "false",
        "HTTPS": "false",
        "SECRET_KEY": secret(),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "BASE_URL": f"http://localhost:{port}",
        "CTG_TRIAL": "true",
        "CTG_OUTBOX": "true",
        "CTG_DATA_DIR": str(DATA),
        "DATABASE_URL": os.environ.get("DATABASE_URL") or servers.database_url(DATA),
        "REDIS_URL": os.environ.get("REDIS_URL") or servers.redis_url(DATA),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
    }


# --- The processes ----------------------------------------------------------------------------------
def embedded_servers() -> list[Service]:
    """The servers that the environment does not name."""
    database = [] if os.environ.get("DATABASE_URL") else [servers.postgres(DATA, LOGS)]
    broker = [] if os.environ.get("REDIS_URL") else [servers.valkey(DATA, LOGS)]
    return [*database, *broker]


def site(port: int, env: dict[str, str]) -> list[Service]:
    """The web server first, then the workers."""

    def service(name: str, file: str, pid_option: str, *command: str) -> Service:
        pidfile, log = RUN / f"{file}.pid", LOGS / f"{file}.log"
        mark = f"{pid_option}={pidfile}"
        return Service(name, [sys.executable, "-m", *command, mark], log, pidfile, mark, env)

    web = ["gunicorn", "ctg.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    web += ["--workers", "2", "--worker-class", "gthread", "--threads", "4"]
    celery = ["celery", "-A", "ctg"]
    worker = [*celery, "worker", "--concurrency=1", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
    # Documents have a worker of their own: one takes minutes and much memory, given back when the child that
    # made it ends, and mails must not wait behind it.
    documents = ["-Q", "documents", "-n", "documents@%h", "--max-tasks-per-child=1"]
    return [
        service("Le site", "web", "--pid", *web),
        service("Le travail de fond", "worker", "--pidfile", *worker, "-Q", "celery", "-n", "celery@%h"),
        service("Le travail des documents", "documents", "--pidfile", *worker, *documents),
        service(
            "Le calendrier des tâches", "beat", "--pidfile", *celery, "beat", f"--schedule={RUN / 'beat'}"
        ),
    ]


# --- The trial --------------------------------------------------------------------------------------
def fingerprint() -> str:
    """Changes when the code, the trial's files or the installed packages do; reads no content."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in NOT_CODE and not name.startswith("."))
        for path in (Path(folder, name) for name in sorted(files)):
            info = path.lstat()
            digest.update(f"{path} {info.st_size} {info.st_mtime_ns}".encode(errors="replace"))
    return digest.hexdigest()


def manage(env: dict[str, str], *arguments: str) -> str:
    """Run a management command; what it prints is returned and logged."""
    command, log = [sys.executable, "manage.py", *arguments], LOGS / "prepare.log"
    with log.open("ab") as file:
        done = subprocess.run(command, check=False, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=file)
        file.write(done.stdout)
    if done.returncode:
        raise Problem(f"« manage.py {' '.join(arguments)} » a échoué :\n{tail(log, 25)}")
    return done.stdout.decode(errors="replace")


def prepare(env: dict[str, str]) -> str:
    """Bring the database and the served files up to date, unless nothing changed; return the accounts."""
    now = fingerprint()
    # Someone else may have emptied another server's database: there, always.
    if PREPARED.exists() and not os.environ.get("DATABASE_URL"):
        before, _, accounts = PREPARED.read_text().partition("\n")
        if before == now:
            return accounts
    say("Préparation de la base et des données d'essai…")
    manage(env, "migrate", "--noinput")
    manage(env, "load_reference")
    manage(env, "load_trial")
    manage(env, "collectstatic", "--noinput", "--clear")
    accounts = manage(env, "load_trial", "--accounts").strip()
    PREPARED.write_text(f"{now}\n{accounts}")
    return accounts


def wait_for_site(port: int, web: Service) -> None:
    deadline = time.monotonic() + ACCESS_PATIENCE
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/sante/pret")
            if (answer := connection.getresponse()).status == 200:
                return
            reason = f"/sante/pret répond {answer.status}"
        except OSError as error:
            reason = str(error)
        if not web.running() or time.monotonic() > deadline:
            raise Problem(f"Le site ne répond pas ({reason}) :\n{tail(web.log)}")
        time.sleep(0.05)


def watch(services: list[Service]) -> None:
    """Start again, once, a service that dies; give up when it dies again soon after."""
    restarted: dict[str, float] = {}
    while True:
        for service in [service for service in services if not service.running()]:
            told = f"{service.name} s'est arrêté. Fin de {service.log} :\n{tail(service.log)}"
            now = time.monotonic()
            if now - restarted.get(service.name, float("-inf")) < RESTART_INTERVAL:
                raise Problem(f"Pour la deuxième fois, {told}")
            say(f"Redémarrage : {told}")
            restarted[service.name] = now
            servers.stop_all([service])
            service.start()
        time.sleep(0.5)


def run(port: int) -> None:
    for folder in (LOGS, RUN):
        folder.mkdir(exist_ok=True)
    for log in LOGS.glob("*.log"):  # the logs of the run before are kept, no more
        log.replace(log.with_suffix(".previous"))
    env = environment(port)
    embedded, (web, *workers) = embedded_servers(), site(port, env)
    services = [*embedded, web, *workers]
    try:
        for server in embedded:
            server.start()
            server.wait()
        accounts = prepare(env)
        web.start()
        wait_for_site(port, web)
        for worker in workers:  # after the first page, which need not share the processor with them
            worker.start()
        say(f"\n{accounts}\n\nL'essai est prêt : http://localhost:{port}/")
        say(f"Ses données et ses journaux sont dans {DATA}. Ctrl-C arrête tout.")
        watch(services)
    finally:
        say("Arrêt…")
        servers.stop_all([web, *workers])
        servers.stop_all(embedded)


def main() -> None:
    port = chosen_port()
    if DATA.is_dir() and any(DATA.iterdir()) and not LOCK.exists() and DATA != ROOT / "var":
        raise Problem(f"{DATA} contient autre chose qu'un essai : choisissez un autre CTG_DATA_DIR.")
    DATA.mkdir(parents=True, exist_ok=True)
    with LOCK.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(f"Un essai tourne déjà avec les données de {DATA}.") from None
        stop_on_signals()
        # A launcher that was killed may have left servers behind, and they hold the port and the data.
        for service in [*site(port, {}), *embedded_servers()]:
            service.stop_leftover()
        require_free(port)
        if os.environ.get("RESET") == "1":
            reset()
        run(port)


if __name__ == "__main__":
    try:
        main()
    except Stopped:
        pass
    except PermissionError as error:
        sys.exit(f"Arrêt. Accès refusé ({error.filename or error}) : un essai d'un autre utilisateur ?")
    except Problem as problem:
        sys.exit(f"Arrêt. {problem}")
