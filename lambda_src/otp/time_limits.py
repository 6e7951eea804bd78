"""How long each step of a request may take.

| step                          | at most | which is                                           |
|-------------------------------|---------|----------------------------------------------------|
| API Gateway waits             | 29 s    | its default quota                                  |
| the function runs             | 28 s    | its timeout, set by the stack                      |
| DynamoDB takes the lock       | 5 s     | 2 attempts of 1 s connect + 1 s read, 1 s between  |
| the switch and all counts     | 5 s     | each is one attempt of 2 s, and begins only while  |
|                               |         | 2 s remain                                         |
| Pinpoint answers              | 10 s    | an attempt is 2 s connect + 7 s read; another one  |
|                               |         | begins only while a whole one fits into the 10 s   |
| DynamoDB records the outcome  | 5 s     | as the lock                                        |
| left for everything else      | 3 s     |                                                    |

If nothing was sent, two steps replace the record. The counts are given back within 2 s: each on the
connection that has just counted, in one attempt of 1 s that begins only while it fits. And the
ReferenceId is freed within 5 s, as the lock. That leaves 1 s.

For verify, Pinpoint has the same 10 s. After a right code:

| step                          | at most | which is                                           |
|-------------------------------|---------|----------------------------------------------------|
| a credit                      | 2 s     | 3 calls on one connection, each one attempt of 1 s |
|                               |         | read (and 0.5 s connect, at first) that begins     |
|                               |         | only while 1 s remains                             |

botocore's timeouts bound usual failures only: the connect timeout applies to each of a host's
addresses, the read timeout to each part of an answer. A function that reaches its own timeout is
ended by Lambda; the ReferenceId is then held.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# The longest ValidityPeriod (60 minutes) and a margin for the function's own time: while a code is
# valid, its ReferenceId cannot get a second one.
WINDOW_SECONDS = 65 * 60

# The SDK's own default. The time limit may allow fewer.
PINPOINT_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """How long each step may take, in seconds; see the table at the top."""

    function: float = 28
    dynamodb_connect: float = 1
    dynamodb_read: float = 1
    pinpoint_connect: float = 2
    pinpoint_read: float = 7
    pinpoint_all_attempts: float = 10
    counting: float = 5
    giving_back: float = 2
    credit_connect: float = 0.5
    credit_read: float = 1
    crediting: float = 2

    @property
    def dynamodb_attempt(self) -> float:
        """How long one attempt at DynamoDB may take."""
        return self.dynamodb_connect + self.dynamodb_read

    @property
    def pinpoint_attempt(self) -> float:
        """How long one attempt at Pinpoint may take."""
        return self.pinpoint_connect + self.pinpoint_read

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "TimeLimits":
        """Read the limits that are set, such as OTP_PINPOINT_READ_SECONDS."""
        values = {
            name: float(environment[variable])
            for name in cls.__slots__
            if (variable := f"OTP_{name.upper()}_SECONDS") in environment
        }
        return cls(**values)

    def to_environment(self) -> dict[str, str]:
        """Write the function's own limit, and the others if they are not the defaults."""
        usual = type(self)()
        return {
            f"OTP_{name.upper()}_SECONDS": f"{getattr(self, name):g}"
            for name in self.__slots__
            if name == "function" or getattr(self, name) != getattr(usual, name)
        }
