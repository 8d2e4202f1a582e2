"""Rows of free lodging."""

from housing.lodging.models.life import Bar, BarReconsideration, BarState, Incident
from housing.lodging.models.night import ANYBODY, BedNight, ForfeitedNight, Purpose, RoomNight, Sex
from housing.lodging.models.settlement import Settlement, SettlementLine
from housing.lodging.models.site import Bed, BedClosure, Room, Site, SiteKind, SitePhoto, SiteRate
from housing.lodging.models.stay import (
    COMING,
    KEPT,
    LIVE,
    Booking,
    Stay,
    StayEvent,
    StayState,
    WaitingPlace,
    WaitingState,
)

__all__ = [
    "ANYBODY",
    "COMING",
    "KEPT",
    "LIVE",
    "Bar",
    "BarReconsideration",
    "BarState",
    "Bed",
    "BedClosure",
    "BedNight",
    "Booking",
    "ForfeitedNight",
    "Incident",
    "Purpose",
    "Room",
    "RoomNight",
    "Settlement",
    "SettlementLine",
    "Sex",
    "Site",
    "SiteKind",
    "SitePhoto",
    "SiteRate",
    "Stay",
    "StayEvent",
    "StayState",
    "WaitingPlace",
    "WaitingState",
]
