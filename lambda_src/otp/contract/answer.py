"""An answer to the caller, in the form in which it is recorded and replayed."""

from typing import NamedTuple


class Answer(NamedTuple):
    """An answer, independent of how the function was called.

    Attributes:
        status: the HTTP status.
        body: the JSON, exactly as sent: a replay has the same bytes.
        code: the problem's code, or None for a success.
        retry_after: seconds to wait, if repeating the same request can help.
        replayed: True if this is the recorded answer to an earlier, identical request.
        server_error: True if the service itself failed: it counts as a server error.
        earns_credit: False if the guard did not count the text: a right code then earns no credit.

    """

    status: int
    body: str
    code: str | None = None
    retry_after: int | None = None
    replayed: bool = False
    server_error: bool = False
    earns_credit: bool = True
