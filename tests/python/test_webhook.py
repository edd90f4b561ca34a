"""Posting to a webhook: what is tried again, what is not, and what is never shown or sent."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from leadscore import webhook
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.webhook import Reception, Webhook
from watching import hook, reply

DOCUMENT = {"lead_id": "Ä-1", "score": 12.5}


def make(url: str, token: str | None = None) -> Webhook:
    return Webhook(url, token, threading.Event())


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_a_document_is_posted_once_with_its_key() -> None:
    with hook() as found:
        answer = make(found.url, "tok-1").post("key-1", DOCUMENT)
    assert (answer.reception, answer.status) == (Reception.TAKEN, 200)
    [(headers, document)] = found.got
    assert document == DOCUMENT
    assert headers["Idempotency-Key"] == "key-1"
    assert headers["Content-Type"] == "application/json"
    assert headers["Authorization"] == "Bearer tok-1"


def test_server_errors_and_429_are_tried_again_with_the_same_key() -> None:
    with hook(500, 503, 429) as found:
        answer = make(found.url).post("key-1", DOCUMENT)
    assert answer.reception is Reception.TAKEN
    assert found.keys() == ["key-1"] * 4


def test_a_webhook_that_is_down_for_long_is_given_up_for_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhook, "_BACKOFF", {"backoff_factor": 0.001})
    with hook(*[502] * 20) as found:
        answer = make(found.url).post("key-1", DOCUMENT)
    assert (answer.reception, answer.status) == (Reception.UNAVAILABLE, 502)
    assert len(found.got) == webhook.RETRIES + 1


def test_pauses_grow_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    stopping = threading.Event()
    monkeypatch.setattr(stopping, "wait", lambda seconds: pauses.append(seconds))
    with hook(*[500] * 20) as found:
        for _ in range(2):
            Webhook(found.url, None, stopping).post("key-1", DOCUMENT)
    first, second = pauses[: webhook.RETRIES], pauses[webhook.RETRIES :]
    for pauses_of_one in (first, second):
        assert all(later > 1.3 * earlier for earlier, later in itertools.pairwise(pauses_of_one))
    assert first[1:] != second[1:]


def test_retry_after_is_respected() -> None:
    def busy(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, 429, Retry_After="2")

    with hook(busy) as found:
        began = time.monotonic()
        answer = make(found.url).post("key-1", DOCUMENT)
    assert answer.reception is Reception.TAKEN
    assert time.monotonic() - began >= 2
    assert len(found.got) == 2


def test_a_long_retry_after_is_told_and_not_waited_for() -> None:
    def busy(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, 503, Retry_After="120")

    with hook(busy) as found:
        answer = make(found.url).post("key-1", DOCUMENT)
    assert (answer.reception, answer.status, answer.pause) == (Reception.UNAVAILABLE, 503, 120)
    assert len(found.got) == 1


def test_a_retry_after_that_says_nothing_does_not_matter() -> None:
    def busy(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, 503, Retry_After="soon")

    with hook(busy) as found:
        assert make(found.url).post("key-1", DOCUMENT).reception is Reception.TAKEN


def test_no_answer_in_time_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.2)
    asleep = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        asleep.wait(5)

    with hook(slow) as found:
        assert make(found.url).post("key-1", DOCUMENT).reception is Reception.TAKEN
        assert len(found.got) == 2
        found.answers = [slow] * 20
        monkeypatch.setattr(webhook, "RETRIES", 1)
        answer = make(found.url).post("key-1", DOCUMENT)
        asleep.set()
    assert answer.reception is Reception.UNAVAILABLE
    assert answer.reason.startswith("no answer within")


def test_a_refused_connection_is_tried_again_and_told_without_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhook, "_BACKOFF", {"backoff_factor": 0.2})
    port = free_port()
    results: list[Any] = []
    posting = threading.Thread(
        target=lambda: results.append(
            make(f"http://127.0.0.1:{port}/secret-path").post("key-1", DOCUMENT)
        )
    )
    posting.start()
    time.sleep(0.3)
    with hook(port=port) as found:
        posting.join()
    assert results[0].reception is Reception.TAKEN
    assert len(found.got) == 1

    monkeypatch.setattr(webhook, "RETRIES", 1)
    answer = make(f"http://127.0.0.1:{port}/secret-path").post("key-1", DOCUMENT)
    assert answer.reception is Reception.UNAVAILABLE
    assert answer.reason == "connection refused"


def test_other_client_errors_are_refusals_told_with_what_they_say() -> None:
    def bad(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, 422, "no \x1b[31mlead_id\n" + "x" * 5000)

    with hook(bad, 401) as found:
        hooked = make(found.url)
        answer = hooked.post("key-1", DOCUMENT)
        assert hooked.post("key-1", DOCUMENT).reception is Reception.REFUSED
    assert (answer.reception, answer.status) == (Reception.REFUSED, 422)
    assert answer.reason.startswith("it answered 422")
    assert "[31mlead_id x" in answer.reason
    assert "\x1b" not in answer.reason
    assert len(answer.reason) < 300
    assert len(found.got) == 2


def test_a_redirect_is_not_followed() -> None:
    with hook() as other:

        def moved(handler: BaseHTTPRequestHandler) -> None:
            reply(handler, 302, Location=other.url)

        with hook(moved) as found:
            answer = make(found.url, "tok-1").post("key-1", DOCUMENT)
    assert answer.reception is Reception.REFUSED
    assert "127.0.0.1" in answer.reason
    assert "secret" not in answer.reason
    assert not other.got


def test_a_stop_ends_the_pauses() -> None:
    stopping = threading.Event()
    with hook(*[500] * 20) as found:
        threading.Timer(0.3, stopping.set).start()
        began = time.monotonic()
        answer = Webhook(found.url, None, stopping).post("key-1", DOCUMENT)
    assert answer.reception is Reception.UNAVAILABLE
    assert time.monotonic() - began < 0.9


def test_passwords_of_netrc_do_not_replace_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with hook() as found:
        make(found.url, " tok-1\n").post("key-1", DOCUMENT)
    assert found.got[0][0]["Authorization"] == "Bearer tok-1"


@pytest.mark.parametrize("url", ["hooks.example.com/x", "ftp://x/y", "http://", "http://x:port/"])
def test_an_address_that_cannot_be_posted_to_is_refused(url: str) -> None:
    with pytest.raises(LeadscoreError) as caught:
        make(url)
    assert caught.value.code == ExitCode.USAGE


def test_a_token_that_would_end_the_header_is_refused() -> None:
    with pytest.raises(LeadscoreError):
        make("https://hooks.example.com", "a\r\nb")


def test_only_the_host_of_an_address_is_shown() -> None:
    assert make("https://user:pass@hooks.example.com/T0/secret?key=x").place == (
        "https://hooks.example.com"
    )


def test_a_token_over_plain_http_is_noticed_except_on_this_machine() -> None:
    assert make("http://hooks.example.com", "t").is_token_readable
    assert not make("https://hooks.example.com", "t").is_token_readable
    assert not make("http://hooks.example.com").is_token_readable
    assert not make("http://localhost:8080", "t").is_token_readable
