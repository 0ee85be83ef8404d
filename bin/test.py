"""Run pytest against embedded servers; its arguments are pytest's. `--bench` first runs the benchmarks.

DATABASE_URL and REDIS_URL name other servers. CTG_BROWSER tells the journeys which Chromium to drive; they
skip themselves when it is empty.
"""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from servers import ephemeral
from setup import ROOT, Problem, find_browser, journeys, say

NO_TESTS = 5
BENCHMARKS = ["tests/benchmarks", "-s", "-p", "no:randomly"]


def workers() -> list[str]:
    """Two processes share the whole suite; a chosen part is quicker in one."""
    count = min(os.cpu_count() or 1, 4)
    return ["-n", str(count), "--dist", "worksteal"] if count > 1 else []


@contextmanager
def template(env: dict[str, str]) -> Iterator[dict[str, str]]:
    """Migrate once, while pytest collects, the database that each worker then copies.

    They wait for a lock, which goes with the process that migrates; should it fail, they migrate themselves.
    """
    lock = Path(env["CTG_DATA_DIR"]) / "migrating"
    with lock.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0", "--settings=tests.settings"]
        process = subprocess.Popen(command, cwd=ROOT, env=env, pass_fds=[held.fileno()])
    try:
        yield {**env, "CTG_TEST_TEMPLATE": "ctg", "CTG_TEST_TEMPLATE_LOCK": str(lock)}
    finally:
        process.terminate()
        process.wait()


def run(arguments: list[str]) -> int:
    browser = find_browser()
    if not browser and not arguments:
        say(f"Parcours ignorés, faute de Chromium sur cette machine : {', '.join(journeys()) or 'aucun'}.")
    with ephemeral() as servers, ExitStack() as stack:
        env = {**os.environ, **servers, "CTG_BROWSER": browser}
        if "DATABASE_URL" in servers:  # a server of this run: its database is empty
            env = stack.enter_context(template(env))
        command = [sys.executable, "-m", "pytest", *(arguments or workers())]
        process = subprocess.Popen(command, cwd=ROOT, env=env)

        def forward(number: int, _frame: FrameType | None) -> None:
            process.send_signal(number)

        # Ctrl-C reaches pytest by itself: wait for its summary, then stop the servers.
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, forward)
        code = process.wait()
    if code == NO_TESTS:
        say("Aucun test n'a été exécuté : c'est un échec.")
    return code


if __name__ == "__main__":
    try:
        bench = sys.argv[1:2] == ["--bench"]
        sys.exit(run([*BENCHMARKS, *sys.argv[2:]] if bench else sys.argv[1:]))
    except Problem as problem:
        sys.exit(f"Arrêt. {problem}")
