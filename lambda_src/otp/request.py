"""What a caller may ask for: AWS's documented limits, in one place.

Source: Amazon Pinpoint developer guide, "Generate one-time passwords (OTPs)",
https://docs.aws.amazon.com/pinpoint/latest/developerguide/send-validate-otp.html

A request stays the dictionary the caller wrote, because that is what is compared when the same
ReferenceId comes again; the deployment's defaults are filled in only to send it.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypeVar, cast

from aws_lambda_powertools.utilities.parser import ValidationError, parse
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, with_config
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from .destination import is_possible
from .problems import FieldError, InvalidRequest
from .settings import SendSettings
from .telemetry import mask

if TYPE_CHECKING:
    from mypy_boto3_pinpoint.type_defs import SendOTPMessageRequestParametersTypeDef

# What a text field must be, for the schema and for the error alike.
_WANTED = {
    "ReferenceId": "1 to 48 printable ASCII characters without spaces, such as a UUID",
    "DestinationIdentity": (
        "a phone number in E.164 format: + and the digits, as many as its country's numbers have, "
        "without the prefix that is dialled at home"
    ),
    "OriginationIdentity": "a phone number in E.164 format, short code, sender ID, pool or ARN",
    "BrandName": "1 to 20 characters, none of them a control character",
    "EntityId": "1 to 50 printable ASCII characters without spaces",
    "TemplateId": "1 to 50 printable ASCII characters without spaces",
    "Otp": "the code that was texted: 5 to 8 digits",
}

_IMPOSSIBLE = "impossible_number"


def _possible(number: str) -> str:
    if not is_possible(number):
        raise PydanticCustomError(_IMPOSSIBLE, "Impossible")
    return number


# "$" is the very end of the text in pydantic's regular expressions, not "before a line break".
ReferenceIdText = Annotated[
    str, Field(pattern=r"^[!-~]{1,48}$", description=_WANTED["ReferenceId"])
]
PhoneNumber = Annotated[
    str,
    Field(pattern=r"^\+[1-9][0-9]{1,14}$", description=_WANTED["DestinationIdentity"]),
    AfterValidator(_possible),
]
# The characters that AWS's SMS and voice API (2022-03-31) takes in any origination identity.
OriginationIdentityText = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_:/+-]{1,256}$", description=_WANTED["OriginationIdentity"])
]
# U+FFFD is what a wrong encoding has become on its way here; nobody's brand holds one.
BrandNameText = Annotated[
    str, Field(pattern=r"^[^\p{Cc}\x{FFFD}]{1,20}$", description=_WANTED["BrandName"])
]
# India's DLT identifiers; their length is the SMS and voice API's (2022-03-31).
DltId = Annotated[str, Field(pattern=r"^[!-~]{1,50}$", description=_WANTED["EntityId"])]
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


# Hidden input: a ValidationError that is logged by mistake must not show the phone number.
@with_config(ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True))
class SendOtpRequest(TypedDict):
    """The fields of `SendOTPMessageRequestParameters`, spelled as in boto3."""

    ReferenceId: ReferenceIdText
    DestinationIdentity: PhoneNumber
    OriginationIdentity: NotRequired[OriginationIdentityText]
    BrandName: NotRequired[BrandNameText]
    Channel: NotRequired[Literal["SMS"]]
    CodeLength: NotRequired[Annotated[int, Field(ge=5, le=8)]]
    ValidityPeriod: NotRequired[Annotated[int, Field(ge=5, le=60, description="minutes")]]
    AllowedAttempts: NotRequired[Annotated[int, Field(ge=1, le=5)]]
    Language: NotRequired[LanguageTag]
    EntityId: NotRequired[DltId]
    TemplateId: NotRequired[DltId]


# Hidden input: as above, and it must not show the code.
@with_config(ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True))
class VerifyOtpRequest(TypedDict):
    """The fields of `VerifyOTPMessageRequestParameters`, spelled as in boto3."""

    ReferenceId: ReferenceIdText
    DestinationIdentity: PhoneNumber
    Otp: Annotated[str, Field(pattern=r"^[0-9]{5,8}$", description=_WANTED["Otp"])]


_SEND_OTP_REQUEST = TypeAdapter(SendOtpRequest)
_VERIFY_OTP_REQUEST = TypeAdapter(VerifyOtpRequest)

_Request = TypeVar("_Request")

# A request of 8 KB can hold a thousand unknown fields; nobody reads that many errors.
_MOST_ERRORS = 50


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
    adapter: TypeAdapter[_Request],
    more_errors: Callable[[Mapping[str, Any]], list[FieldError]] = lambda _: [],
) -> _Request:
    if not isinstance(payload, dict):
        raise InvalidRequest("The request must be a JSON object.")
    errors: list[FieldError] = []
    try:
        # The Parser takes a ready-made TypeAdapter as well, which its type hints do not say.
        request = parse(event=payload, model=cast("type[_Request]", adapter))
    except ValidationError as invalid:
        errors = [
            FieldError(_pointer(error["loc"]), _detail(error["loc"], error["type"], error["msg"]))
            for error in invalid.errors(include_url=False, include_input=False)
        ]
    errors += more_errors(payload)
    if errors:
        raise _bad(errors)
    return request


def _bad(errors: list[FieldError]) -> InvalidRequest:
    return InvalidRequest(
        f"The request has {len(errors)} bad field{'s' if len(errors) > 1 else ''}; see errors.",
        errors[:_MOST_ERRORS],
    )


def _dlt_errors(payload: Mapping[str, Any]) -> list[FieldError]:
    """India's DLT rules need both identifiers; one alone would be refused by the carriers."""
    for given, missing in (("EntityId", "TemplateId"), ("TemplateId", "EntityId")):
        if given in payload and missing not in payload:
            return [FieldError(f"/{missing}", f"Required together with {given}.")]
    return []


def _detail(location: tuple[int | str, ...], kind: str, message: str) -> str:
    if kind == "missing":
        return "This field is required."
    if kind == "extra_forbidden":
        return "There is no such field."
    if kind in ("string_pattern_mismatch", _IMPOSSIBLE):
        return f"Must be {_WANTED[str(location[0])]}."
    return f"{message}."


def _pointer(location: tuple[int | str, ...]) -> str:
    """Write a JSON pointer (RFC 6901); a field's name is the caller's text, so it is masked."""
    return "".join("/" + mask(str(step)).replace("~", "~0").replace("/", "~1") for step in location)
