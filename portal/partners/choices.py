"""The closed lists of this floor."""

from django.db import models
from django.utils.translation import pgettext_lazy


class PartnerKind(models.TextChoices):
    """What a partner does for the programmes."""

    HOTEL = "hotel", pgettext_lazy("partner", "酒店旅馆")
    APARTMENTS = "apartments", pgettext_lazy("partner", "公寓企业")
    MERCHANT = "merchant", pgettext_lazy("partner", "商户")


class MemberRole(models.TextChoices):
    """What somebody does for a partner. The manager has an account; the others work with an enrolled device."""

    MANAGER = "manager", pgettext_lazy("partner", "负责人")
    SITE_OPERATOR = "site_operator", pgettext_lazy("partner", "住宿经办")
    APARTMENT_OPERATOR = "apartment_operator", pgettext_lazy("partner", "公寓经办")
    CARD_VERIFIER = "card_verifier", pgettext_lazy("partner", "验卡员")


class MemberState(models.TextChoices):
    """How far a member has come."""

    INVITED = "invited", pgettext_lazy("partner", "等待登记")
    ACTIVE = "active", pgettext_lazy("partner", "在岗")
    LEFT = "left", pgettext_lazy("partner", "已离开")


# Who may work with a device at which kind of partner; a hotel may give card benefits too.
DEVICE_ROLES = {
    PartnerKind.HOTEL: (MemberRole.SITE_OPERATOR, MemberRole.CARD_VERIFIER),
    PartnerKind.APARTMENTS: (MemberRole.APARTMENT_OPERATOR,),
    PartnerKind.MERCHANT: (MemberRole.CARD_VERIFIER,),
}
