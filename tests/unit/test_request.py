"""The limits of the contract: accepted just inside, refused just outside, all named at once."""

from typing import Any

import pytest

from tests.support.service import BRAND, NUMBER, ORIGINATION, Service, request

LANGUAGES = [
    *("de-DE", "en-GB", "en-US", "es-419", "es-ES", "fr-CA", "fr-FR"),
    *("it-IT", "ja-JP", "ko-KR", "pt-BR", "zh-CN", "zh-TW"),
]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ReferenceId", "r"),
        ("ReferenceId", "!~" * 24),
        ("DestinationIdentity", "+4915123456789"),
        ("DestinationIdentity", "+12065550007"),
        ("OriginationIdentity", "+18555550142"),
        ("OriginationIdentity", "12345"),
        ("OriginationIdentity", "MySender"),
        ("OriginationIdentity", "arn:aws:sms-voice:us-east-1:123456789012:pool/pool-0a1b"),
        ("OriginationIdentity", "x" * 256),
        ("BrandName", "B"),
        ("BrandName", "B" * 20),
        ("BrandName", "Ünïcode & Söhne 🙂"),
        ("Channel", "SMS"),
        ("CodeLength", 5),
        ("CodeLength", 8),
        ("ValidityPeriod", 5),
        ("ValidityPeriod", 60),
        ("AllowedAttempts", 1),
        ("AllowedAttempts", 5),
        *[("Language", language) for language in LANGUAGES],
    ],
)
def test_a_value_just_inside_its_limit_is_sent_as_it_is(
    service: Service, field: str, value: Any
) -> None:
    """200, and Pinpoint receives exactly this value."""
    answer = service.send(**{field: value})

    assert answer.status == 200, answer.body
    [received] = service.requests()
    assert received[field] == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ReferenceId", ""),
        ("ReferenceId", "r" * 49),
        ("ReferenceId", "two words"),
        ("ReferenceId", "ümlaut"),
        ("ReferenceId", "line\n"),
        ("ReferenceId", 1),
        ("DestinationIdentity", "12065550100"),
        ("DestinationIdentity", "+02065550100"),
        ("DestinationIdentity", "+1"),
        ("DestinationIdentity", "+12"),
        ("DestinationIdentity", "+1206555010"),
        ("DestinationIdentity", "+120655501000"),
        ("DestinationIdentity", "+999123456789"),
        ("DestinationIdentity", "+1234567890123456"),
        ("DestinationIdentity", "+1206555010x"),
        ("DestinationIdentity", "+1 206 555 0100"),
        ("DestinationIdentity", "+12065550100\n"),
        ("DestinationIdentity", "+1206555010\u0660"),
        ("OriginationIdentity", ""),
        ("OriginationIdentity", "My Sender"),
        ("OriginationIdentity", "x" * 257),
        ("BrandName", ""),
        ("BrandName", "B" * 21),
        ("BrandName", "line\nbreak"),
        ("BrandName", "wrong encoding \ufffd"),
        ("Channel", "VOICE"),
        ("Channel", "sms"),
        ("CodeLength", 4),
        ("CodeLength", 9),
        ("CodeLength", "6"),
        ("CodeLength", 6.0),
        ("CodeLength", True),
        ("CodeLength", None),
        ("ValidityPeriod", 4),
        ("ValidityPeriod", 61),
        ("AllowedAttempts", 0),
        ("AllowedAttempts", 6),
        ("Language", "en"),
        ("Language", "en-us"),
        ("EntityId", ""),
        ("EntityId", "e" * 51),
        ("TemplateId", ""),
        ("TemplateId", "two words"),
        ("Nickname", "x"),
        ("referenceId", "r"),
        ("ApplicationId", "other"),
    ],
)
def test_a_value_just_outside_its_limit_is_refused_by_name(
    service: Service, field: str, value: Any
) -> None:
    """400 with a pointer to that field, and nothing reaches Pinpoint or the table."""
    both = {"EntityId": "e", "TemplateId": "t"} if field in ("EntityId", "TemplateId") else {}
    answer = service.send(**{**both, field: value})

    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{field}"]
    assert service.requests() == []
    assert service.items() == []


@pytest.mark.parametrize("field", ["ReferenceId", "DestinationIdentity"])
def test_a_required_field_that_is_missing_is_named(service: Service, field: str) -> None:
    """Both fields that have no default."""
    asked = request()
    del asked[field]

    with pytest.raises(Exception, match="Field required") as error:
        service.invoke(asked)

    assert f"/{field}" in str(error.value)


@pytest.mark.parametrize(
    ("given", "missing"), [("EntityId", "TemplateId"), ("TemplateId", "EntityId")]
)
def test_indias_identifiers_come_together(service: Service, given: str, missing: str) -> None:
    """One without the other is refused, naming the missing one."""
    answer = service.send(**{given: "1201159"})

    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{missing}"]


def test_every_bad_field_is_named_at_once(service: Service) -> None:
    """Three bad fields, three errors."""
    answer = service.send(CodeLength=9, BrandName="", Language="xx")

    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/CodeLength", "/BrandName", "/Language"}


def test_an_error_points_to_a_field_as_json_pointers_do(service: Service) -> None:
    """RFC 6901 escapes the slash and the tilde."""
    answer = service.send(**{"a/b~c": 1})

    assert answer.json()["errors"][0]["pointer"] == "/a~1b~0c"


def test_an_error_never_holds_the_callers_value(service: Service) -> None:
    """Neither a value nor a phone number that somebody used as a field's name."""
    answer = service.send(DestinationIdentity="+1206555010x", BrandName="B" * 21, **{NUMBER: "x"})

    assert answer.status == 400
    assert "206555" not in answer.body
    assert "BBBB" not in answer.body


def test_an_absurd_number_of_bad_fields_does_not_make_an_absurd_answer(service: Service) -> None:
    """At most 50 are listed; their number is told."""
    answer = service.send(**{f"f{number}": 1 for number in range(500)})

    assert len(answer.json()["errors"]) == 50
    assert "500 bad fields" in answer.json()["detail"]


def test_every_field_reaches_pinpoint_as_given(service: Service) -> None:
    """All eleven."""
    asked = {
        "ReferenceId": "SampleReferenceId",
        "DestinationIdentity": "+12065550007",
        "OriginationIdentity": "+12065550199",
        "BrandName": "Another Brand",
        "Channel": "SMS",
        "CodeLength": 8,
        "ValidityPeriod": 20,
        "AllowedAttempts": 5,
        "Language": "fr-CA",
        "EntityId": "1201159000000000001",
        "TemplateId": "1107160000000000001",
    }

    assert service.send(**asked).status == 200

    assert service.requests() == [asked]


def test_what_is_left_out_is_filled_in_by_the_deployment(service: Service) -> None:
    """Origination and brand are the deployment's, the rest the contract's; no language is AWS's."""
    asked = request()

    service.invoke(asked)

    assert service.requests() == [
        {
            **asked,
            "OriginationIdentity": ORIGINATION,
            "BrandName": BRAND,
            "Channel": "SMS",
            "CodeLength": 6,
            "ValidityPeriod": 10,
            "AllowedAttempts": 3,
        }
    ]
