"""What all tests share: they meet nothing of the developer's own.

Neither AWS credentials nor a sandbox that is running: the tests have one in another folder.
"""

import os

import pytest

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    "SANDBOX_FOLDER": ".sandbox-test",
}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin with what takes long, in the background."""
    from . import ahead  # noqa: PLC0415 - it reads SANDBOX_FOLDER, which is set above

    if not session.config.option.collectonly:
        fixtures = {name for item in session.items for name in getattr(item, "fixturenames", ())}
        for fixture in ahead.SANDBOXES:
            if fixture in fixtures:
                ahead.begin(fixture)


def pytest_sessionfinish() -> None:
    """Leave nothing running, however early the tests ended."""
    from . import ahead  # noqa: PLC0415 - as above

    ahead.end_all()
