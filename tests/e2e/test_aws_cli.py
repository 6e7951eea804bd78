"""The emulator of Pinpoint's OTP operations, used by a client that nobody here wrote.

The commands are those of AWS's developer guide, "Generate one-time passwords (OTPs)" and
"Validate one-time passwords".
"""

import json
import os
import subprocess
import sys
import uuid
from typing import Any

from tests.support.deployment import Deployment, code_in

NUMBER = "+12065550007"


def aws(deployment: Deployment, *arguments: str) -> Any:
    """Run the AWS CLI against the emulator; returns what it printed."""
    state = deployment.state
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "awscli", "pinpoint", *arguments),
            *("--application-id", state.applicationId),
            *("--endpoint-url", state.pinpointEndpoint),
        ],
        env=os.environ
        | {
            "AWS_ACCESS_KEY_ID": state.accessKeyId,
            "AWS_SECRET_ACCESS_KEY": state.secretAccessKey,
            "AWS_DEFAULT_REGION": state.region,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


def send(deployment: Deployment, reference_id: str) -> Any:
    """Send as the guide does."""
    return aws(
        deployment,
        "send-otp-message",
        "--send-otp-message-request-parameters",
        "Channel=SMS,BrandName=ExampleCorp,CodeLength=5,ValidityPeriod=20,AllowedAttempts=5,"
        f"OriginationIdentity=+18555550142,DestinationIdentity={NUMBER},ReferenceId={reference_id}",
    )


def verify(deployment: Deployment, reference_id: str, otp: str) -> bool:
    """Verify as the guide does."""
    answer = aws(
        deployment,
        "verify-otp-message",
        "--verify-otp-message-request-parameters",
        f"DestinationIdentity={NUMBER},ReferenceId={reference_id},Otp={otp}",
    )
    assert answer.keys() == {"VerificationResponse"}
    valid: bool = answer["VerificationResponse"]["Valid"]
    return valid


def test_send_otp_message_gives_the_documented_response(deployment: Deployment) -> None:
    """ApplicationId, RequestId, and for the number DeliveryStatus, MessageId and StatusCode."""
    reference_id = str(uuid.uuid4())

    response = send(deployment, reference_id)["MessageResponse"]

    assert response["ApplicationId"] == deployment.state.applicationId
    assert response["RequestId"]
    result = response["Result"][NUMBER]
    assert (result["DeliveryStatus"], result["StatusCode"]) == ("SUCCESSFUL", 200)
    assert result["StatusMessage"] == f"MessageId: {result['MessageId']}"
    [text] = deployment.texts(reference_id)
    assert len(code_in(text)) == 5


def test_verify_otp_message_takes_the_code_of_the_text(deployment: Deployment) -> None:
    """Valid: true."""
    reference_id = str(uuid.uuid4())
    send(deployment, reference_id)
    [text] = deployment.texts(reference_id)

    assert verify(deployment, reference_id, code_in(text)) is True


def test_wrong_codes_exhaust_the_allowed_attempts(deployment: Deployment) -> None:
    """After five wrong ones the right one is not valid either."""
    reference_id = str(uuid.uuid4())
    send(deployment, reference_id)
    [text] = deployment.texts(reference_id)
    right = code_in(text)
    wrong = f"{(int(right) + 1) % 100_000:05}"

    assert [verify(deployment, reference_id, wrong) for _ in range(5)] == [False] * 5
    assert verify(deployment, reference_id, right) is False
