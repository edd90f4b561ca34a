"""`leadscore app`: starts Streamlit on the pages, for this machine only."""

from __future__ import annotations

import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from pathlib import Path

from leadscore.errors import ExitCode, LeadscoreError
from leadscore.output import TYPED, Output
from leadscore.project import Project
from leadscore.workbench.settings import Settings

LOOPBACK = "127.0.0.1"
_FIRST_PORT = 8501
_PORTS_TRIED = 50
_NEEDED = ("streamlit", "altair", "pandas")
_SCRIPT = Path(__file__).with_name("main.py")
# All that Streamlit might ask, tell or write, and that nobody here wants. Flags outrank what a
# file in the home folder says.
_FLAGS = {
    "server.address": LOOPBACK,
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": "false",
    "server.runOnSave": "false",
    "browser.serverAddress": LOOPBACK,
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "viewer",
    "client.showErrorDetails": "none",
    "logger.level": "warning",
}
_START_SECONDS = 60
_POLL_SECONDS = 0.1


def launch(project: Project, output: Output, port: int | None, hide_personal_data: bool) -> int:
    """Serves the pages until it is interrupted.

    Args:
        project: the project to show.
        output: where to say where it listens.
        port: the port; None for the first that is free.
        hide_personal_data: whether ids and values of leads are not shown.

    Returns:
        The exit code.

    Raises:
        LeadscoreError: Streamlit is missing, or the port is taken.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise LeadscoreError(
            f"The workbench needs {', '.join(missing)}, which is not installed.",
            where=sys.prefix,
            remedy="Use: make app   or install the extra: pip install 'leadscore[app]'",
            code=ExitCode.USAGE,
        )
    project.ensure_profile()
    chosen = _free_port(port)
    settings = Settings(
        str(project.root),
        project.target,
        dict(project.given_vars),
        hide_personal_data,
        secrets.token_hex(16),
    )
    flags = [f"--{name}={value}" for name, value in _FLAGS.items()]
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            str(_SCRIPT),
            *flags,
            f"--server.port={chosen}",
            f"--browser.serverPort={chosen}",
        ],
        cwd=project.root,
        env={**os.environ, **settings.environment(), TYPED: sys.argv[0]},
        stdin=subprocess.DEVNULL,
        # Streamlit's greeting; what goes wrong is on stderr.
        stdout=subprocess.DEVNULL,
    )
    address = f"http://{LOOPBACK}:{chosen}"
    threading.Thread(
        target=_tell, args=(server, output, address, chosen), name="workbench", daemon=True
    ).start()
    # A terminal's interrupt reaches the server too; a scheduler's end must be handed on.
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        code = server.wait()
    except KeyboardInterrupt:
        server.terminate()
        server.wait()
        output.say()
        return 0
    return 0 if code in (0, -signal.SIGTERM, -signal.SIGINT) else ExitCode.FAILED


def _tell(server: subprocess.Popen, output: Output, address: str, port: int) -> None:
    """Says where the page is once it answers, and opens it where there is a desktop."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex((LOOPBACK, port)) == 0:
                output.line(f"The workbench is at {address}   (Ctrl+C ends it)")
                if _has_desktop():
                    webbrowser.open(address)
                return
        time.sleep(_POLL_SECONDS)


def _has_desktop() -> bool:
    if not sys.stdout.isatty():
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _free_port(wanted: int | None) -> int:
    """A port that nobody listens on.

    Raises:
        LeadscoreError: the one that is wanted is taken, or all are.
    """
    tried = [wanted] if wanted is not None else range(_FIRST_PORT, _FIRST_PORT + _PORTS_TRIED)
    for port in tried:
        with socket.socket() as found:
            # As the server itself will ask for it.
            if os.name == "posix":
                found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                found.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise LeadscoreError(
        f"The port {wanted} is in use, or not yours to use."
        if wanted is not None
        else f"None of the ports {tried[0]} to {tried[-1]} is free.",
        where=f"--port {wanted or ''}".strip(),
        remedy="Name another one: leadscore app --port 8600",
        code=ExitCode.USAGE,
    )
