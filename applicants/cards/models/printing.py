"""What is made of a card: its files, the batches it is printed in, and who took it at the counter."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.vault.fields import EncryptedTextField

USER = settings.AUTH_USER_MODEL


class PrintedName(models.Model):
    """How a name is spelled on the card where no font has one of its characters; agreed with the holder."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    card = models.OneToOneField("cards.Card", models.CASCADE, related_name="printed_name")
    name = EncryptedTextField()
    legal_name = EncryptedTextField(blank=True, default="")  # which it spells: another name is agreed on anew
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"printed name {self.pk}"


class CardFile(models.Model):
    """One picture or paper of a card, stored sealed. All of a card's files are made together."""

    class Kind(models.TextChoices):
        """Which: both faces with bleed for the printer, the face on a phone, both faces on paper."""

        FRONT = "front", _("正面")
        BACK = "back", _("背面")
        PHONE_PNG = "phone-png", _("手机图片 PNG")
        PHONE_WEBP = "phone-webp", _("手机图片 WebP")
        PDF = "pdf", _("两面 PDF")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    card = models.ForeignKey("cards.Card", models.PROTECT, related_name="files")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    stored_as = models.CharField(max_length=100, unique=True)
    sha256 = models.CharField(max_length=64)  # of the bytes that are handed out
    size = models.PositiveIntegerField()  # bytes
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["card", "kind"], name="a_card_has_each_file_once"),
            models.CheckConstraint(condition=Q(size__gt=0) & ~Q(sha256=""), name="a_card_file_has_its_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.card_id}"


class PrintBatch(models.Model):
    """Cards that go to the printer together."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return self.number


class PaperShown(models.TextChoices):
    """What whoever takes a card shows at the counter."""

    ID_CARD = "id_card", _("居民身份证")
    PASSPORT = "passport", _("护照")
    PERMIT = "permit", _("港澳台居民居住证或通行证")
    POWER = "power", _("委托书和代领人身份证")


class PrintLine(models.Model):
    """One card on one batch. A spoiled blank frees the card for the next batch."""

    class State(models.TextChoices):
        """How far the plastic is."""

        WAITING = "waiting", pgettext_lazy("card", "待打印")
        PRINTED = "printed", pgettext_lazy("card", "已打印，待领取")
        SPOILED = "spoiled", pgettext_lazy("card", "打废，重印")
        HANDED_OVER = "handed_over", pgettext_lazy("card", "已领取")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    batch = models.ForeignKey(PrintBatch, models.PROTECT, related_name="lines")
    card = models.ForeignKey("cards.Card", models.PROTECT, related_name="print_lines")
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    state_at = models.DateTimeField()
    state_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    paper_shown = models.CharField(max_length=10, choices=PaperShown.choices, blank=True, default="")
    taken_by = EncryptedTextField(blank=True, default="")  # the name of whoever took it
    note = EncryptedTextField(blank=True, default="")  # where the signature is kept, or how the blank was spoiled

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["card"], condition=~Q(state="spoiled"), name="a_card_is_in_one_live_print_batch"
            ),
            models.UniqueConstraint(fields=["batch", "position"], name="one_card_per_place_of_a_print_batch"),
            models.CheckConstraint(
                condition=(Q(state="handed_over") & ~Q(paper_shown="")) | (~Q(state="handed_over") & Q(paper_shown="")),
                name="a_card_handed_over_names_the_paper_shown",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.position}"
