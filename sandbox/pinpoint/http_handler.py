"""The server's HTTP side: quick, quiet and with connections that stay open."""

import io
import traceback
from http import HTTPStatus

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.wrappers import Response

from sandbox.door import lets_others_read

_OF_THE_CONNECTION = {"content-length", "connection", "transfer-encoding"}


class OtpRequestHandler(MotoRequestHandler):
    """A request handler that keeps connections alive.

    werkzeug's own closes the connection after every answer, because its applications may leave
    part of a request unread, which would then pass for the next request. Here every request is
    read to its end first.
    """

    protocol_version = "HTTP/1.1"
    # Headers and body are two writes; without this, the second would wait for an acknowledgement.
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request with what the WSGI application makes of it."""
        self.environ = self.make_environ()
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            # werkzeug decodes the chunks; where the last one ends is not worth trusting.
            self.close_connection = True
        else:
            length = self.headers.get("Content-Length", "0")
            if not (length.isascii() and length.isdigit()):
                self.send_error(HTTPStatus.BAD_REQUEST)
                self.close_connection = True
                return
            self.environ["wsgi.input"] = io.BytesIO(self.rfile.read(int(length)))
        try:
            response = Response.from_app(self.server.app, self.environ, buffered=True)
        except Exception:  # noqa: BLE001 - whatever went wrong, the caller gets an answer
            self.log_error("%s", traceback.format_exc())
            response = Response("Internal Server Error", HTTPStatus.INTERNAL_SERVER_ERROR)
        self._write(response)

    def _write(self, response: Response) -> None:
        """Send a whole response; a vanished client ends the connection, see ``handle``."""
        body = response.get_data()
        has_body = self.command != "HEAD" and response.status_code not in {204, 304}
        # Not send_response, which logs every request and adds a second Server header.
        self.send_response_only(response.status_code)
        for name, value in response.headers.items():
            if name.lower() not in _OF_THE_CONNECTION and not lets_others_read(name):
                self.send_header(name, value)
        if "Date" not in response.headers:
            self.send_header("Date", self.date_time_string())
        if has_body:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if has_body:
            self.wfile.write(body)
