"""Serves the sandbox's pages over HTTP, on this machine only.

- ``GET /``: the phone, whose form has the fields of docs/openapi.json
- ``GET /reference``: the API, from docs/openapi.json
- ``GET /events``: the texts as server-sent events; the data of each is an entry of the inbox. The
  stream starts after ``Last-Event-ID``, if that is from this sandbox, else with an event ``new``
  and the first text. An event ``ready`` follows the texts that have arrived already
- ``POST /calls`` with ``{"path": "/otp", "body": "{…}", "times": 1}``: makes that many signed calls
  to the deployed API at once; answers with a line of JSON (an ``Exchange``) for each, in order of
  arrival
- ``GET /written/REQUEST_ID?since=…``: the log lines and metrics (a ``Written``) of a request; 204
  until they are written
"""

import json
import logging
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException
from werkzeug.serving import make_server

from sandbox import client
from sandbox.door import refusal
from sandbox.state import ROOT, State

from .exchange import MOST_AT_ONCE, exchanges
from .reference import render
from .written import Log

_DOCUMENT = ROOT / "docs" / "openapi.json"

_PATHS = ("/otp", "/otp/verify")

_TEXTS_EVERY_SECONDS = 0.2
# A keep-alive, by which server and page notice that the other one is gone.
_ALIVE_EVERY_SECONDS = 10

# Nothing from other origins, nothing inline, no framing.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@contextmanager
def serving(state: State) -> Iterator[None]:
    """Serve the pages at the state's pageUrl, in a thread, for the length of a `with` block."""
    address = urlsplit(state.pageUrl)
    # Errors only: the terminal shows the texts.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(
        address.hostname or "", address.port or 0, create_app(state), threaded=True
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def create_app(state: State) -> Flask:
    """Make the Flask application for a sandbox.

    Pages of other origins can neither read its pages nor call the API through it.
    """
    app = Flask(__name__)
    log = Log(state)
    # Marks this sandbox's event IDs: a page may still be open from an earlier sandbox.
    run = uuid.uuid4().hex

    app.jinja_env.filters["when_left_out"] = _when_left_out

    @app.before_request
    def turn_away() -> None:
        headers = {name.lower(): value for name, value in request.headers}
        reason = refusal(headers, int(request.environ["SERVER_PORT"]))
        if reason is not None:
            raise Forbidden(reason)

    @app.get("/")
    def phone() -> str:
        schemas = json.loads(_DOCUMENT.read_text())["components"]["schemas"]
        return render_template("phone.html", fields=schemas["SendOtpRequest"]["properties"])

    @app.get("/reference")
    def reference() -> str:
        return render(json.loads(_DOCUMENT.read_text()))

    @app.get("/events")
    def events() -> Response:
        last = request.headers.get("Last-Event-ID", "")
        return Response(_events(state, run, last), content_type="text/event-stream")

    @app.post("/calls")
    def calls() -> Response:
        path, body, times = _call(request.get_json())
        lines = (
            json.dumps(asdict(one)) + "\n" for one in exchanges(state, path, body, times=times)
        )
        return Response(lines, content_type="application/x-ndjson")

    @app.get("/written/<request_id>")
    def written(request_id: str) -> Response:
        found = log.of(request_id, request.args.get("since", 0.0, type=float))
        return _json(asdict(found)) if found else Response(status=HTTPStatus.NO_CONTENT)

    @app.errorhandler(HTTPException)
    def error(problem: HTTPException) -> Response:
        return _json({"error": problem.description}, HTTPStatus(problem.code or 500))

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        # The next sandbox may have another version of the pages.
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def _events(state: State, run: str, last: str) -> Iterator[str]:
    """Yield the texts after `last`, and then each new one, while the sandbox runs."""
    known, _, count = last.partition("-")
    seen = int(count) if known == run and count.isdecimal() else 0
    if not seen:
        yield "event: new\ndata: {}\n\n"
    quiet_since = time.monotonic()
    ready = False
    while True:
        try:
            texts = client.inbox(state, after=seen)
        except OSError:
            return  # the sandbox is ending
        for text in texts:
            seen += 1
            quiet_since = time.monotonic()
            yield f"id: {run}-{seen}\ndata: {json.dumps(text)}\n\n"
        if not ready:
            ready = True
            yield "event: ready\ndata: {}\n\n"
        if time.monotonic() - quiet_since > _ALIVE_EVERY_SECONDS:
            quiet_since = time.monotonic()
            yield ": nothing new\n\n"
        time.sleep(_TEXTS_EVERY_SECONDS)


def _when_left_out(field: Mapping[str, Any]) -> str:
    """Return a placeholder: the field's default, in a few words."""
    said = str(field.get("default") or field["x-when-left-out"]).replace("`", "").rstrip(".")
    return said.partition(",")[0]


def _call(content: object) -> tuple[str, str, int]:
    """Read the page's request for calls; raises BadRequest if it is invalid."""
    match content:
        case {"path": str(path), "body": str(body), "times": int(times)} if (
            path in _PATHS and 1 <= times <= MOST_AT_ONCE
        ):
            return path, body, times
    raise BadRequest(
        f"Required: path ({' or '.join(_PATHS)}), body (a string), times (1 to {MOST_AT_ONCE})."
    )


def _json(content: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:  # noqa: ANN401 - any JSON
    return Response(json.dumps(content), status, content_type="application/json")
