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


def aws(deployment: Deployment, operation: str, parameters: str) -> Any:
    """Run the AWS CLI against the emulator; returns what it printed."""
    state = deployment.state
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "awscli", "pinpoint", operation),
            *(f"--{operation}-request-parameters", parameters),
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


def test_the_guides_commands_get_the_documented_responses(deployment: Deployment) -> None:
    """Of sending, ApplicationId, RequestId and a result; of verifying, whether it is valid."""
    about = f"DestinationIdentity={NUMBER},ReferenceId={uuid.uuid4()}"

    sent = aws(
        deployment,
        "send-otp-message",
        "Channel=SMS,BrandName=ExampleCorp,CodeLength=5,ValidityPeriod=20,AllowedAttempts=5,"
        f"OriginationIdentity=+18555550142,{about}",
    )["MessageResponse"]
    [text] = deployment.texts(about.rpartition("=")[2])
    code = code_in(text)
    wrong = f"{(int(code) + 1) % 100_000:05}"
    said = [aws(deployment, "verify-otp-message", f"{about},Otp={otp}") for otp in (wrong, code)]

    assert sent["ApplicationId"] == deployment.state.applicationId
    assert sent["RequestId"]
    result = sent["Result"][NUMBER]
    assert (result["DeliveryStatus"], result["StatusCode"]) == ("SUCCESSFUL", 200)
    assert result["StatusMessage"] == f"MessageId: {result['MessageId']}"
    assert len(code) == 5
    assert said == [{"VerificationResponse": {"Valid": valid}} for valid in (False, True)]
