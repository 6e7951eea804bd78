"""Every grant of every role is needed: without it, and only it, something stops working.

The grants are those that IAM lists for the deployed roles; the table of scenarios says what each
action is for.
"""

import pytest

from .account import Account
from .grants import Grant
from .scenarios import SCENARIOS


def grants(account: Account, role: str, action: str) -> list[Grant]:
    """The grants of an action, of which there may be several: one for each resource."""
    found = [grant for grant in account.roles[role].grants() if grant.action == action]
    assert found, f"the role of {role} does not allow {action}: its scenario is about nothing"
    return found


@pytest.mark.parametrize(
    ("role", "action"), [pytest.param(*key, id=" ".join(key)) for key in SCENARIOS]
)
def test_it_fails_without_the_grant_and_works_with_it(
    account: Account, role: str, action: str
) -> None:
    """In the way that the table says, on each resource that the action is granted on."""
    scenario = SCENARIOS[role, action]

    for grant in grants(account, role, action):
        with grant.removed():
            assert scenario.run(account, grant) == scenario.denied
        assert scenario.run(account, grant) == scenario.granted


def test_every_grant_has_a_scenario(account: Account) -> None:
    """No role may do anything that nothing here shows to be needed."""
    granted = {
        (role, grant.action) for role in account.roles for grant in account.roles[role].grants()
    }

    assert granted - SCENARIOS.keys() == set()


def test_no_function_has_a_role_that_is_not_looked_at(account: Account) -> None:
    """Lambda may assume the roles of the scenarios, and no others."""
    assert account.roles_of_lambda() == {account.roles[name].name for name in account.functions}
