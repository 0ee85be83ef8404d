"""Run every check of the code; all of them run even when one fails, and one failure fails the whole."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from servers import ephemeral
from setup import ROOT, Problem, say

MANAGE = ["python", "manage.py"]
STEPS = {
    "ruff check": ["ruff", "check", "--output-format", "concise", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "import-linter": ["lint-imports", "--no-cache"],
    "djlint format": ["djlint", "--check", "templates"],
    "djlint": ["djlint", "--lint", "--quiet", "templates"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "django check": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
}
# What `check --deploy` must find in a production: anything missing in the settings then shows.
PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "pour-la-verification-seulement-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "ctg.example.org",
    "BASE_URL": "https://ctg.example.org",
    "HTTPS": "true",
}


def step(name: str, env: dict[str, str]) -> bool:
    """Run one step; print its name and time, and what it printed when it failed."""
    start = time.monotonic()
    done = subprocess.run(
        STEPS[name],
        check=False,
        cwd=ROOT,
        env=env | PRODUCTION if name == "django check" else env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    spent = time.monotonic() - start
    if done.returncode:
        say(f"✗ {name} ({spent:.1f} s), code {done.returncode}\n{done.stdout.rstrip()}\n")
    else:
        say(f"✓ {name} ({spent:.1f} s)")
    return done.returncode == 0


def main() -> int:
    # `makemigrations --check` also reads the history of a database: an empty one is enough.
    with ephemeral() as servers:
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, **servers}
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda name: step(name, env), STEPS))
    failed = [name for name, passed in zip(STEPS, results, strict=True) if not passed]
    say(f"Échec : {', '.join(failed)}." if failed else "Tout est en ordre.")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except Problem as problem:
        sys.exit(f"Arrêt. {problem}")
