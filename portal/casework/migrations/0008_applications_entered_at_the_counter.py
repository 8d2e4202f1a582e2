import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def different(one, other):
    return migrations.AddConstraint(
        model_name="application",
        constraint=models.CheckConstraint(
            condition=models.Q(
                (f"{one}__isnull", True),
                (f"{other}__isnull", True),
                models.Q((one, models.F(other)), _negated=True),
                _connector="OR",
            ),
            name=f"{one}_and_{other}_are_different_people",
        ),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0007_recusals_and_delegated_steps"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="application",
            name="entered_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        *[
            different(entering, signing)
            for entering in ("entered_by", "submitted_by")
            for signing in ("first_reviewer", "second_reviewer", "approver")
        ],
    ]
