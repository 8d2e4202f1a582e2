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
    "partner_invited": ("partner", "link", "until"),
    "card_issued": ("number_last4", "valid_to"),
    "card_suspended": ("number_last4", "reason"),
    "card_resumed": ("number_last4", "reason"),
    "card_revoked": ("number_last4", "reason"),
    "card_lost": ("number_last4",),
    "card_returned": ("number_last4",),
    "card_expired": ("number_last4", "valid_to"),
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
