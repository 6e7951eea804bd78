"""What the caller gets, in the form in which it is recorded and replayed."""

from typing import NamedTuple


class Answer(NamedTuple):
    """An answer, independent of how the function was called.

    Attributes:
        status: the HTTP status.
        body: the JSON text, exactly as sent: a replay must be the same bytes.
        code: the problem's code, or None for a success.
        retry_after: seconds, where repeating the same request can help.
        replayed: True where this is the recorded answer to an earlier, identical request.
        server_error: True where the service itself failed, and its operator is to be told.
        earns_credit: False where the guard has not counted the text: its code is worth nothing.

    """

    status: int
    body: str
    code: str | None = None
    retry_after: int | None = None
    replayed: bool = False
    server_error: bool = False
    earns_credit: bool = True
