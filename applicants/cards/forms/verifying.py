"""What is typed at a counter where the camera does not help."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.cards.services.codes import DIGITS
from applicants.people.fields import OFF, LineField, PickField, PlainForm, Sentence
from applicants.people.numbers import compact
from applicants.people.refusals import NumberInvalid
from portal.partners.models import PartnerPlace

BOX = OFF | {"inputmode": "numeric"}
LONGEST_NUMBER = 24


def parse_number(text: str) -> str:
    """The digits of a card number, without the spaces it is shown with. Raises NumberInvalid."""
    number = compact(text)
    if not (number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER):
        raise NumberInvalid(_("卡号只有数字，在卡片正面。"))
    return number


class DigitsField(LineField):
    """The digits of a one-time code; ``wrong`` is the sentence for anything else."""

    def __init__(self, *, wrong: Sentence, **kwargs: Any) -> None:
        super().__init__(parse=self._parse, attrs=BOX | {"maxlength": "20", "class": "is-short th-pin"}, **kwargs)
        self.wrong = wrong

    def _parse(self, text: str) -> str:
        digits = compact(text)
        if not (digits.isascii() and digits.isdigit() and len(digits) == DIGITS):
            raise NumberInvalid(self.wrong)
        return digits


class TypedCodeForm(PlainForm):
    """Number and one-time code."""

    number = LineField(
        label=gettext_lazy("卡号"),
        missing=gettext_lazy("请填写卡号。"),
        parse=parse_number,
        attrs=BOX | {"maxlength": "40"},
    )
    digits = DigitsField(
        label=gettext_lazy("核验码"),
        help_text=gettext_lazy("二维码下面的 6 位数字，每分钟换一次"),
        missing=gettext_lazy("请填写核验码。"),
        wrong=gettext_lazy("核验码是 6 位数字，在二维码下面，每分钟换一次。"),
    )


class PlaceForm(PlainForm):
    """Which of several outlets the device stands at."""

    place = PickField(
        label=gettext_lazy("您在哪家店"),
        help_text=gettext_lazy("选一次，这部设备 30 天内都记得。核验记录里会写上这家店"),
        missing=gettext_lazy("请选择您在哪家店。"),
    )

    def __init__(self, *args: Any, places: Iterable[PartnerPlace], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [(str(place.pk), place.name) for place in places]  # type: ignore[attr-defined]
