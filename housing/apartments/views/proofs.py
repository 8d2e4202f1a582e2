"""How whoever signs has just proved who they are: by allauth's sign-in or confirmation, or by a device's PIN."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest

from housing.apartments.services.signing import Proof


def tenant_proof(request: HttpRequest, *, at: datetime) -> Proof:
    """The newest sign-in or confirmation of this session; the page stands behind ``confirmed_recently``.

    Sessions know real time only: how long ago it was is taken off the portal's time.
    """
    newest = max(get_authentication_records(request, request.user), key=lambda record: record["at"])
    method = newest.get("type", newest["method"]) if newest["method"] == "mfa" else newest["method"]
    ago = timedelta(seconds=max(time.time() - newest["at"], 0))
    return Proof(at - ago, str(method)[:10])


def device_proof(request: HttpRequest) -> Proof:
    """The PIN typed on the device a moment ago; the page stands behind ``partner_only(pin_within=…)``."""
    return Proof(request.partner_device.pin_entered_at, "pin")
