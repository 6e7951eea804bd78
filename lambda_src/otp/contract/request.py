"""The requests: AWS's documented limits, in one place, checked by Powertools' Parser.

Source: Amazon Pinpoint developer guide, "Generate one-time passwords (OTPs)",
https://docs.aws.amazon.com/pinpoint/latest/developerguide/send-validate-otp.html

A request stays the dictionary that the caller wrote, because that is compared when the same
ReferenceId comes again. The deployment's defaults are filled in only to send it.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from aws_lambda_powertools.utilities.parser import BaseModel, Field, ValidationError, parse
from pydantic import ConfigDict

from ..runtime.masking import mask
from ..settings import SendSettings
from ..time_limits import WINDOW_SECONDS
from .fields import (
    RULES,
    BrandNameText,
    DltId,
    LanguageTag,
    OriginationIdentityText,
    PhoneNumber,
    ReferenceIdText,
)
from .problem import FieldError
from .problems import InvalidRequest

if TYPE_CHECKING:
    from mypy_boto3_pinpoint.type_defs import (
        SendOTPMessageRequestParametersTypeDef,
        VerifyOTPMessageRequestParametersTypeDef,
    )

Request = dict[str, Any]


def _left_out(description: str) -> Any:  # noqa: ANN401 - as pydantic's own Field
    """Describe an optional field that may not be null, and whose default comes from elsewhere."""
    return Field(default_factory=str, description=description)


class _Request(BaseModel):
    # Hide the input: a ValidationError that is logged by mistake must show no number and no code.
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    ReferenceId: ReferenceIdText = Field(
        description="Identifies the text. At most one goes out for it in "
        f"{WINDOW_SECONDS // 60} minutes, so every new text needs a new, random ReferenceId."
    )
    DestinationIdentity: PhoneNumber = Field(
        description="The phone number. The operator decides which countries and types of numbers "
        "are texted, and how often."
    )


class SendOtpRequest(_Request):
    """The fields of `SendOTPMessageRequestParameters`, spelled as in boto3."""

    # India's rules (DLT) need both identifiers; one alone would be refused by the carriers.
    model_config = ConfigDict(
        json_schema_extra={
            "dependentRequired": {"EntityId": ["TemplateId"], "TemplateId": ["EntityId"]}
        }
    )

    OriginationIdentity: OriginationIdentityText = _left_out(
        "The sender of the text. The operator may allow only some."
    )
    BrandName: BrandNameText = _left_out("The name in the text. The operator may allow only some.")
    Channel: Literal["SMS"] = Field("SMS", description="How the code is sent.")
    CodeLength: int = Field(6, ge=5, le=8, description="How many digits the code has.")
    # The longest life that NIST SP 800-63B and OWASP ASVS 6.5 give such a code is ten minutes.
    ValidityPeriod: int = Field(10, ge=5, le=60, description="How many minutes the code is valid.")
    AllowedAttempts: int = Field(3, ge=1, le=5, description="How many times a code may be tried.")
    Language: LanguageTag = _left_out("The language of the text.")
    EntityId: DltId = _left_out(
        "For numbers in India: the sender's ID with the regulator (DLT). Requires TemplateId."
    )
    TemplateId: DltId = _left_out(
        "For numbers in India: the template's ID with the regulator (DLT). Requires EntityId."
    )


class VerifyOtpRequest(_Request):
    """The fields of `VerifyOTPMessageRequestParameters`, spelled as in boto3."""

    Otp: Annotated[str, Field(pattern=r"^[0-9]{5,8}$")] = Field(
        description="The code that the person typed, as a string: it may begin with a zero."
    )


# A request of 8 KB can hold a thousand unknown fields; nobody reads that many errors.
MOST_ERRORS = 50

_DEFAULTS = {
    name: field.default
    for name, field in SendOtpRequest.model_fields.items()
    if not field.is_required() and not field.default_factory
}


def parse_send_otp(payload: object) -> Request:
    """Check a send request against the contract.

    Args:
        payload: the decoded JSON value, of whatever type.

    Returns:
        The request as the caller wrote it.

    Raises:
        InvalidRequest: naming every bad field at once.

    """
    request = _object(payload)
    _refuse([*_errors(request, SendOtpRequest), *_dlt_errors(request)])
    return request


def members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Make a JSON object from its members, for `json.loads`; refuse duplicate names.

    A component in front of the API may have checked the first of two members with one name, while
    `json` uses the last (RFC 8259, section 4).

    Raises:
        InvalidRequest: naming every member that occurs twice.

    """
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        _refuse([_field_error(name, _TWICE) for name in found if times[name] > 1])
    return found


def check_allowed(request: Request, settings: SendSettings) -> None:
    """Check the caller's sender and brand against those that the deployment allows.

    Not part of the contract, since the operator may change them while a request is being repeated.

    Raises:
        InvalidRequest: naming every field with another value.

    """
    choices = {
        "OriginationIdentity": settings.allowed_origination_identities,
        "BrandName": settings.allowed_brand_names,
    }
    _refuse(
        [
            FieldError(f"/{field}", "This deployment does not allow this value.")
            for field, allowed in choices.items()
            if allowed and field in request and request[field] not in allowed
        ]
    )


def parse_verify_otp(payload: object) -> "VerifyOTPMessageRequestParametersTypeDef":
    """Check a verify request against the contract.

    Args:
        payload: the decoded JSON value, of whatever type.

    Returns:
        The request as the caller wrote it.

    Raises:
        InvalidRequest: naming every bad field at once, and no value.

    """
    request = _object(payload)
    _refuse(_errors(request, VerifyOtpRequest))
    return cast("VerifyOTPMessageRequestParametersTypeDef", request)


def with_defaults(
    request: Request, settings: SendSettings
) -> "SendOTPMessageRequestParametersTypeDef":
    """Fill in what the caller left out, with the contract's defaults and the deployment's."""
    parameters = {
        **_DEFAULTS,
        "OriginationIdentity": settings.origination_identity,
        "BrandName": settings.brand_name,
        **({"Language": settings.language} if settings.language else {}),
        **request,
    }
    return cast("SendOTPMessageRequestParametersTypeDef", parameters)


def _object(payload: object) -> Request:
    # The Parser would decode a string as JSON.
    if not isinstance(payload, dict):
        raise InvalidRequest("The request must be a JSON object.")
    return payload


def _errors(request: Request, model: type[BaseModel]) -> list[FieldError]:
    # With a name that UTF-8 cannot encode, pydantic names neither that field nor any other.
    writable = {name: value for name, value in request.items() if _is_writable(name)}
    errors = []
    try:
        parse(writable, model)
    except ValidationError as invalid:
        errors = [
            _field_error(str(error["loc"][0]), error["type"], error["msg"])
            for error in invalid.errors(
                include_url=False, include_context=False, include_input=False
            )
        ]
    return errors + [_field_error(name, _UNKNOWN) for name in request if name not in writable]


def _dlt_errors(request: Request) -> list[FieldError]:
    # Not in the model: pydantic checks across fields only when every field is valid.
    for given, missing in (("EntityId", "TemplateId"), ("TemplateId", "EntityId")):
        if given in request and missing not in request:
            return [FieldError(f"/{missing}", f"Required together with {given}.")]
    return []


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidRequest(
            f"The request has {len(errors)} bad field{'s' if len(errors) > 1 else ''}; see errors.",
            errors[:MOST_ERRORS],
        )


_UNKNOWN, _TWICE = "extra_forbidden", "twice"


def _field_error(name: str, kind: str, message: str = "") -> FieldError:
    """Describe a bad field by a JSON pointer (RFC 6901); its name, the caller's, is masked."""
    if kind == _UNKNOWN:
        detail = "There is no such field."
    elif kind == _TWICE:
        detail = "Must not occur more than once."
    elif kind in ("missing", "string_type") or name not in RULES:
        detail = f"{message}."
    else:
        detail = f"Must be {RULES[name]}."
    return FieldError("/" + mask(name).replace("~", "~0").replace("/", "~1"), detail)


def _is_writable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
