import uuid

import django.db.models.deletion
from django.db import migrations, models

import portal.vault.fields


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_delegations"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignInPhone",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", portal.vault.fields.EncryptedTextField()),
                ("number_hash", models.CharField(editable=False, max_length=64)),
                ("proven_at", models.DateTimeField()),
                ("gets_letters", models.BooleanField(default=True)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("number_hash",), name="a_phone_opens_one_account"),
                ],
            },
        ),
        migrations.AlterField(
            model_name="user",
            name="email",
            field=models.EmailField(
                blank=True,
                error_messages={"unique": "这个邮箱已有账号。"},
                max_length=254,
                null=True,
                unique=True,
                verbose_name="邮箱",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="phone",
            field=models.OneToOneField(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="accounts.signinphone",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("email__isnull", False), ("phone__isnull", False), _connector="OR"),
                name="an_account_has_email_or_phone",
                violation_error_message="账号要有邮箱或手机号。",
            ),
        ),
    ]
