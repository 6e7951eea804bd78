"""What was asked, and what was answered."""

from collections import Counter
from collections.abc import Iterator

LEAST_REQUESTS = 1000
#: Without these, the requests were all of one kind.
LEAST_KINDS = ("sendOtp 200 sent", "sendOtp 200 replayed", "sendOtp 400", "sendOtp 422 ReferenceId")
LEAST_KINDS_OF_VERIFY = ("verifyOtp 200", "verifyOtp 400")


class Tally:
    """Counts answers by operation, status and code."""

    def __init__(self) -> None:
        self._answers: Counter[str] = Counter()

    def count(self, operation: str, status: int, what: str) -> None:
        """Count an answer.

        Args:
            operation: its ID.
            status: of the answer.
            what: the problem's code, or what kind of success it is.

        """
        self._answers[f"{operation} {status} {what}"] += 1

    def total(self) -> int:
        """Say how many there were."""
        return self._answers.total()

    def table(self) -> Iterator[str]:
        """Write the count down."""
        for kind, count in sorted(self._answers.items()):
            yield f"{count:6}  {kind}"
        yield f"{self.total():6}  in all"

    def shortcomings(self) -> list[str]:
        """Say what is missing for all this to mean something."""
        few = self.total() < LEAST_REQUESTS
        return [
            *([f"fewer than {LEAST_REQUESTS} requests were made"] if few else []),
            *(
                f"none was answered {kind}"
                for kind in (*LEAST_KINDS, *LEAST_KINDS_OF_VERIFY)
                if not any(answer.startswith(kind) for answer in self._answers)
            ),
        ]
