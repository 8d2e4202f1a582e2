"""Makes a letter's words from its kind and context.

``templates/letters/<kind>.txt``: the first line is the subject, then paragraphs with an empty line between them. Plain
text, so nothing is escaped here; pages escape, mail is plain.
"""

from dataclasses import dataclass

from django.template import Context
from django.template.loader import get_template
from django.utils import translation

from portal.city import city
from portal.notifications.models import Letter
from portal.notifications.templatetags.letters import in_language

# Every kind gets name, reference and programme_title besides what stands here. Days are ISO dates, money is whole fen,
# words that exist in both languages are {"zh": …, "en": …}.
KINDS: dict[str, tuple[str, ...]] = {
    "receipt": ("due_on", "is_provisional"),
    "accepted": ("due_on",),
    "correction_needed": ("is_provisional", "due_on", "reason", "items"),
    "correction_received": (),
    "correction_reminder": ("due_on", "is_provisional"),
    "refused": ("clause", "reason", "decided_on", "review_body", "review_days", "reconsider_by"),
    "reconsideration_received": ("due_on", "is_provisional"),
    "reconsideration_upheld": ("answer",),
    "reconsideration_dismissed": ("clause", "reason", "decided_on", "review_body", "review_days"),
    "reconsideration_withdrawn": (),
    "approved": ("amount_fen", "instalments"),
    "withdrawn": (),
    "lapsed": ("due_on",),
    "notice_started": ("is_provisional", "starts_on", "ends_on"),
    "notice_objection_received": (),
    "objection_answered": ("answer",),
    "paid": ("amount_fen", "posted_on", "last4"),
    "payment_rejected": ("reason",),
    "recheck_due": ("due_on",),
    "policy_asked": ("asked_by", "starts_on", "note"),
    "policy_answered": ("answered_by", "is_published", "reason"),
    "payment_doubted": ("doubt",),
    "number_in_question": (),
    "sign_in_locked": ("minutes",),
    "second_factor_reset": (),
    "recovery_issued": ("hours",),
    "account_recovered": (),
    "account_linked": (),
    "partner_invited": ("partner", "link", "until"),
    "card_issued": ("number_last4", "valid_to"),
    "card_retiered": ("number_last4", "before", "after", "reason"),
    "recognition_withdrawn": ("recognition", "reason"),
    "card_suspended": ("number_last4", "reason"),
    "card_resumed": ("number_last4", "reason"),
    "card_revoked": ("number_last4", "reason"),
    "card_lost": ("number_last4",),
    "card_returned": ("number_last4",),
    "card_expired": ("number_last4", "valid_to"),
    "card_renewal_opens": ("number_last4", "valid_to", "closes_on"),
    "card_renewal_closes": ("number_last4", "valid_to"),
    "card_restored": ("number_last4", "reason"),
    "card_reconsideration_received": ("number_last4",),
    "card_reconsideration_dismissed": ("number_last4", "reason"),
    "card_reconsideration_upheld": ("number_last4", "reason"),
    "stay_arrived": ("site", "last_on", "leaves_on"),
    "stay_extended": ("site", "last_on", "leaves_on"),
    "stay_missed": ("site", "first_on", "bar_days", "nights_return"),
    "stay_corrected": ("site", "first_on", "night_count", "reason"),
    "stay_ended": ("site", "reason", "review_body", "review_days"),
    "stay_barred": (
        *("site", "first_on", "reason", "days", "until_on"),
        *("reconsider_by", "review_body", "review_days"),
    ),
    "stay_not_barred": ("site", "first_on", "reason"),
    "stay_bar_lifted": ("reason",),
    "bar_reconsideration_received": (),
    "bar_reconsideration_dismissed": ("reason", "review_body", "review_days"),
    "stay_booked": ("site", "address", "first_on", "last_on", "night_count"),
    "stay_lapsed": ("site", "first_on", "last_on"),
    "stay_turned_away": ("site", "first_on"),
    "stay_cancelled": ("site", "first_on", "last_on"),
    "bed_offered": ("site", "first_on", "last_on", "night_count", "held_until"),
    "bed_passed_on": ("site", "first_on", "last_on"),
    "waiting_over": ("site", "first_on"),
    "unit_offered": ("round_title", "home", "is_any", "answer_by", "starts_on", "refusals_left"),
    "offer_expired": ("round_title", "home", "refusals_left", "is_out"),
    "offer_withdrawn": ("round_title", "home", "reason"),
    "passed_out": ("round_title",),
    "contract_ready": ("home", "lease_number", "sign_by"),
    "lease_signed": ("home", "starts_on", "ends_on", "deposit_fen", "is_renewal"),
    "lease_begun": ("home", "ends_on"),
    "lease_cancelled": ("home", "lease_number", "reason"),
    "lease_lapsed": ("home",),
    "lease_notice_given": ("home", "leave_by"),
    "lease_term_ends": ("home", "leave_by"),
    "status_lost": ("home", "leave_by", "reason"),
    "loss_dismissed": ("home", "reason"),
    "violation_confirmed": ("home", "reason"),
    "lease_terminated": ("home", "leave_by", "reason"),
    "lease_restored": ("home", "ends_on", "reason"),
    "lease_moved_out": ("home",),
    "lease_taken_back": ("home", "reason"),
    "bill_made": ("home", "bill_kind", "month", "amount_fen", "due_on", "bill_number", "lease_number"),
    "rent_received": ("home", "amount_fen", "received_on"),
    "arrears_reminder": ("home", "bill_kind", "month", "owed_fen", "due_on", "lease_number"),
    "arrears_warning": ("home", "bill_kind", "month", "owed_fen", "due_on", "lease_number"),
    "arrears_task": ("home", "bill_kind", "month", "owed_fen", "due_on", "lease_number"),
    "deposit_settled": ("home", "paid_fen", "damage_fen", "arrears_fen", "refund_fen"),
    "renewal_opens": ("home", "ends_on", "closes_on"),
    "renewal_granted": ("home",),
    "renewal_refused": ("home", "reason"),
    "round_ranked": ("round_title", "number", "rank", "total"),
    "round_over": ("round_title",),
    "round_void": ("round_title", "reason", "is_housed"),
    "round_again": ("round_title", "void_title", "enter_by", "link"),
    "round_reconsideration_received": ("round_title",),
    "round_reconsideration_upheld": ("round_title", "reason"),
    "round_reconsideration_dismissed": ("round_title", "reason", "review_body", "review_days"),
    "delegation_made": ("is_delegate", "giver", "delegate", "roles", "starts_on", "ends_on", "reason"),
    "delegation_ended": ("giver", "delegate", "ended_by", "ended_on"),
}


@dataclass(frozen=True)
class RenderedLetter:
    """A letter as it is read: one line of subject, and paragraphs (a paragraph may hold several lines)."""

    subject: str
    paragraphs: tuple[str, ...]


def render_letter(letter: Letter, language: str | None = None) -> RenderedLetter:
    """Render in the recipient's language (Chinese for one on paper), or in ``language``.

    Raises TemplateDoesNotExist for a kind nobody wrote, SealBroken where the context does not open.
    """
    with translation.override(language or (letter.recipient.language if letter.recipient else "zh-hans")):
        context = letter.context
        words = context | {
            "reference": letter.reference,
            "title": in_language(context.get("programme_title", "")),
            "city": city(),
            "is_on_paper": letter.recipient_id is None,  # whoever has no account sees no page of ours
        }
        text = get_template(f"letters/{letter.kind}.txt").template.render(Context(words, autoescape=False))
    subject, _, body = text.strip().partition("\n")
    paragraphs = [block.strip() for block in body.split("\n\n")]
    return RenderedLetter(" ".join(subject.split()), tuple(filter(None, paragraphs)))
