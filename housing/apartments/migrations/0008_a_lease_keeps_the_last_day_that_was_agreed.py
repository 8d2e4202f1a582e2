from datetime import date, timedelta

from django.db import migrations, models


def remember_what_was_agreed(apps, schema_editor):
    """Of a lease that ends early, the year of its last day counts full: no term of another length was agreed so far."""
    for row in apps.get_model("apartments", "Lease").objects.all().iterator():
        row.agreed_until = row.ends_on
        if row.state == "ending":
            row.agreed_until = row.leave_by if row.ending == "term" else full_year(row.starts_on, row.ends_on)
        row.save(update_fields=["agreed_until"])


def full_year(first: date, last: date) -> date:
    """The last day of the year from ``first`` on that ``last`` falls into."""
    years = 1
    while (full := anniversary(first, years) - timedelta(days=1)) < last:
        years += 1
    return full


def anniversary(first: date, years: int) -> date:
    """The matching day; 28 February where there is no 29th."""
    day = 28 if (first.month, first.day) == (2, 29) else first.day
    return date(first.year + years, first.month, day)


class Migration(migrations.Migration):
    dependencies = [("apartments", "0007_photos_and_papers_of_a_lease")]

    operations = [
        migrations.AddField(
            model_name="lease",
            name="agreed_until",
            field=models.DateField(null=True),
        ),
        migrations.RunPython(remember_what_was_agreed, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="lease",
            name="agreed_until",
            field=models.DateField(),
        ),
        migrations.AddConstraint(
            model_name="lease",
            constraint=models.CheckConstraint(
                condition=models.Q(("agreed_until__gte", models.F("starts_on"))), name="a_lease_was_agreed_for_a_day"
            ),
        ),
    ]
