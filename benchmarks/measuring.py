"""Time contestants side by side: in turn, round after round, so that a busy machine is busy for all of them."""

import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CERTMGR = str(Path(sysconfig.get_path("scripts")) / "certmgr")
PASSPHRASE = "correct horse battery staple"  # noqa: S105 - of homes that live as long as a benchmark
_ELSEWHERE = ("/usr/local/sbin", "/usr/sbin", "/usr/share/easy-rsa")


@dataclass(slots=True, kw_only=True)
class Contestant:
    """Something to time. `prepare` is not timed, `run` is, `check` fails the benchmark where `run` did not do it."""

    name: str
    run: Callable[[int], None]
    """Called with the number of the round, from 0; round 0 warms up and does not count."""
    prepare: Callable[[int], None] = field(default=lambda _round: None)
    check: Callable[[int], None] = field(default=lambda _round: None)
    seconds: list[float] = field(default_factory=list)


def measure(contestants: Sequence[Contestant], *, rounds: int, warm_up: bool = True) -> None:
    """Let every contestant run once in each round, in turn: A B A B; keep their seconds."""
    for number in range(0 if warm_up else 1, rounds + 1):
        for contestant in contestants:
            contestant.prepare(number)
            begun = time.perf_counter()
            contestant.run(number)
            seconds = time.perf_counter() - begun
            contestant.check(number)
            if number > 0:
                contestant.seconds.append(seconds)


def report(title: str, contestants: Sequence[Contestant], *, unit_s: float, unit: str) -> None:
    """Print medians, the fastest and slowest round, and how long the first contestant took in terms of each."""
    first = statistics.median(contestants[0].seconds)
    print(f"{title}; {len(contestants[0].seconds)} rounds, {os.cpu_count()} cores, Python {sys.version.split()[0]}\n")
    print(f"{'':<36} {f'median {unit}':>11} {'fastest':>9} {'slowest':>9}   {contestants[0].name} is")
    for contestant in contestants:
        median = statistics.median(contestant.seconds)
        columns = (median, min(contestant.seconds), max(contestant.seconds))
        shown = " ".join(f"{value / unit_s:>{width}.1f}" for value, width in zip(columns, (11, 9, 9), strict=True))
        print(f"{contestant.name:<36} {shown}   {first / median:.2f} times this")


def run(command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    """Run a program to its end without a terminal; end the benchmark with its words where it fails."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("CERTMGR_")}
    result = subprocess.run(
        command,
        cwd=cwd,
        env=settings | dict(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))[:200]}\nended with {result.returncode}:\n{result.stderr[-2000:]}")


def find(program: str) -> str | None:
    """Return the path of a program, or None; say so where it is missing."""
    path = shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *_ELSEWHERE)))
    if path is None:
        print(f"{program} is not installed and is left out.", file=sys.stderr)
    return path


def home_command(folder: Path) -> list[str]:
    """Return the beginning of every command line that uses the home in `folder`."""
    return [CERTMGR, "--home", str(folder / "home")]


def make_home(folder: Path) -> list[str]:
    """Make a home with a machine slot in the new `folder`; return its `home_command`."""
    folder.mkdir(parents=True)
    passphrase = folder / "passphrase"
    passphrase.touch(mode=0o600)
    passphrase.write_text(PASSPHRASE + "\n")
    options = (
        "init --organisation Example --timezone Europe/Berlin --zone egov.internal --network 10.0.0.0/8"
        f" --network fd00::/8 --no-crl-url --no-recovery --operator admin --passphrase-file {passphrase}"
        f" --machine-key {folder / 'machine.key'}"
    )
    command = home_command(folder)
    run([*command, *options.split()])
    return command
