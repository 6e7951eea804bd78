"""What a caller may ask for: AWS's documented limits, in one place.

Source: Amazon Pinpoint developer guide, "Generate one-time passwords (OTPs)",
https://docs.aws.amazon.com/pinpoint/latest/developerguide/send-validate-otp.html

A request stays the dictionary the caller wrote, because that is what is compared when the same
ReferenceId comes again; the deployment's defaults are filled in only to send it.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypedDict, TypeVar, cast

from .destination import is_possible
from .fields import Fields, Text, Whole
from .problems import FieldError, InvalidRequest
from .settings import SendSettings

if TYPE_CHECKING:
    from mypy_boto3_pinpoint.type_defs import SendOTPMessageRequestParametersTypeDef

_REFERENCE_ID = Text(
    r"[!-~]{1,48}", "1 to 48 printable ASCII characters without spaces, such as a UUID"
)
_PHONE_NUMBER = Text(
    r"\+[1-9][0-9]{1,14}",
    "a phone number in E.164 format: + and the digits, as many as its country's numbers have, "
    "without the prefix that is dialled at home",
    also=is_possible,
)
# The characters that AWS's SMS and voice API (2022-03-31) takes in any origination identity.
ORIGINATION_IDENTITY = Text(
    r"[A-Za-z0-9_:/+-]{1,256}",
    "a phone number in E.164 format, short code, sender ID, pool or ARN",
)
# No control character, no half of a pair (JSON can escape one, UTF-8 cannot write it), and not
# U+FFFD: that is what a wrong encoding has become on its way here, and nobody's brand holds one.
BRAND_NAME = Text(
    r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]{1,20}",
    "1 to 20 characters, none of them a control character",
)
# India's DLT identifiers; their length is the SMS and voice API's (2022-03-31).
_DLT_ID = Text(r"[!-~]{1,50}", "1 to 50 printable ASCII characters without spaces")
_OTP = Text(r"[0-9]{5,8}", "the code that was texted: 5 to 8 digits")

LanguageTag = Literal[
    "de-DE",
    "en-GB",
    "en-US",
    "es-419",
    "es-ES",
    "fr-CA",
    "fr-FR",
    "it-IT",
    "ja-JP",
    "ko-KR",
    "pt-BR",
    "zh-CN",
    "zh-TW",
]


class SendOtpRequest(TypedDict):
    """The fields of `SendOTPMessageRequestParameters`, spelled as in boto3."""

    ReferenceId: Annotated[str, _REFERENCE_ID]
    DestinationIdentity: Annotated[str, _PHONE_NUMBER]
    OriginationIdentity: NotRequired[Annotated[str, ORIGINATION_IDENTITY]]
    BrandName: NotRequired[Annotated[str, BRAND_NAME]]
    Channel: NotRequired[Literal["SMS"]]
    CodeLength: NotRequired[Annotated[int, Whole(5, 8)]]
    ValidityPeriod: NotRequired[Annotated[int, Whole(5, 60)]]  # minutes
    AllowedAttempts: NotRequired[Annotated[int, Whole(1, 5)]]
    Language: NotRequired[LanguageTag]
    EntityId: NotRequired[Annotated[str, _DLT_ID]]
    TemplateId: NotRequired[Annotated[str, _DLT_ID]]


class VerifyOtpRequest(TypedDict):
    """The fields of `VerifyOTPMessageRequestParameters`, spelled as in boto3."""

    ReferenceId: Annotated[str, _REFERENCE_ID]
    DestinationIdentity: Annotated[str, _PHONE_NUMBER]
    Otp: Annotated[str, _OTP]


_SEND_OTP_REQUEST = Fields(SendOtpRequest)
_VERIFY_OTP_REQUEST = Fields(VerifyOtpRequest)

_Request = TypeVar("_Request")

# A request of 8 KB can hold a thousand unknown fields; nobody reads that many errors.
MOST_ERRORS = 50


def parse_send_otp(payload: object) -> SendOtpRequest:
    """Check a send request against the contract.

    Args:
        payload: the decoded JSON value, of whatever type.

    Returns:
        The request as the caller wrote it.

    Raises:
        InvalidRequest: naming every bad field at once.

    """
    return _parse(payload, _SEND_OTP_REQUEST, _dlt_errors)


def check_allowed(request: SendOtpRequest, settings: SendSettings) -> None:
    """Check what the caller chose against what this deployment lets callers choose from.

    Apart from the contract, since the operator may change it while a request is being repeated.

    Raises:
        InvalidRequest: naming every field that holds something else.

    """
    choices = {
        "OriginationIdentity": settings.allowed_origination_identities,
        "BrandName": settings.allowed_brand_names,
    }
    errors = [
        FieldError(f"/{field}", "Is not one of those that this deployment allows.")
        for field, allowed in choices.items()
        if allowed and field in request and request[field] not in allowed  # type: ignore[literal-required]  # a field of the request
    ]
    if errors:
        raise _bad(errors)


def parse_verify_otp(payload: object) -> VerifyOtpRequest:
    """Check a verify request against the contract.

    Args:
        payload: the decoded JSON value, of whatever type.

    Returns:
        The request as the caller wrote it.

    Raises:
        InvalidRequest: naming every bad field at once, and no value.

    """
    return _parse(payload, _VERIFY_OTP_REQUEST)


def with_defaults(
    request: SendOtpRequest, settings: SendSettings
) -> "SendOTPMessageRequestParametersTypeDef":
    """Fill in what the caller left out: first the deployment's choice, then the contract's.

    Ten minutes is the longest life that NIST SP 800-63B and OWASP ASVS 6.5 give such a code.
    """
    parameters: SendOTPMessageRequestParametersTypeDef = {
        "Channel": "SMS",
        "CodeLength": 6,
        "ValidityPeriod": 10,
        "AllowedAttempts": 3,
        "OriginationIdentity": settings.origination_identity,
        "BrandName": settings.brand_name,
        **request,
    }
    if settings.language:
        parameters.setdefault("Language", settings.language)
    return parameters


def _parse(
    payload: object,
    fields: Fields[_Request],
    more_errors: Callable[[Mapping[str, Any]], list[FieldError]] = lambda _: [],
) -> _Request:
    if not isinstance(payload, dict):
        raise InvalidRequest("The request must be a JSON object.")
    errors = [*fields.errors(payload), *more_errors(payload)]
    if errors:
        raise _bad(errors)
    return cast("_Request", payload)


def _bad(errors: list[FieldError]) -> InvalidRequest:
    return InvalidRequest(
        f"The request has {len(errors)} bad field{'s' if len(errors) > 1 else ''}; see errors.",
        errors[:MOST_ERRORS],
    )


def _dlt_errors(payload: Mapping[str, Any]) -> list[FieldError]:
    """India's DLT rules need both identifiers; one alone would be refused by the carriers."""
    for given, missing in (("EntityId", "TemplateId"), ("TemplateId", "EntityId")):
        if given in payload and missing not in payload:
            return [FieldError(f"/{missing}", f"Required together with {given}.")]
    return []
