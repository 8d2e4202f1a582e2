"""What a payment rests on, as it lies sealed in the database: compared there without being opened, opened to be copied.

A line keeps the digest of the rows that were checked when it was collected. As long as they are the same byte for byte
no check that rests on them alone can have changed its answer; anything else is checked again in full.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.db.models import Func, Model, TextField
from django.utils import timezone

from applicants.people.choices import NumberKind
from applicants.people.models import Education, Employment, PayoutAccount, Person
from portal.accounts.models import User
from portal.casework.models import NoticeLine, Submission
from portal.partners.models import Partner, PartnerAccount
from portal.policy.models import PolicyVersion
from portal.vault.fields import Sealed, SealedField
from subsidies.models import Payable
from subsidies.services.checking import mark_shared_accounts

# The rows of one payable that are digested, in this order: every column of them.
BESIDE: tuple[tuple[type[Model], str], ...] = (
    (Payable, ""),
    (Person, "person__"),
    (Education, "person__education__"),
    (Employment, "person__employment__"),
)
ALONE: tuple[type[Model], ...] = (PayoutAccount, Submission)  # the newest of several
# What of them is read: for the checks made again whatever the digest says, and for the columns of the file.
READ: Mapping[type[Model], tuple[str, ...]] = {
    Payable: (
        *("id", "person_id", "application_id", "number", "gross_fen", "tax_fen", "net_fen"),
        *("approved_at", "approved_by_id", "rechecked_by_id", "doubt_settled_by_id", "policy_code", "statement"),
    ),
    Person: ("id", "user_id", "legal_name", "number_kind", "number", "phone"),
    PayoutAccount: ("id", "person_id", "number", "number_hash", "bank_name", "branch_code", "settled_by_id"),
    Submission: ("id", "application_id", "answers"),
    Partner: ("id", "name_zh", "credit_code", "contact_phone"),
    PartnerAccount: (
        *("id", "partner_id", "number", "number_hash", "bank_name", "branch_code", "given_by_id", "settled_by_id"),
    ),
}
APPLICATION = ("id", "first_reviewer_id", "second_reviewer_id", "policy_version_id")


class Evidence(NamedTuple):
    """The rows of one payable: model → column → value, sealed where it is; and what they come to."""

    rows: Mapping[type[Model], Mapping[str, Any]]
    application: Mapping[str, Any]
    is_account_shared: bool
    digest: str

    @property
    def account(self) -> Mapping[str, Any]:
        """The account that is paid to, of whatever payee; empty for none."""
        return self.rows.get(PayoutAccount) or self.rows.get(PartnerAccount) or {}

    def opened(self, model: type[Model], name: str) -> Any:
        """One value in the clear."""
        row = self.rows[model]
        value = row[name]
        if isinstance(value, Sealed):
            return cast(SealedField, model._meta.get_field(name)).open_for(value, row["id"])
        return value


class _Digest(Func):
    """SHA-256 of columns, made in the database: NULL is told apart from "", and it is clear where a column ends."""

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="ENCODE(SHA256(CONVERT_TO(CONCAT_WS(',', QUOTE_NULLABLE(%(expressions)s::text)), 'UTF8')), 'hex')",
            arg_joiner="::text), QUOTE_NULLABLE(",
            **context,
        )

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="SHA256(JSON_ARRAY(%(expressions)s))", **context)


def _digest_of(model: type[Model], prefix: str = "") -> _Digest:
    return _Digest(*(prefix + field.attname for field in model._meta.concrete_fields))


def evidence_of(payables: Collection[UUID]) -> dict[UUID, Evidence]:
    """The evidence by payable, asked by id: three queries for any number of people, two more for organisations.

    Ids and not a query of them: the database finds each by its key, whatever it knows of its tables.
    """
    names = [prefix + name for model, prefix in BESIDE for name in READ.get(model, ())]
    digests = [_digest_of(model, prefix) for model, prefix in BESIDE]
    paid = Payable.objects.filter(pk__in=payables, person__isnull=False, application__isnull=False)
    beside = [f"application__{name}" for name in APPLICATION]
    rows = list(mark_shared_accounts(paid).values_list("person", "is_account_shared", *beside, *names, *digests))
    accounts = _newest(PayoutAccount, "person_id", {row[0] for row in rows}, "ordinal")
    submissions = _newest(Submission, "application_id", {row[2] for row in rows}, "number")
    everything = {}
    for person_id, is_shared, *values in rows:
        left = iter(values)
        application = dict(zip(APPLICATION, left, strict=False))
        payable = dict(zip(READ[Payable], left, strict=False))
        person = dict(zip(READ[Person], left, strict=False))
        account, submission = accounts.get(person_id, {}), submissions.get(application["id"], {})
        seen = (*left, *(alone.get("seen", "") for alone in (account, submission)))
        everything[payable["id"]] = Evidence(
            {Payable: payable, Person: person, PayoutAccount: account, Submission: submission},
            application,
            is_shared,
            hashlib.sha256(" ".join(seen).encode()).hexdigest(),
        )
    if len(everything) < len(payables):
        everything |= _evidence_of_organisations(payables)
    return everything


def _evidence_of_organisations(payables: Collection[UUID]) -> dict[UUID, Evidence]:
    """For whom no application stands: what was signed lies in the payable, who is paid in the partner's rows."""
    names = [*READ[Payable], *(f"partner__{name}" for name in READ[Partner])]
    paid = Payable.objects.filter(pk__in=payables, partner__isnull=False)
    rows = list(paid.values_list(*names, _digest_of(Payable), _digest_of(Partner, "partner__")))
    at = len(READ[Payable])
    accounts = _newest(PartnerAccount, "partner_id", {row[at] for row in rows}, "ordinal")
    everything = {}
    for row in rows:
        left = iter(row)
        payable = dict(zip(READ[Payable], left, strict=False))
        partner = dict(zip(READ[Partner], left, strict=False))
        account = accounts.get(partner["id"], {})
        seen = " ".join((*left, account.get("seen", "")))
        models = {Payable: payable, Partner: partner, PartnerAccount: account}
        everything[payable["id"]] = Evidence(models, {}, False, hashlib.sha256(seen.encode()).hexdigest())
    return everything


def _newest(model: type[Model], owner: str, owners: Collection[UUID], number: str) -> dict[UUID, Mapping[str, Any]]:
    columns, rows = READ[model], model._default_manager.filter(**{f"{owner}__in": owners}).order_by(number)
    names = (*columns, "seen")
    # A later one takes the place of an earlier one.
    return {row[1]: dict(zip(names, row, strict=True)) for row in rows.values_list(*columns, _digest_of(model))}


class Wording:
    """The names that the columns of some payables need beside their own rows; three queries for any number."""

    def __init__(self, found: Iterable[Evidence]) -> None:
        self.zone = timezone.get_current_timezone()
        applications = [evidence.application for evidence in found if evidence.application]
        ids = {row[name] for row in applications for name in ("first_reviewer_id", "second_reviewer_id")}
        self.names = dict(User.objects.filter(pk__in=ids).values_list("pk", "display_name"))
        versions = {row["policy_version_id"] for row in applications}
        policies = PolicyVersion.objects.select_related("policy").filter(pk__in=versions)
        self.policies = {version.pk: f"{version.policy.code} {version.label}" for version in policies}
        lines = NoticeLine.objects.filter(application__in=[row["id"] for row in applications])
        notices = lines.order_by("notice__collected_at").values_list("application", "notice__number")
        self.notices: dict[UUID, str] = dict(notices)  # the one it was last shown on


@cache
def _in_chinese(kind: str) -> str:
    return NumberKind(kind).in_chinese


def columns_of(evidence: Evidence, wording: Wording, *, roll: str, position: int) -> dict[str, Any]:
    """One row of the file (policy-facts 6.3, 发放花名册); money in fen, dates ISO."""
    if Partner in evidence.rows:
        return _columns_of_organisation(evidence, wording, roll=roll, position=position)
    payable, application, opened = evidence.rows[Payable], evidence.application, evidence.opened
    answers = opened(Submission, "answers")
    months = answers["employment"].get("insured_ranges") or []
    return {
        "batch": roll,
        "position": position,
        "name": opened(Person, "legal_name"),
        "number_kind": _in_chinese(evidence.rows[Person]["number_kind"]),
        "number": opened(Person, "number"),
        "education": answers["education"]["level"],
        "employer": answers["employment"]["employer_name"],
        "credit_code": answers["employment"]["credit_code"],
        "insured": "；".join(f"{item['from']}—{item['to']}" for item in months),
        "policy": wording.policies[application["policy_version_id"]],
        "gross_fen": payable["gross_fen"],
        "tax_fen": payable["tax_fen"],
        "net_fen": payable["net_fen"],
        "account": opened(PayoutAccount, "number"),
        "bank": opened(PayoutAccount, "bank_name"),
        "branch": opened(PayoutAccount, "branch_code"),
        "phone": opened(Person, "phone"),
        "first_reviewer": wording.names.get(application["first_reviewer_id"], ""),
        "second_reviewer": wording.names.get(application["second_reviewer_id"], ""),
        "approved_on": payable["approved_at"].astimezone(wording.zone).date().isoformat(),
        "notice": wording.notices.get(application["id"], ""),
        "remark": f"第 {payable['number']} 期" if payable["number"] > 1 else "",
    }


def _columns_of_organisation(evidence: Evidence, wording: Wording, *, roll: str, position: int) -> dict[str, Any]:
    """The same columns for a partner; those about a person's study and work are empty."""
    payable, partner, opened = evidence.rows[Payable], evidence.rows[Partner], evidence.opened
    empty = ("education", "employer", "insured", "first_reviewer", "second_reviewer", "notice")
    return dict.fromkeys(empty, "") | {
        "batch": roll,
        "position": position,
        "name": partner["name_zh"],
        "number_kind": "统一社会信用代码",
        "number": partner["credit_code"],
        "credit_code": partner["credit_code"],
        "policy": payable["policy_code"],
        "gross_fen": payable["gross_fen"],
        "tax_fen": payable["tax_fen"],
        "net_fen": payable["net_fen"],
        "account": opened(PartnerAccount, "number"),
        "bank": opened(PartnerAccount, "bank_name"),
        "branch": opened(PartnerAccount, "branch_code"),
        "phone": opened(Partner, "contact_phone"),
        "approved_on": payable["approved_at"].astimezone(wording.zone).date().isoformat(),
        "remark": f"结算 {payable['statement']}",
    }
