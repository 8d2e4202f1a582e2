from django.db import migrations

import portal.vault.fields


class Migration(migrations.Migration):
    dependencies = [
        ("apartments", "0003_a_request_says_tiers_and_homes"),
    ]

    operations = [
        migrations.AddField(
            model_name="contract",
            name="text",
            field=portal.vault.fields.EncryptedJSONField(null=True),
        ),
    ]
