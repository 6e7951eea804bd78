"""The files that `cdk deploy` uploads."""

import logging
import os
import subprocess
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import boto3
from moto import mock_aws
from moto.server import ThreadedMotoServer

from tests.support.checkout import CONTEXT, ROOT

_BUCKET = f"cdk-hnb659fds-assets-123456789012-{CONTEXT['region']}"


def published(assembly: Path, umask: int = -1) -> dict[str, tuple[int, int]]:
    """Publish the functions' code to an emulated bucket; returns each file's mode and checksum."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with mock_aws():  # entering and leaving it resets the server's state
        pass
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    region = CONTEXT["region"]
    session = boto3.Session("emulated", "emulated", region_name=region)
    s3 = session.client("s3", endpoint_url=url)
    s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    # `cdk bootstrap` creates this parameter.
    ssm = session.client("ssm", endpoint_url=url)
    ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
    options = ("--unstable=publish-assets", "--no-notices", "--app", str(assembly))
    subprocess.run(
        [str(ROOT / "node_modules/.bin/cdk"), "publish-assets", *options],
        env={
            **os.environ,
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "emulated",
            "AWS_SECRET_ACCESS_KEY": "emulated",
        },
        check=True,
        capture_output=True,
        umask=umask,
    )
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=_BUCKET)["Contents"]]
    [key] = [key for key in keys if key.endswith(".zip")]
    with ZipFile(BytesIO(s3.get_object(Bucket=_BUCKET, Key=key)["Body"].read())) as archive:
        files = {file.filename: (file.external_attr >> 16, file.CRC) for file in archive.infolist()}
    server.stop()
    return files
