"""The server's HTTP request handler: keeps connections open and logs only errors."""

import io
import traceback
from http import HTTPStatus

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.wrappers import Response

from sandbox.door import lets_others_read

_OF_THE_CONNECTION = {"content-length", "connection", "transfer-encoding"}


class OtpRequestHandler(MotoRequestHandler):
    """A request handler that keeps connections alive.

    werkzeug's handler closes the connection after every answer, because an application may leave
    part of a request unread, which would then be parsed as the next request. This handler reads
    every request to its end first.
    """

    protocol_version = "HTTP/1.1"
    # Headers and body are two writes. With Nagle, the second would wait for an acknowledgement.
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request with the WSGI application."""
        self.environ = self.make_environ()
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            # werkzeug decodes the chunks, but may not stop exactly after the last one.
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
        except Exception:  # noqa: BLE001 - the caller always gets an answer
            self.log_error("%s", traceback.format_exc())
            response = Response("Internal Server Error", HTTPStatus.INTERNAL_SERVER_ERROR)
        self._write(response)

    def _write(self, response: Response) -> None:
        """Send a response. If the client is gone, ``handle`` ends the connection."""
        body = response.get_data()
        has_body = self.command != "HEAD" and response.status_code not in {204, 304}
        # send_response would log every request and add a second Server header.
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
