"""What each text of a request may be: AWS's documented limits, and what they leave open.

Source: Amazon Pinpoint developer guide, "Generate one-time passwords (OTPs)",
https://docs.aws.amazon.com/pinpoint/latest/developerguide/send-validate-otp.html
"""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Literal

from aws_lambda_powertools.utilities.parser import Field
from pydantic import AfterValidator

from .phone_number import is_possible

#: What a text must be, in words: its pattern would be hard to read, and cannot say all of it.
RULES: Mapping[str, str] = {
    "ReferenceId": "1 to 48 printable ASCII characters without spaces, such as a UUID",
    "DestinationIdentity": (
        "a phone number in E.164 format: + and the digits, as many as its country's numbers have, "
        "without the prefix that is dialled at home"
    ),
    "OriginationIdentity": "a phone number in E.164 format, short code, sender ID, pool or ARN",
    "BrandName": (
        "1 to 20 characters, some of which can be seen, and none of which is a control character "
        "or turns the direction of the text"
    ),
    "EntityId": "1 to 50 printable ASCII characters without spaces",
    "TemplateId": "1 to 50 printable ASCII characters without spaces",
    "Otp": "the code that was texted: 5 to 8 digits",
}


def _possible(number: str) -> str:
    if not is_possible(number):
        raise ValueError("No numbering plan has numbers of this length.")
    return number


# Blanks, marks and formatting; and letters and symbols that show nothing.
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Mc", "Me", "Mn", "Zl", "Zp", "Zs"})
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def _visible(name: str) -> str:
    if all(unicodedata.category(one) in _INVISIBLE_CATEGORIES or one in _INVISIBLE for one in name):
        raise ValueError("Nothing of it can be seen.")
    return name


# In pydantic's regular expressions, "$" is the very end of the text, not "before a line break".
ReferenceIdText = Annotated[str, Field(pattern=r"^[!-~]{1,48}$")]
PhoneNumber = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{1,14}$"), AfterValidator(_possible)]
# The characters that AWS's SMS and voice API (2022-03-31) takes in any origination identity.
OriginationIdentityText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_:/+-]{1,256}$")]
# No control character, not of the text's direction either, by which a name reads as another one;
# but joiners and marks, which names in Persian and Indic scripts need. Not U+FFFD: that is what a
# wrong encoding has become on its way here.
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
