"""Prepare this machine for `make demo`, `test`, `check` or `bench`; a second run has nothing to do.

Standard library only: it runs with the system's Python, before anything is installed. What it installs:
the virtual environment from a hashed lock, WeasyPrint's system libraries, the front-end packages and, for
the tests on Debian, Chromium. What it may not install itself, it names in one line.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
LOCKS = ROOT / "requirements"
JOURNEYS = ROOT / "tests" / "journeys"

# Library that WeasyPrint loads → Debian package that holds it. Without harfbuzz-subset it still works, but
# writes a page nine times slower.
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
# What the Node inside playwright loads, to drive a browser.
DRIVER_LIBRARIES = {"libatomic.so.1": "libatomic1"}
BROWSERS = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
NODE_MIN, NPM_MIN = 18, 9


class Problem(Exception):  # noqa: N818 - not always somebody's error
    """Something the person at the keyboard must do; its text is the whole message."""


def say(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone
        print(text, flush=True)


def run(command: list[str], doing: str, env: dict[str, str] | None = None) -> None:
    """Run quietly; when it fails, stop with the end of what it printed."""
    done = subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-15:])
        raise Problem(f"{doing} : échec de « {' '.join(command[:6])} »\n{tail}")


def output(command: list[str]) -> str | None:
    """What a command prints, or None when it is missing, fails or hangs."""
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


class Stamp:
    """Remembers which content of some files was installed, so that it is installed once."""

    def __init__(self, path: Path, *sources: Path) -> None:
        self.path = path
        self.digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()

    def current(self) -> bool:
        return self.path.is_file() and self.path.read_text() == self.digest

    def write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.digest)


# --- System packages --------------------------------------------------------------------------------
def apt_install(packages: list[str], why: str) -> None:
    """Install Debian packages as root or by a sudo that asks no password; else say what to install."""
    names = " ".join(packages)
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get"):
        raise Problem(f"{why} : installez l'équivalent des paquets Debian {names}, puis relancez.")
    if sudo and output([*sudo, "true"]) is None:
        raise Problem(f"{why} : lancez « sudo apt-get install {names} », puis relancez.")
    say(f"Installation de {names}…")
    # Another apt may be at work on a machine just started: wait for its lock.
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    try:
        run(install, why)
    except Problem:  # the package lists are missing or stale: refresh them once
        run([*apt, "update"], why)
        run(install, why)


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_libraries(libraries: dict[str, str], why: str) -> None:
    if missing := [package for library, package in libraries.items() if not loads(library)]:
        apt_install(missing, why)


def is_snap(path: str) -> bool:
    """A browser in a snap cannot reach our files, and Ubuntu's package is only a pointer to one."""
    with Path(path).open("rb") as file:
        start = file.read(4096)
    return os.path.realpath(path).startswith(("/snap/", "/usr/bin/snap")) or (
        start.startswith(b"#!") and b"/snap/" in start
    )


def find_browser() -> str:
    """The Chromium or Chrome of the journeys, or an empty string. CTG_BROWSER may name it."""
    if given := os.environ.get("CTG_BROWSER"):
        return given
    for name in BROWSERS:
        path = shutil.which(name)
        if path and not is_snap(path) and output([path, "--version"]):
            return path
    return ""


def install_browser() -> None:
    """Get a browser for the journeys. Ubuntu's apt has none but a snap's: there they may be skipped."""
    system = Path("/etc/os-release")
    ids = re.findall(r"^ID(?:_LIKE)?=(.*)$", system.read_text(), re.MULTILINE) if system.is_file() else []
    if not find_browser() and "debian" in " ".join(ids) and "ubuntu" not in " ".join(ids):
        apt_install(["chromium"], "Parcours dans un navigateur")
    if find_browser():
        install_libraries(DRIVER_LIBRARIES, "Parcours dans un navigateur")


def journeys() -> list[str]:
    """The names of the journeys, to say which ones are skipped."""
    files = sorted(JOURNEYS.glob("test_*.py"))
    return re.findall(r"^def (test_\w+)", "\n".join(file.read_text() for file in files), re.MULTILINE)


# --- Python -----------------------------------------------------------------------------------------
def create_venv() -> None:
    """Make .venv with uv in it. A bare Debian has neither ensurepip nor pip: its venv package brings them."""
    if output([str(PYTHON), "-c", "import sys; print(sys.version_info >= (3, 11))"]) != "True":
        say("Création de l'environnement Python…")
        shutil.rmtree(VENV, ignore_errors=True)
        if output([sys.executable, "-c", "import venv, ensurepip"]) is None:
            version = ".".join(platform.python_version_tuple()[:2])
            apt_install([f"python{version}-venv"], "Environnement Python")
        run([sys.executable, "-m", "venv", str(VENV)], "Environnement Python")
    stamp = Stamp(VENV / "ctg" / "uv", LOCKS / "uv.txt")
    if not (stamp.current() and UV.exists()):
        pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes"]
        run([*pip, "-r", str(LOCKS / "uv.txt")], "Installation de uv")
        stamp.write()


def uv_install(lock: Path) -> None:
    # Without compiled bytecode every process would compile everything again. uv never fetches a Python:
    # the machine's is the one we were started with.
    env = {"UV_COMPILE_BYTECODE": "1", "UV_PYTHON_DOWNLOADS": "never"}
    command = [str(UV), "pip", "install", "-q", "--python", str(PYTHON), "--require-hashes", "-r", str(lock)]
    run(command, "Installation des paquets Python", env)


def install_python(kind: str) -> None:
    """Install a lock when it changed. The development lock holds the trial's."""
    stamps = {name: Stamp(VENV / "ctg" / name, LOCKS / f"{name}.txt") for name in ("trial", "dev")}
    if stamps[kind].current() or stamps["dev"].current():
        return
    say("Installation des paquets Python…")
    uv_install(LOCKS / f"{kind}.txt")
    stamps[kind].write()


# --- Front end --------------------------------------------------------------------------------------
def major(command: str) -> int:
    version = re.match(r"v?(\d+)\.", output([command, "--version"]) or "")
    return int(version[1]) if version else 0


def install_front_end() -> None:
    """Install the npm packages when their lock changed, with Node from its wheel where there is none."""
    stamp = Stamp(ROOT / "node_modules" / ".ctg", ROOT / "package-lock.json", ROOT / ".npmrc")
    if stamp.current():
        return
    say("Installation des paquets de l'interface…")
    npm, path = "npm", os.environ.get("PATH", os.defpath)
    if major("node") < NODE_MIN or major("npm") < NPM_MIN:
        uv_install(LOCKS / "node.txt")
        npm, path = str(VENV / "bin" / "npm"), f"{VENV / 'bin'}{os.pathsep}{path}"
    run([npm, "ci", "--no-progress"], "Paquets de l'interface", {"PATH": path})
    stamp.write()


def main(target: str) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - the one file that an older Python may start
        raise Problem(f"Il faut Python 3.11 ou plus récent ; ici : {platform.python_version()}.")
    os.umask(0o022)  # the servers run under another user when we are root: it must read what we install
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one set-up at a time in this folder
        create_venv()
        with ThreadPoolExecutor() as pool:  # apt and uv have nothing to wait for in each other
            system = pool.submit(install_libraries, LIBRARIES, "Documents PDF")
            install_python("trial" if target == "demo" else "dev")
            install_front_end()
            system.result()
        if target == "test":
            install_browser()


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Problem as problem:
        sys.exit(f"Arrêt. {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
