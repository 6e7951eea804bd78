"""Before anything imports the CDK: what its Node.js side reads from the environment."""

import os

# jsii prints a long banner for Node.js releases past their end of life; 20 still runs it well.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
