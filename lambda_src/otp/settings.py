"""The function's environment, as one value; and how long each step of a request may take.

| step                          | at most | which is                                      |
|-------------------------------|---------|-----------------------------------------------|
| API Gateway waits             | 29 s    | its default quota                             |
| the function runs             | 25 s    | OTP_FUNCTION_TIMEOUT_SECONDS, the stack's     |
| DynamoDB takes the lock       | 6 s     | 2 attempts of 1 s connect + 1.5 s read, 1 s   |
| Pinpoint answers              | 10 s    | 1 attempt of 2 s connect + 8 s read           |
| DynamoDB records the outcome  | 6 s     | as the lock                                   |
| left for everything else      | 3 s     |                                               |
"""

from collections.abc import Mapping
from dataclasses import dataclass

# The longest ValidityPeriod (60 minutes) and a margin for the function's own time: while a code
# may be valid, its ReferenceId can not get a second one.
WINDOW_SECONDS = 65 * 60

PINPOINT_CONNECT_SECONDS = 2.0
PINPOINT_READ_SECONDS = 8.0
DYNAMODB_CONNECT_SECONDS = 1.0
DYNAMODB_READ_SECONDS = 1.5
DYNAMODB_ATTEMPTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the stack tells the function.

    Attributes:
        application_id: the Amazon Pinpoint application that sends.
        table_name: the DynamoDB table that remembers ReferenceIds.
        origination_identity: the sender, where the caller names none.
        brand_name: the brand in the text, where the caller names none.
        language: the text's language, where the caller names none; None leaves it to AWS.
        function_timeout_seconds: after this long an unfinished request is surely dead.

    """

    application_id: str
    table_name: str
    origination_identity: str
    brand_name: str
    language: str | None
    function_timeout_seconds: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            KeyError: naming the variable that is not set. The function then fails to start,
                which is loud and texts nobody.

        """
        return cls(
            application_id=environment["OTP_APPLICATION_ID"],
            table_name=environment["OTP_TABLE_NAME"],
            origination_identity=environment["OTP_ORIGINATION_IDENTITY"],
            brand_name=environment["OTP_BRAND_NAME"],
            language=environment.get("OTP_LANGUAGE"),
            function_timeout_seconds=int(environment["OTP_FUNCTION_TIMEOUT_SECONDS"]),
        )
