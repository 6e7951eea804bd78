"""The client: `OtpClient`."""

import json
import uuid
from typing import TYPE_CHECKING, Any

from .aws import Aws
from .by_invoke import ByInvoke
from .over_http import OverHttp
from .results import Sent, Verification
from .retry import ATTEMPT_SECONDS, Clock, repeating
from .transport import Operation, Success, Transport

if TYPE_CHECKING:
    import boto3
    import botocore.session


class OtpClient:
    """Sends one-time passwords and verifies them. Share one client between all threads.

    Args:
        api_url: the stack's output ApiUrl, for signed HTTP. Plain `http://` is accepted for this
            machine only, where the sandbox runs.
        send_function: the output SendFunctionArn, for `lambda:Invoke` instead of HTTP.
        verify_function: the output VerifyFunctionArn; needed to verify by `lambda:Invoke`.
        region_name: the deployment's region. By default the region in `api_url` or in the ARN, or
            else the session's.
        session: a boto3 or botocore session with the caller's credentials. By default boto3 finds
            them.
        deadline_seconds: the time limit of a whole call, with all attempts and pauses. An attempt
            has two seconds to connect, and ten between two pieces of the answer, or what is left.
        clock: replaces the clock in tests.

    Raises:
        ValueError: neither or both of `api_url` and `send_function` are given, `api_url` is plain
            http to another machine, there is no region, there are no credentials, or AWS's
            configuration cannot be read.

    """

    def __init__(
        self,
        *,
        api_url: str | None = None,
        send_function: str | None = None,
        verify_function: str | None = None,
        region_name: str | None = None,
        session: "boto3.Session | botocore.session.Session | None" = None,
        deadline_seconds: float = 30.0,
        clock: Clock | None = None,
    ) -> None:
        self._seconds = deadline_seconds
        self._clock = clock or Clock()
        attempt = min(ATTEMPT_SECONDS, deadline_seconds)
        api_url = api_url and api_url.strip()
        self._transport: Transport
        if api_url and not send_function and not verify_function:
            aws = Aws(session, region_name, api_url)
            self._transport = OverHttp(api_url, aws, attempt, self._clock)
        elif send_function and not api_url:
            aws = Aws(session, region_name, send_function)
            self._transport = ByInvoke(send_function, verify_function, aws, attempt, self._clock)
        else:
            raise ValueError(
                "Give either api_url, or send_function and, to verify, verify_function."
            )

    def send(  # noqa: PLR0913 - the fields of the contract
        self,
        destination: str,
        *,
        reference_id: str | uuid.UUID | None = None,
        brand_name: str | None = None,
        origination_identity: str | None = None,
        code_length: int | None = None,
        validity_period: int | None = None,
        allowed_attempts: int | None = None,
        language: str | None = None,
        entity_id: str | None = None,
        template_id: str | None = None,
    ) -> Sent:
        """Text a one-time password to a phone number, at most once for each ReferenceId.

        The client repeats the request, with the same ReferenceId, until the deadline: after a
        problem that is retryable, and where there was no connection or no answer.

        Args:
            destination: the phone number in E.164 format: `+12065550100`.
            reference_id: identifies this one text. By default a new random one, which the result
                or the exception holds. Give the ReferenceId of an earlier call to learn its
                outcome.
            brand_name: the brand in the text.
            origination_identity: the sender.
            code_length: the number of digits.
            validity_period: in minutes.
            allowed_attempts: how often the person may try.
            language: of the text, such as `en-US`.
            entity_id: for India.
            template_id: for India.

        Raises:
            OutcomeUnknown: the text may have gone out. Ask the person whether it arrived. If not,
                send with a new ReferenceId.
            NoAnswer: the same, but the same ReferenceId may tell the outcome later.
            Problem: no text went out; after InProgress, it may still go out.
            UnexpectedAnswer: the answer is not from the service.
            NotSent: the request could not be made.

        """
        reference_id = str(uuid.uuid4() if reference_id is None else reference_id)
        success = self._call(
            "send",
            {
                "ReferenceId": reference_id,
                "DestinationIdentity": destination,
                "BrandName": brand_name,
                "OriginationIdentity": origination_identity,
                "CodeLength": code_length,
                "ValidityPeriod": validity_period,
                "AllowedAttempts": allowed_attempts,
                "Language": language,
                "EntityId": entity_id,
                "TemplateId": template_id,
            },
        )
        return Sent(
            reference_id=reference_id,
            message_id=_message_id(success.response),
            replayed=success.replayed,
            request_id=success.request_id,
        )

    def verify(self, destination: str, reference_id: str | uuid.UUID, otp: str) -> Verification:
        """Verify a code.

        A verify is not idempotent: a wrong code uses an attempt, and a right code is valid once.
        The client repeats it only after a problem that is retryable, which means that no attempt
        was used, and where there was no connection.

        Args:
            destination: the phone number that the text was sent to.
            reference_id: the ReferenceId of the text.
            otp: the code; `read_code` reads what the person typed.

        Raises:
            OutcomeUnknown: an attempt may have been used, or the code itself.
            NoAnswer: the same.
            Problem: no attempt was used.
            UnexpectedAnswer: the answer is not from the service.
            NotSent: the request could not be made.

        """
        success = self._call(
            "verify",
            {"ReferenceId": str(reference_id), "DestinationIdentity": destination, "Otp": otp},
        )
        return Verification(
            valid=success.response.get("Valid") is True, request_id=success.request_id
        )

    def _call(self, operation: Operation, fields: dict[str, Any]) -> Success:
        # The service validates the fields, and names each bad one.
        given = {name: value for name, value in fields.items() if value is not None}
        body = json.dumps(given).encode()
        return repeating(
            lambda seconds: self._transport.attempt(operation, body, seconds),
            reference_id=fields["ReferenceId"],
            harmless=operation == "send",
            seconds=self._seconds,
            clock=self._clock,
        )


def _message_id(response: dict[str, Any]) -> str | None:
    result = response.get("Result")
    for delivery in result.values() if isinstance(result, dict) else ():
        message_id = delivery.get("MessageId") if isinstance(delivery, dict) else None
        return message_id if isinstance(message_id, str) else None
    return None
