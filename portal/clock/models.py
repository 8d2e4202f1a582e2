"""How far a demo's clock runs ahead."""

from django.db import models


class ClockOffset(models.Model):
    """One row: seconds between real time and the demo's time."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seconds = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="the_clock_has_one_offset")]

    def __str__(self) -> str:
        return f"{self.seconds} s"
