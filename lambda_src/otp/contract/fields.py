"""The rules for each string of a request: AWS's documented limits, and ours where AWS has none.

Source: Amazon Pinpoint developer guide, "Generate one-time passwords (OTPs)",
https://docs.aws.amazon.com/pinpoint/latest/developerguide/send-validate-otp.html
"""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Literal

from aws_lambda_powertools.utilities.parser import Field
from pydantic import AfterValidator

from .phone_number import is_possible

#: The rules in words, for error messages: a pattern is hard to read and cannot express them all.
RULES: Mapping[str, str] = {
    "ReferenceId": "1 to 48 printable ASCII characters without spaces, such as a UUID",
    "DestinationIdentity": (
        "a phone number in E.164 format: +, the country code and the whole number, without the "
        "prefix for calls within the country"
    ),
    "OriginationIdentity": "a phone number in E.164 format, short code, sender ID, pool or ARN",
    "BrandName": (
        "1 to 20 characters, at least one of them visible, without control characters and "
        "characters that change the direction of writing"
    ),
    "EntityId": "1 to 50 printable ASCII characters without spaces",
    "TemplateId": "1 to 50 printable ASCII characters without spaces",
    "Otp": "the code that was texted: 5 to 8 digits",
}


def _possible(number: str) -> str:
    if not is_possible(number):
        raise ValueError("No numbering plan has numbers of this length.")
    return number


# Blanks, marks and format characters; below, letters and symbols without a glyph.
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Mc", "Me", "Mn", "Zl", "Zp", "Zs"})
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def _visible(name: str) -> str:
    if all(unicodedata.category(one) in _INVISIBLE_CATEGORIES or one in _INVISIBLE for one in name):
        raise ValueError("No character is visible.")
    return name


# In pydantic's regular expressions, "$" is the end of the text, not a place before a line break.
ReferenceIdText = Annotated[str, Field(pattern=r"^[!-~]{1,48}$")]
PhoneNumber = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{1,14}$"), AfterValidator(_possible)]
# The characters that AWS's SMS and voice API (2022-03-31) accepts in an origination identity.
OriginationIdentityText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_:/+-]{1,256}$")]
# No control characters and no direction overrides, which make a name read as another one. Joiners
# and marks are allowed: names in Persian and Indic scripts need them. U+FFFD is not: it is the
# trace of a wrong encoding.
BrandNameText = Annotated[
    str,
    Field(pattern=r"^[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffd]{1,20}$"),
    AfterValidator(_visible),
]
# India's DLT identifiers; their length is the SMS and voice API's (2022-03-31).
DltId = Annotated[str, Field(pattern=r"^[!-~]{1,50}$")]
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
