"""Installs Apache Superset in an environment of its own and shows the dashboard in it.

    python3 bi/superset/dashboard.py install     once; about five minutes
    python3 bi/superset/dashboard.py load        the dashboard, again after its files changed
    python3 bi/superset/dashboard.py start       until Ctrl-C

Nothing outside of this folder is changed; `home` and `.venv` can be removed. Only Python is needed.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
VENV = FOLDER / ".venv"
HOME = FOLDER / "home"
PUBLISHED = FOLDER.parents[1] / "published.duckdb"
USER = "admin"
# What Superset 6.1 is made for; with later ones its requirements do not install.
OLDEST, NEWEST = (3, 10), (3, 12)


class DashboardError(Exception):
    """Something that the user has to do first; the message says what."""


def main(words: list[str] | None = None) -> int:
    """Run a command.

    Args:
        words: the command line; None: that of this process.

    Returns the exit code: 0, 1 when a step failed or something is missing.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("install", help="make the environment and Superset's own database")
    load_parser = commands.add_parser("load", help="import the dashboard")
    load_parser.add_argument(
        "--database",
        default=str(PUBLISHED),
        help="a published DuckDB file, or the address of a server such as"
        " postgresql+psycopg2://dashboards:password@localhost/leadscore (default: %(default)s)",
    )
    load_parser.add_argument("--schema", default="leadscore", help="of the marts")
    start_parser = commands.add_parser("start", help="serve it at 127.0.0.1")
    start_parser.add_argument("--port", type=int, default=8088)
    given = parser.parse_args(words)
    try:
        if given.command == "install":
            install()
        elif given.command == "load":
            load(given.database, given.schema)
        else:
            start(given.port)
    except DashboardError as stop:
        print(f"error: {stop}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failed:
        print(f"error: {Path(failed.cmd[0]).name} ended with {failed.returncode}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def install() -> None:
    """Make the environment, Superset's own database, and its user.

    Raises:
        DashboardError: this Python is not one that Superset runs on.
    """
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise DashboardError(
            f"Superset needs Python 3.{OLDEST[1]} to 3.{NEWEST[1]}; this is"
            f" {sys.version_info[0]}.{sys.version_info[1]}. Name another one:"
            " python3.11 bi/superset/dashboard.py install"
        )
    print("Installing Apache Superset …", flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    requirements = str(FOLDER / "requirements.lock")
    subprocess.run([*pip, "--requirement", requirements], check=True)
    HOME.mkdir(mode=0o700, exist_ok=True)
    _kept_secret("secret_key")
    password = _kept_secret("password")
    _superset("db", "upgrade")
    user = ["--username", USER, "--firstname", "Lead", "--lastname", "Score"]
    _superset("fab", "create-admin", *user, "--email", "admin@localhost", "--password", password)
    _superset("init")
    print(f"Installed. Sign in as {USER}; the password is in {HOME / 'password'}")


def load(database: str, schema: str) -> None:
    """Import the dashboard with all that it is made of; what was imported before is replaced.

    Args:
        database: a DuckDB file, or an address as SQLAlchemy knows it.
        schema: of the marts.

    Raises:
        DashboardError: Superset is not installed, or there is no such file.
    """
    _installed()
    if "://" not in database:
        file = Path(database).resolve()
        if not file.is_file():
            raise DashboardError(f"There is no file {file}. Make it first: make score")
        database = f"duckdb:///{file}"
    with tempfile.TemporaryDirectory() as place:
        bundle = Path(place) / "lead_scores.zip"
        bundled(bundle, database, schema)
        program = [str(VENV / "bin" / "python"), str(FOLDER / "import_all.py")]
        subprocess.run([*program, str(bundle), USER], env=_environment(), check=True)
    print("Loaded. Start it: python3 bi/superset/dashboard.py start")


def bundled(bundle: Path, database: str, schema: str) -> None:
    """Write the files of the dashboard as the archive that Superset imports, also by its page.

    Args:
        bundle: the file to write.
        database: the address of the database.
        schema: of the marts.
    """
    assets = FOLDER / "assets"
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(assets.rglob("*.yaml")):
            text = path.read_text(encoding="utf-8")
            name = path.relative_to(assets).as_posix()
            if name.startswith("databases/"):
                text = _replaced(text, "sqlalchemy_uri", database)
                if not database.startswith("duckdb:"):
                    # an option of DuckDB alone
                    text = re.sub(r"(?m)^    connect_args:\n      read_only: true$", "    {}", text)
            elif name.startswith("datasets/"):
                text = _replaced(text, "schema", schema)
            archive.writestr(f"lead_scores/{name}", text)


def start(port: int) -> None:
    """Serve Superset at the loopback address until it is interrupted.

    Args:
        port: where.

    Raises:
        DashboardError: Superset is not installed.
    """
    _installed()
    print(f"http://127.0.0.1:{port}/superset/dashboard/lead-scores/ (Ctrl-C ends it)")
    print(f"Sign in as {USER} with the password in {HOME / 'password'}", flush=True)
    program = str(VENV / "bin" / "superset")
    words = ["run", "--host", "127.0.0.1", "--port", str(port), "--with-threads"]
    # In place of this process, so that whoever ends this one ends the server.
    os.execve(program, [program, *words], _environment())


def _replaced(text: str, key: str, value: str) -> str:
    quoted = "'" + value.replace("'", "''") + "'"
    changed, times = re.subn(rf"(?m)^{key}: .*$", lambda _: f"{key}: {quoted}", text)
    assert times == 1, f"{key} stands {times} times"
    return changed


def _kept_secret(name: str) -> str:
    """Return a secret that was made once, for nobody else to read."""
    path = HOME / name
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8")


def _installed() -> None:
    if not (HOME / "superset.db").exists():
        raise DashboardError(
            "Superset is not installed yet: python3 bi/superset/dashboard.py install"
        )


def _superset(*words: str) -> None:
    subprocess.run([str(VENV / "bin" / "superset"), *words], env=_environment(), check=True)


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "SUPERSET_HOME": str(HOME),
        "SUPERSET_CONFIG_PATH": str(FOLDER / "superset_config.py"),
        "FLASK_APP": "superset.app:create_app()",
        "SUPERSET_LOG_LEVEL": "WARNING",
        "PYTHONWARNINGS": "ignore",
    }


if __name__ == "__main__":
    sys.exit(main())
