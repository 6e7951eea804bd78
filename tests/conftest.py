"""What all tests share: they meet nothing of the developer's own.

Neither AWS credentials nor a sandbox that is running: the tests have one in another folder.
"""

import os

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

# Their modules read the environment, which is set by now.
pytest_plugins = ["tests.support.sandboxed", "tests.support.workers"]
