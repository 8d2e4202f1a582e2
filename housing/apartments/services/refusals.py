"""What apartments say no with."""

from applicants.people.refusals import Refused


class NoUnitFree(Refused):
    """No unit that fits is free: the sentence says so kindly."""


class UnitTaken(Refused):
    """A unit has another use on some of the days asked for."""


class OfferRefused(Refused):
    """An answer to an offer that cannot be taken; the sentence says why."""


class LeaseRefused(Refused):
    """A change of a lease that cannot be made; the sentence says why."""


class RoundRefused(Refused):
    """A change of a round, or an entry into one, that cannot be made; the sentence says why."""
