"""What the tests of `leadscore watch` share: a small project, and a webhook that misbehaves."""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import duckdb
from command import Copy

# Without the back-test, which hands nobody off and takes a part of each run.
VARS = (
    "{use_demo_data: false, backtest: false, lead_attributes: [title],"
    " event_properties: {page: page}}"
)
# 60 points are hot, each look at the prices gives 35: one is warm, two are hot.
POLICY = {
    "scorecards": "scorecard_id,name,status,base_points,min_score,max_score,audience_field,"
    "audience_operator,audience_value,account_rollup,notes\ns,,live,,,,,,,,\n",
    "criteria": "criterion_id,scorecard_id,dimension,group_id,name,signal,field,property,operator,"
    "value,measure,measure_field,at_least,at_most,window_days,points,frequency,every_n,max_points,"
    "decay,decay_days,effect,requires,unless,valid_from,valid_to,is_active,notes\n"
    "prices,s,engagement,,Saw the prices,event,pricing,,,,,,,,,35,every,,,,,,,,,,,\n"
    "left,s,engagement,,Left,event,left,,,,,,,,,-70,every,,,,,,,,,,,\n"
    "title,s,fit,,Has a title,attribute,title,,is_set,,,,,,,1,,,,,,,,,,,,\n",
    "groups": "scorecard_id,group_id,dimension,name,min_points,max_points\n",
    "dimensions": "scorecard_id,dimension,min_points,max_points\n",
    "bands": "scorecard_id,scope,band,min_points\ns,total,hot,60\ns,total,warm,30\ns,total,cold,\n",
    "actions": "scorecard_id,priority,band,fit_band,engagement_band,action,sla_hours,team\n"
    "s,1,hot,,,Call,4,Sales\ns,2,warm,,,Write,48,\ns,3,,,,Wait,,\n",
}


def small_project(root: Path) -> Copy:
    """A project with three leads, none of which has done anything; nothing has run."""
    copy = Copy.fresh(root)
    for name, text in POLICY.items():
        (copy.policy / f"{name}.csv").write_text(text, encoding="utf-8")
    with duckdb.connect(str(copy.warehouse)) as connection:
        connection.execute("create schema crm; create schema tracking")
        connection.execute(
            "create table crm.leads as select unnest(['a', 'b', 'c']) as lead_id,"
            " 'acme' as account_id, 'Boss' as title, null::timestamp as updated_at"
        )
        connection.execute(
            "create table tracking.events (event_id varchar, lead_id varchar, event_name varchar,"
            " page varchar, occurred_at timestamp, loaded_at varchar)"
        )
        connection.execute(
            "create table crm.outcomes (lead_id varchar, outcome varchar, occurred_at timestamp)"
        )
        connection.execute(
            "create table tracking.identities (lead_id varchar, anonymous_id varchar,"
            " identified_at timestamp)"
        )
    return copy


def happens(copy: Copy, lead: str, *names: str) -> None:
    """Events of a lead come in."""
    copy.query(
        f"insert into tracking.events select cast(uuid() as varchar), '{lead}',"
        f" unnest({list(names)}), null, now() at time zone 'utc' - interval 1 minute,"
        " cast(now() at time zone 'utc' as varchar) returning 1"
    )


@dataclass
class Hook:
    """A webhook that answers what it is told to.

    Args:
        answers: what each request gets, in turn: a status, or a function of the handler; then 200.
        got: the requests: path, headers and JSON of each.
    """

    answers: list[int | Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    got: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    url: str = ""

    def keys(self) -> list[str]:
        """The idempotency keys that came, in turn."""
        return [headers["Idempotency-Key"] for headers, _ in self.got]

    def leads(self) -> list[tuple[str, str]]:
        """The leads that came, with their bands."""
        return [(document["lead_id"], document["to_band"]) for _, document in self.got]


class _Server(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = True
    # A client that was killed is no news.
    handle_error = lambda self, request, address: None  # noqa: E731


@contextlib.contextmanager
def hook(*answers: int | Callable[[BaseHTTPRequestHandler], None], port: int = 0) -> Iterator[Hook]:
    """Listens on this machine for the length of a `with` block."""
    found = Hook(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append((dict(self.headers), json.loads(body)))
            answer = found.answers.pop(0) if found.answers else 200
            if callable(answer):
                answer(self)
            else:
                reply(self, answer)

        def log_message(self, *ignored: Any) -> None:
            pass

    server = _Server(("127.0.0.1", port), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/secret-path"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def reply(handler: BaseHTTPRequestHandler, status: int, body: str = "", **headers: str) -> None:
    """Answers a request; an underscore in a header's name stands for a hyphen."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body.encode())))
    handler.end_headers()
    with contextlib.suppress(OSError):
        handler.wfile.write(body.encode())


def until(condition: Callable[[], Any], seconds: float = 120.0, pause: float = 0.02) -> Any:
    """Waits until something holds, and gives its value back."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(pause)
    return value
