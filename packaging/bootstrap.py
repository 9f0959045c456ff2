"""Start Trephine, or its checks, from a fresh checkout with nothing but Python; plans nothing.

    python3 packaging/bootstrap.py demo        make, plan and show the sample case
    python3 packaging/bootstrap.py test [ARGS] run every check; ARGS go to pytest
    python3 packaging/bootstrap.py setup       only prepare .venv (--dev: for the checks, too)
    python3 packaging/bootstrap.py run [ARGS]  start trephine with ARGS
    python3 packaging/bootstrap.py bundle      build the program that needs no Python (--archive and
                                               --deb: packed, too) in dist
    python3 packaging/bootstrap.py check NAME  only lint, format, types, imports or licences

The first start makes .venv beside this folder and installs the locked, hash-checked packages into
it; later starts find it ready. On Linux it also looks for the system libraries that drawing needs.
"""

import sys

# Said before anything that an older Python could stumble over is imported or defined. Above 3.13
# some of the locked packages have no ready-made files.
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        f"Trephine needs Python 3.11, 3.12 or 3.13; this is Python {sys.version.split()[0]}.\n"
        "Install one from https://www.python.org/downloads/ and start this file with it, for\n"
        "example: python3.12 packaging/bootstrap.py demo"
    )

import os
import subprocess

import checks
import environment
import system_libraries

RESULTS = "trephine-demo"


def main(arguments: list[str]) -> int:
    """Do what the first of `arguments` names and return the exit code."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(__doc__)
        return 0 if arguments else 2
    commands = {"demo": demo, "test": test, "setup": setup, "run": run, "check": check}
    commands["bundle"] = bundle
    command = commands.get(arguments[0])
    if command is None:
        print(f"Unknown command {arguments[0]!r}; choose from {', '.join(commands)}, or --help.")
        return 2
    try:
        return command(arguments[1:])
    except system_libraries.SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The next start carries on.", file=sys.stderr)
        return 130


def demo(arguments: list[str]) -> int:
    """Make, plan and show the sample case; without a display, write the results to a folder."""
    _prepare()
    if system_libraries.has_display():
        return _become(["demo", *arguments])
    print("No display was found: the demo runs without a window.", flush=True)
    # The folder is the demo's own, so that another start may replace what the last one left.
    options = ["demo", "--headless", "--force", "-o", RESULTS, *arguments]
    return _become(options)


def test(arguments: list[str]) -> int:
    """Run every check that continuous integration runs; `arguments` go to pytest."""
    system_libraries.require(window=True, virtual_display=True, tests=True)
    environment.prepare(development=True)
    return checks.run(checks.CHECKS, pytest_arguments=arguments)


def setup(arguments: list[str]) -> int:
    """Prepare the environment and start nothing."""
    if set(arguments) - {"--dev"}:
        print(f"setup knows only --dev, not {' '.join(arguments)}.")
        return 2
    _prepare(development="--dev" in arguments)
    print(f"Ready. Start Trephine with: {environment.script('trephine')}")
    return 0


def run(arguments: list[str]) -> int:
    """Start trephine with `arguments`."""
    _prepare()
    return _become(arguments)


def bundle(arguments: list[str]) -> int:
    """Build the program that is installed without Python; `arguments` go to bundle.py."""
    system_libraries.require(window=True)
    environment.prepare(development=True)
    command = [str(environment.script("python")), str(environment.ROOT / "packaging" / "bundle.py")]
    return subprocess.run(
        [*command, *arguments], check=False, cwd=environment.ROOT, env=environment.clean()
    ).returncode


def check(arguments: list[str]) -> int:
    """Run the checks named in `arguments`."""
    known = {entry.name: entry for entry in checks.CHECKS}
    unknown = [name for name in arguments if name not in known]
    if unknown or not arguments:
        print(f"Name one or more of these checks: {', '.join(known)}.")
        return 2
    environment.prepare(development=True)
    return checks.run([known[name] for name in arguments], pytest_arguments=[])


def _prepare(*, development: bool = False) -> None:
    system_libraries.require(window=system_libraries.has_display())
    environment.prepare(development=development)


def _become(arguments: list[str]) -> int:
    """Hand this process over to trephine; where a process cannot be replaced, wait for it."""
    command = [str(environment.script("trephine")), *arguments]
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(command[0], command, environment.clean())
    try:
        return subprocess.run(command, check=False, env=environment.clean()).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
