"""The emulator as an HTTP server: ``python -m sandbox.pinpoint.server``.

moto's server with the OTP operations installed, and in front of it:

- ``GET /health``: ``{"status": "ok"}``
- ``GET /inbox``: the texts of all accounts and regions, newest last; ``?to=`` and
  ``?referenceId=`` filter them, ``?after=N`` leaves out the N oldest
- ``GET /requests``: the SendOTPMessageRequestParameters received, newest last; ``?referenceId=``
- ``POST /clock`` with ``{"advanceSeconds": n}``: advances all clocks; answers
  ``{"advancedSeconds": n}``

An AWS client needs only ``endpoint_url``; moto finds the service in the signature. Web pages are
refused (``sandbox.door``), and so is a ``POST`` whose Content-Type is not JSON. The state belongs
to the process: a server in a test's thread shares it with ``mock_aws``.
"""

import argparse
import json
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import ThreadedWSGIServer
from werkzeug.wrappers import Request, Response

from sandbox.door import refusal

from .http_handler import OtpRequestHandler
from .models import (
    DEFAULT_REGION,
    advance_all_clocks,
    all_requests,
    all_texts,
    create_application,
)
from .permissions import Permissions
from .transport import DEFAULT_LATE_ANSWER_SECONDS, LATE_ANSWER_KEY, LateAnswer
from .urls import install

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class OtpServer(ThreadedWSGIServer):
    """A bound server with a thread per connection. Call ``serve_forever``; ``shutdown`` ends it."""

    def __init__(
        self, host: str, port: int, late_answer: LateAnswer, permissions: Permissions | None = None
    ) -> None:
        """Bind to ``host`` and ``port``; 0 chooses a free port, found in ``self.port``."""
        self._late_answer = late_answer
        application = _application(late_answer, permissions)
        super().__init__(host, port, application, OtpRequestHandler)

    @property
    def url(self) -> str:
        """The address to use as ``endpoint_url``."""
        return f"http://{self.host}:{self.port}"

    def shutdown(self) -> None:
        """End ``serve_forever`` from another thread, and every wait for a late answer."""
        self._late_answer.release()
        super().shutdown()


def create_server(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    late_answer_seconds: float = DEFAULT_LATE_ANSWER_SECONDS,
    application_ids: Iterable[str] = (),
    region: str = DEFAULT_REGION,
    permissions: Permissions | None = None,
) -> OtpServer:
    """Return a bound server whose account 123456789012 has these applications in ``region``.

    Without ``permissions``, every caller may send and verify.

    If the port is taken, werkzeug ends the process. ``ValueError`` as for ``create_application``.
    The applications last until moto's state is reset.
    """
    install()
    for application_id in application_ids:
        create_application(application_id, region=region)
    return OtpServer(host, port, LateAnswer(late_answer_seconds), permissions)


@contextmanager
def serving(server: OtpServer) -> Iterator[OtpServer]:
    """Serve in a thread for the length of a ``with`` block."""
    # The poll interval bounds how long the shutdown takes.
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    options = _parser().parse_args(argv)
    server = create_server(
        options.host,
        options.port,
        late_answer_seconds=options.late_answer_seconds,
        application_ids=options.application_id,
        region=options.region,
        permissions=Permissions(options.iam_url) if options.iam_url else None,
    )
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with serving(server):
        print(f"listening on {server.url}", flush=True)
        stopped.wait()


def _application(
    late_answer: LateAnswer, permissions: Permissions | None
) -> Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]:
    """Return the WSGI application: this module's routes, then moto's."""
    moto = DomainDispatcherApplication(create_backend_app)

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        turned_away = _turn_away(Request(environ))
        if turned_away is not None:
            return turned_away(environ, start_response)
        route = _ROUTES.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if route is not None:
            return route(Request(environ))(environ, start_response)
        refusal = permissions.refusal(environ) if permissions else None
        if refusal is not None:
            return refusal(environ, start_response)
        environ[LATE_ANSWER_KEY] = late_answer
        answer: Iterable[bytes] = moto(environ, start_response)
        return answer

    return application


def _turn_away(request: Request) -> Response | None:
    """Refuse web pages, forms, and requests for other services; None for all other requests."""
    headers = {name.lower(): value for name, value in request.headers}
    reason = refusal(headers, int(request.environ["SERVER_PORT"]))
    if reason is not None:
        return _json({"error": reason}, HTTPStatus.FORBIDDEN)
    if request.method == "POST" and request.mimetype != "application/json":
        error = {"error": "Content-Type must be application/json"}
        return _json(error, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    own = (request.method, request.path) in _ROUTES
    if not own and not request.path.startswith(("/v1/apps", "/v1/tags")):
        # Some of moto's other services run code, if there is Docker.
        return _json({"error": "This is Pinpoint's emulator"}, HTTPStatus.NOT_FOUND)
    return None


def _health(_request: Request) -> Response:
    return _json({"status": "ok"})


def _inbox(request: Request) -> Response:
    to = request.args.get("to")
    if to is not None:
        # "?to=+1..." is an easy slip: an unescaped plus arrives as a space, which no number has.
        to = to.replace(" ", "+")
    reference_id = request.args.get("referenceId")
    texts = [
        text
        for text in all_texts()
        if to in {None, text["to"]} and reference_id in {None, text["referenceId"]}
    ]
    return _json(texts[max(0, request.args.get("after", 0, type=int)) :])


def _requests(request: Request) -> Response:
    reference_id = request.args.get("referenceId")
    return _json(
        [
            parameters
            for parameters in all_requests()
            # Compared with ==, because a value in a refused request may be unhashable.
            if reference_id is None or parameters.get("ReferenceId") == reference_id
        ]
    )


def _clock(request: Request) -> Response:
    content = request.get_json(silent=True)
    seconds = content.get("advanceSeconds") if isinstance(content, dict) else None
    # A bool is an int to Python, but not to JSON.
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return _json({"error": "advanceSeconds must be a number"}, HTTPStatus.BAD_REQUEST)
    try:
        advance_all_clocks(seconds)
    except ValueError as refusal:
        return _json({"error": str(refusal)}, HTTPStatus.BAD_REQUEST)
    return _json({"advancedSeconds": seconds})


_ROUTES: dict[tuple[str, str], Callable[[Request], Response]] = {
    ("GET", "/health"): _health,
    ("GET", "/inbox"): _inbox,
    ("GET", "/requests"): _requests,
    ("POST", "/clock"): _clock,
}


def _json(content: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:  # noqa: ANN401 - any JSON
    return Response(json.dumps(content), status, content_type="application/json")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.pinpoint.server",
        description="Emulate Amazon Pinpoint's one-time-password operations over HTTP.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (%(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to bind; 0, the default: any")
    parser.add_argument(
        "--late-answer-seconds",
        type=float,
        default=DEFAULT_LATE_ANSWER_SECONDS,
        metavar="SECONDS",
        help="how late the answer for +12065550108 comes (%(default)s)",
    )
    parser.add_argument(
        "--application-id",
        action="append",
        default=[],
        metavar="ID",
        help="create an application with this ID at start; repeatable",
    )
    parser.add_argument(
        "--region", default=DEFAULT_REGION, help="region of those applications (%(default)s)"
    )
    parser.add_argument(
        "--iam-url",
        metavar="URL",
        help="a sandbox.ministack that authorizes callers; by default, every caller may send",
    )
    return parser


if __name__ == "__main__":
    main()
