"""What the caller gets, in the form in which it is recorded and replayed."""

from typing import Literal, NamedTuple

CountedMetric = Literal["Texts", "Verified", "WrongCodes", "RefusedByLimit"]


class Counted(NamedTuple):
    """What is counted by country.

    Attributes:
        metric: a message that certainly went out just now, a code that was right or wrong, or a
            message that a limit has refused.
        country: of the destination, as `destination.country` says.
        limit: the configuration key of the limit that refused.

    """

    metric: CountedMetric
    country: str
    limit: str | None = None


class Answer(NamedTuple):
    """An answer, independent of how the function was called.

    Attributes:
        status: the HTTP status.
        body: the JSON text, exactly as sent: a replay must be the same bytes.
        code: the problem's code, or None for a success.
        retry_after: seconds, where repeating the same request can help.
        replayed: True where this is the recorded answer to an earlier, identical request.
        server_error: True where the service itself failed, and its operator is to be told.
        counted: what is counted by country. Nothing for a replay, whose text went out earlier.

    """

    status: int
    body: str
    code: str | None = None
    retry_after: int | None = None
    replayed: bool = False
    server_error: bool = False
    counted: Counted | None = None
