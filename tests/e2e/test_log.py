"""The log of the deployed function."""

import re

from tests.support.deployment import Deployment, request


def test_the_log_holds_no_full_phone_number_and_no_code(deployment: Deployment) -> None:
    """After successes, replays and failures, this test's own and all others'.

    All others': it is asked again when the sandbox ends, in conftest.py.
    """
    numbers = [f"+12065550{last}" for last in range(100, 108)]
    for number in numbers:
        asked = request(DestinationIdentity=number, ReferenceId=f"for-{number[1:]}")
        deployment.send(asked)
        deployment.send(asked)
    deployment.send({"+12065550100": "a number as a field's name"})
    deployment.invoke({"DestinationIdentity": "+12065550100"})

    log = deployment.log()

    assert log.count('"message": "answered"') >= 18
    assert not re.search("2065550", log)
    assert deployment.texts()
    assert deployment.leaks() == []
