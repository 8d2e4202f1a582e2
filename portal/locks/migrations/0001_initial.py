"""Counts of guesses."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="GuessCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(editable=False, max_length=64, unique=True)),
                ("wrong", models.PositiveSmallIntegerField(default=0)),
                ("began_at", models.DateTimeField()),
                ("locked_until", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["began_at"], name="guesses_by_age")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("locked_until__isnull", True), ("locked_until__gt", models.F("began_at")), _connector="OR"
                        ),
                        name="a_lock_ends_after_the_guesses_began",
                    )
                ],
            },
        ),
    ]
