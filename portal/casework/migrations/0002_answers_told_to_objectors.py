import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="noticeobjection",
            name="told_how",
            field=models.CharField(
                blank=True,
                choices=[("post", "邮寄"), ("in_person", "当面"), ("telephone", "电话")],
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="noticeobjection",
            name="told_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="noticeobjection",
            name="told_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="noticeobjection",
            name="told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="noticeobjection",
            constraint=models.CheckConstraint(
                condition=Q(told_how="", told_on__isnull=True, told_by__isnull=True, told_at__isnull=True)
                | Q(
                    ~Q(told_how=""),
                    told_on__isnull=False,
                    told_by__isnull=False,
                    told_at__isnull=False,
                    answered_at__isnull=False,
                ),
                name="an_answer_told_names_how_when_and_by_whom",
            ),
        ),
    ]
