"""Every grant of every deployed role is needed: removing it alone breaks its scenario."""

import pytest

from .account import Account
from .grants import Grant
from .scenarios import SCENARIOS


def grants(account: Account, role: str, action: str) -> list[Grant]:
    """Return the grants of an action, one for each resource."""
    found = [grant for grant in account.roles[role].grants() if grant.action == action]
    assert found, f"the role {role} does not allow {action}, so its scenario tests nothing"
    return found


@pytest.mark.parametrize(
    ("role", "action"), [pytest.param(*key, id=" ".join(key)) for key in SCENARIOS]
)
def test_scenario_needs_its_grant(account: Account, role: str, action: str) -> None:
    """It fails as the table says without the grant, separately for each resource."""
    scenario = SCENARIOS[role, action]

    for grant in grants(account, role, action):
        with grant.removed():
            assert scenario.run(account, grant) == scenario.denied
        assert scenario.run(account, grant) == scenario.granted


def test_every_grant_has_a_scenario(account: Account) -> None:
    """A grant without a scenario is not known to be needed."""
    granted = {
        (role, grant.action) for role in account.roles for grant in account.roles[role].grants()
    }

    assert granted - SCENARIOS.keys() == set()


def test_lambda_may_assume_no_other_role(account: Account) -> None:
    """A role outside the scenarios would have untested grants."""
    assert account.roles_of_lambda() == {account.roles[name].name for name in account.functions}
