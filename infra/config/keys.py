"""All keys together, each with a possible value; whether they fit together is judged elsewhere."""

from .api import Api
from .functions import Functions
from .guard import Guard
from .kind import Kind
from .limits import Limits
from .sending import Sending
from .values import Subject
from .watching import Watching

#: In their order.
SUBJECTS: tuple[type[Subject], ...] = (
    *(Sending, Limits, Guard),
    *(Kind, Functions, Api, Watching),
)


# pydantic takes the fields of the last one first.
class Keys(Watching, Api, Functions, Kind, Guard, Limits, Sending):
    """Every key of the configuration; docs/configuration.md says what each is."""
