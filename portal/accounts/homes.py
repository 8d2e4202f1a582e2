"""Where people belong after signing in; upper floors say it of their own people in ``AppConfig.ready()``."""

from collections.abc import Callable

from portal.accounts.models import User

_homes: list[Callable[[User], str]] = []


def tell_home(home: Callable[[User], str]) -> None:
    """Ask ``home`` for the URL name of the page where a user belongs; "" for somebody else's people."""
    _homes.append(home)


def home_of(user: User) -> str:
    """The bureau goes to its desk, others where an upper floor says, everybody else to their applications."""
    if user.is_bureau:
        return "desk"
    return next(filter(None, (home(user) for home in _homes)), "applications")
