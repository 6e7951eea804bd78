"""The pages as an HTTP server, on this machine only.

- ``GET /``: the phone, whose form has the fields of docs/openapi.json
- ``GET /reference``: the API, from docs/openapi.json
- ``GET /events``: the texts as server-sent events, from the first one on, or from the one after
  ``Last-Event-ID``, which is of this sandbox only; the data of each is an entry of the inbox.
  Before the first one comes an event ``new``, and after those that have arrived ``ready``
- ``POST /calls`` with ``{"path": "/otp", "body": "{…}", "times": 1}``: calls the deployed API as
  often at once, signed; answers with one line of JSON for each answer (an ``Exchange``), as they
  come
- ``GET /written/REQUEST_ID?since=…``: the ``Written`` of a request; 204 while there is none
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
# So that the server notices a page that is gone, and the page a server that is.
_ALIVE_EVERY_SECONDS = 10

# Nothing from elsewhere, nothing inline, and nobody may frame it.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@contextmanager
def serving(state: State) -> Iterator[None]:
    """Serve the pages where the state says, in a thread, for the length of a `with` block."""
    address = urlsplit(state.pageUrl)
    # Errors only: the sandbox prints texts.
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
    """Make the pages of a sandbox.

    A page of another origin can neither read them nor call the API through them.
    """
    app = Flask(__name__)
    log = Log(state)
    # A page that is open since an earlier sandbox has seen other texts.
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
        # The sandbox of another day may be of another version.
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def _events(state: State, run: str, last: str) -> Iterator[str]:
    """Give the texts after the last one, and then each as it arrives, while the sandbox runs."""
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
    """Say in a few words what a field is when it is left empty."""
    said = str(field.get("default") or field["x-when-left-out"]).replace("`", "").rstrip(".")
    return said.partition(",")[0]


def _call(content: object) -> tuple[str, str, int]:
    """Check what the page asks for; raises BadRequest."""
    match content:
        case {"path": str(path), "body": str(body), "times": int(times)} if (
            path in _PATHS and 1 <= times <= MOST_AT_ONCE
        ):
            return path, body, times
    raise BadRequest(
        f"Say path ({' or '.join(_PATHS)}), body (a text) and times (1 to {MOST_AT_ONCE})."
    )


def _json(content: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:  # noqa: ANN401 - any JSON
    return Response(json.dumps(content), status, content_type="application/json")
