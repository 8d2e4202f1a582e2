import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.vault.fields


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0005_lists_to_take_along"),
        ("people", "0003_other_papers_and_links"),
        ("policy", "0003_reasons_for_sending_a_draft_back"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Reconsideration",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField()),
                ("stage", models.CharField(max_length=16)),
                ("asked_at", models.DateTimeField()),
                ("reason", portal.vault.fields.EncryptedTextField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("upheld", "Upheld"),
                            ("dismissed", "Dismissed"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("answer", portal.vault.fields.EncryptedTextField(blank=True, default="")),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="application",
            name="one_open_application_per_person_and_programme",
        ),
        migrations.RemoveConstraint(
            model_name="application",
            name="one_open_application_per_number_and_programme",
        ),
        migrations.RemoveConstraint(
            model_name="application",
            name="application_state_is_known",
        ),
        migrations.RemoveIndex(
            model_name="application",
            name="open_by_due_date",
        ),
        migrations.AlterField(
            model_name="application",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "草稿"),
                    ("check", "自动核对"),
                    ("accept", "受理"),
                    ("first_review", "初审"),
                    ("second_review", "复审"),
                    ("public_notice", "公示"),
                    ("final_approval", "审定"),
                    ("correction", "补正"),
                    ("objection", "公示异议处理"),
                    ("reconsideration", "复核"),
                    ("approved", "批准"),
                    ("refused", "不予批准"),
                    ("withdrawn", "已撤回"),
                    ("lapsed", "逾期终止"),
                ],
                default="draft",
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(
                    (
                        "state__in",
                        (
                            "draft",
                            "check",
                            "accept",
                            "first_review",
                            "second_review",
                            "public_notice",
                            "final_approval",
                            "correction",
                            "objection",
                            "reconsideration",
                        ),
                    )
                ),
                fields=["due_on", "id"],
                name="open_by_due_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        (
                            "draft",
                            "check",
                            "accept",
                            "first_review",
                            "second_review",
                            "public_notice",
                            "final_approval",
                            "correction",
                            "objection",
                            "reconsideration",
                        ),
                    )
                ),
                fields=("applicant", "programme"),
                name="one_open_application_per_person_and_programme",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        (
                            "draft",
                            "check",
                            "accept",
                            "first_review",
                            "second_review",
                            "public_notice",
                            "final_approval",
                            "correction",
                            "objection",
                            "reconsideration",
                        ),
                    ),
                    models.Q(("number_hash", ""), _negated=True),
                ),
                fields=("number_hash", "programme"),
                name="one_open_application_per_number_and_programme",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "draft",
                            "check",
                            "accept",
                            "first_review",
                            "second_review",
                            "public_notice",
                            "final_approval",
                            "correction",
                            "objection",
                            "reconsideration",
                            "approved",
                            "refused",
                            "withdrawn",
                            "lapsed",
                        ],
                    )
                ),
                name="application_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="steptaken",
            constraint=models.UniqueConstraint(
                condition=models.Q(("step", "refuse")),
                fields=("application", "from_state", "actor"),
                name="nobody_refuses_a_file_twice_at_one_stage",
            ),
        ),
        migrations.AddField(
            model_name="reconsideration",
            name="application",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reconsiderations", to="casework.application"
            ),
        ),
        migrations.AddField(
            model_name="reconsideration",
            name="decided_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reconsideration",
            name="decision",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reconsidered",
                to="casework.decision",
            ),
        ),
        migrations.AddField(
            model_name="reconsideration",
            name="refusal",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="casework.decision"
            ),
        ),
        migrations.AddField(
            model_name="reconsideration",
            name="refused_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="reconsideration",
            constraint=models.UniqueConstraint(
                fields=("application", "number"), name="reconsiderations_are_numbered_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="reconsideration",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "open")),
                fields=("application",),
                name="one_open_reconsideration_per_application",
            ),
        ),
        migrations.AddConstraint(
            model_name="reconsideration",
            constraint=models.UniqueConstraint(fields=("refusal",), name="a_refusal_is_reconsidered_once"),
        ),
        migrations.AddConstraint(
            model_name="reconsideration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    models.Q(("decided_by", models.F("refused_by")), _negated=True),
                    _connector="OR",
                ),
                name="a_refusal_is_reconsidered_by_somebody_else",
            ),
        ),
        migrations.AddConstraint(
            model_name="reconsideration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("decided_by__isnull", True), ("outcome", "open")),
                    models.Q(("closed_at__isnull", False), ("decided_by__isnull", True), ("outcome", "withdrawn")),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("outcome__in", ["upheld", "dismissed"]),
                        models.Q(("answer", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_reconsideration_is_decided_by_a_person_with_an_answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="reconsideration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision__isnull", False), ("outcome", "dismissed")),
                    models.Q(models.Q(("outcome", "dismissed"), _negated=True), ("decision__isnull", True)),
                    _connector="OR",
                ),
                name="a_dismissal_is_a_decision_of_its_own",
            ),
        ),
    ]
