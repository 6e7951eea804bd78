"""Sends a code through the sandbox of this checkout, and verifies the code from its inbox."""

import json
import re
import urllib.request
from pathlib import Path

import boto3
from serverless_otp import OptedOut, OtpClient


def main(state_file: Path = Path(".sandbox/state.json")) -> None:
    """Send, verify, and try a number that always fails."""
    state = json.loads(state_file.read_text())
    client = OtpClient(
        api_url=state["apiUrl"],
        session=boto3.Session(
            state["accessKeyId"], state["secretAccessKey"], region_name=state["region"]
        ),
    )

    sent = client.send("+12065550100")
    with urllib.request.urlopen(f"{state['inboxUrl']}?referenceId={sent.reference_id}") as inbox:
        [text] = json.load(inbox)
    print(text["body"])
    [code] = re.findall(r"\b[0-9]{6}\b", text["body"])
    print(client.verify("+12065550100", sent.reference_id, code))

    try:
        client.send("+12065550101")
    except OptedOut as problem:
        print(problem)


if __name__ == "__main__":
    main()
