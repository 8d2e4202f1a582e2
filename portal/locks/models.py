"""How often somebody guessed, and until when nobody may guess any more. Whose secret it is stands there as a hash."""

from django.db import models
from django.db.models import F, Q


class GuessCount(models.Model):
    """The wrong guesses at one secret since ``began_at``. All times are real; rows are forgotten after a day."""

    key = models.CharField(max_length=64, unique=True, editable=False)
    wrong = models.PositiveSmallIntegerField(default=0)  # with those that are being looked at
    began_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(locked_until__isnull=True) | Q(locked_until__gt=F("began_at")),
                name="a_lock_ends_after_the_guesses_began",
            )
        ]
        indexes = [models.Index(fields=["began_at"], name="guesses_by_age")]

    def __str__(self) -> str:
        return f"guesses {self.pk}"
