from datetime import date

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("lodging", "0003_a_bar_is_reconsidered")]

    operations = [
        migrations.RemoveConstraint(model_name="waitingplace", name="a_wait_is_for_a_night"),
        migrations.RemoveField(model_name="waitingplace", name="night_count"),
        migrations.AddField(  # nobody waits yet
            model_name="waitingplace",
            name="leaves_on",
            field=models.DateField(default=date(2026, 1, 1)),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="waitingplace",
            constraint=models.CheckConstraint(
                condition=Q(("leaves_on__gt", F("first_on"))), name="a_wait_is_for_a_night"
            ),
        ),
    ]
