"""Sender, text and countries."""

from typing import Annotated, get_args

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from lambda_src.otp.contract.fields import BrandNameText, LanguageTag, OriginationIdentityText

from .values import Countries, Flag, Subject, key, text

#: The type of the pydantic error for an empty value.
EMPTY = "empty"


def _some(countries: tuple[str, ...]) -> tuple[str, ...]:
    if not countries:
        raise PydanticCustomError(EMPTY, "No country is set")
    return countries


class Sending(Subject):
    """Sender, text and countries."""

    application_id: Annotated[str, text("[A-Za-z0-9-]{1,64}")] | None = key(
        "the ID of your Amazon Pinpoint application", "7353f53e6885409fa32d07cedexample", None
    )
    create_application: Flag = key(
        "true or false: the stack creates the Pinpoint application", "true", default=False
    )
    origination_identity: OriginationIdentityText = key(
        "the phone number, short code, sender ID, pool or ARN that sends", "+18555550142"
    )
    brand_name: BrandNameText = key("the name in the text, 1 to 20 characters", "ExampleCorp")
    allowed_countries: Annotated[Countries, AfterValidator(_some)] = key(
        "the countries whose numbers may be texted, as ISO 3166-1 alpha-2 codes", "US,CA"
    )
    language: LanguageTag | None = key(
        f"the default language, one of {', '.join(get_args(LanguageTag))}",
        "en-US",
        None,
    )
