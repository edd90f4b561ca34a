"""Posting JSON to a webhook until it is taken, refused, or plainly not available now."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry, Timeout

from leadscore import __version__
from leadscore.errors import ExitCode, LeadscoreError

# Also how long a stop may have to wait for an answer.
TIMEOUT_SECONDS = 8.0
RETRIES = 4
# At once, then after 1, 2 and 4 seconds, each up to half a second more so that watches spread.
_BACKOFF = {"backoff_factor": 0.5, "backoff_jitter": 0.5}
# Whoever asks for a longer pause gets it, but nobody waits for it here.
_LONGEST_PAUSE = 10.0
_TRY_AGAIN = frozenset({429, *range(500, 600)})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Reception(Enum):
    """What became of something posted."""

    TAKEN = "taken"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Answer:
    """A webhook's answer.

    Args:
        reception: taken, refused (the same again would be, too), or not available now.
        status: the HTTP status; None when there was no answer.
        reason: why it was not taken, for people.
        pause: seconds that the webhook asked to be left alone, if it did.
    """

    reception: Reception
    status: int | None = None
    reason: str = ""
    pause: float | None = None


class Webhook:
    """A webhook that takes JSON by POST.

    Args:
        url: its address, http or https.
        token: sent as `Authorization: Bearer …`; None for none.
        stopping: once it is set, nothing is tried again.

    Raises:
        LeadscoreError: the address or the token cannot be used.
    """

    def __init__(self, url: str, token: str | None, stopping: threading.Event) -> None:
        self.url = url.strip()
        parts = urlsplit(self.url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname or port == -1:
            raise LeadscoreError(
                "The webhook's address is not one of http or https.",
                where="--webhook or LEADSCORE_WEBHOOK_URL",
                remedy="Write it in full, such as https://hooks.example.com/leads.",
                code=ExitCode.USAGE,
            )
        # Paths and queries of webhooks often are secrets, so only the host is ever shown.
        self.place = f"{parts.scheme.lower()}://{parts.hostname}" + (f":{port}" if port else "")
        token = (token or "").strip()
        if not (token.isascii() and token.isprintable()):
            raise LeadscoreError(
                "The webhook's token holds characters that no HTTP header may hold.",
                where="LEADSCORE_WEBHOOK_TOKEN",
                code=ExitCode.USAGE,
            )
        self.is_token_readable = bool(token) and (
            parts.scheme.lower() == "http" and parts.hostname not in _LOCAL
        )
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"leadscore/{__version__}"
        if token:
            self._session.auth = _Bearer(token)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=_patience(stopping)))

    def post(self, key: str, document: dict[str, Any]) -> Answer:
        """Posts a document, again after network errors, 429 and 5xx.

        Args:
            key: the header `Idempotency-Key`, by which the receiver tells a copy.
            document: the JSON body.

        Returns:
            What became of it.
        """
        try:
            with self._session.post(
                self.url,
                data=json.dumps(document, ensure_ascii=False).encode(),
                headers={"Content-Type": "application/json", "Idempotency-Key": key},
                timeout=Timeout(total=TIMEOUT_SECONDS),
                # A redirected POST would become a GET, and the token go elsewhere.
                allow_redirects=False,
                stream=True,
            ) as response:
                return _judged(response)
        except _NotNowError as error:
            return Answer(Reception.UNAVAILABLE, error.status, str(error), error.pause)
        except requests.RequestException as error:
            return Answer(Reception.UNAVAILABLE, None, _cause(error))


class _Bearer(requests.auth.AuthBase):
    """Sets the token; with it, requests looks for no password in .netrc."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class _NotNowError(Exception):
    """Waiting for the next try would take too long."""

    def __init__(self, reason: str, status: int | None, pause: float | None) -> None:
        super().__init__(reason)
        self.status = status
        self.pause = pause


def _patience(stopping: threading.Event) -> Retry:
    """How urllib3 tries again: as ever, but with pauses that a stop ends."""

    class Patience(Retry):
        def sleep(self, response: Any = None) -> None:
            asked = None
            if response is not None:
                try:
                    asked = self.get_retry_after(response)
                except InvalidHeader:
                    asked = None
            status = response.status if response is not None else None
            if asked and asked > _LONGEST_PAUSE:
                raise _NotNowError(
                    f"it answered {status} and asked to wait {asked:.0f} s", status, asked
                )
            if stopping.wait(asked or self.get_backoff_time()):
                raise _NotNowError("stopped before it was tried again", status, None)

    return Patience(
        total=RETRIES,
        allowed_methods=frozenset({"POST"}),
        status_forcelist=_TRY_AGAIN,
        # The last answer is told, not that there were too many.
        raise_on_status=False,
        **_BACKOFF,
    )


def _judged(response: requests.Response) -> Answer:
    status = response.status_code
    if 200 <= status < 300:
        return Answer(Reception.TAKEN, status)
    reason = f"it answered {status} {response.reason or ''}".rstrip()
    if status in _TRY_AGAIN:
        return Answer(Reception.UNAVAILABLE, status, reason)
    if 300 <= status < 400:
        target = urlsplit(response.headers.get("Location", "")).hostname
        reason += ", a redirect" + (f" to {target}" if target else "")
        return Answer(Reception.REFUSED, status, f"{reason}: give the address that it leads to")
    return Answer(Reception.REFUSED, status, reason + _beginning(response))


def _beginning(response: requests.Response) -> str:
    """What the answer says, as far as it fits into a message."""
    try:
        body = response.raw.read(200, decode_content=True) or b""
    except Exception:
        # Whatever it may be, the status is known.
        return ""
    text = "".join(c if c.isprintable() else " " for c in body.decode("utf-8", "replace"))
    return f": {' '.join(text.split())}" if text.strip() else ""


def _cause(error: BaseException) -> str:
    """The reason behind a chain of exceptions, without the address that they like to tell."""
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT_SECONDS:.0f} s"
    found: BaseException = error
    while True:
        inner = getattr(found, "reason", None) or next(
            (part for part in found.args if isinstance(part, BaseException)), None
        )
        inner = inner if isinstance(inner, BaseException) else found.__cause__
        if inner is None:
            break
        found = inner
    if isinstance(found, OSError) and found.strerror:
        return found.strerror.lower()
    if "timed out" in str(found).lower():
        return f"no answer within {TIMEOUT_SECONDS:.0f} s"
    return type(found).__name__
