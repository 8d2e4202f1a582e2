from django.db import migrations, models


class Migration(migrations.Migration):
    """What stands for a partner's device is switched off and has neither address nor number (ADR 0016)."""

    dependencies = [
        ("accounts", "0003_sign_in_by_phone"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="user", name="an_account_has_email_or_phone"),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("email__isnull", False), ("phone__isnull", False), ("is_active", False), _connector="OR"
                ),
                name="an_account_has_email_or_phone",
                violation_error_message="账号要有邮箱或手机号。",
            ),
        ),
    ]
