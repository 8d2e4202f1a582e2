"""The programme free lodging 求职免费住宿, as the shared floor sees it."""

from django.utils.translation import gettext_lazy as _

from portal.casework.programmes import DECLARATION, OwnSection, Programme, register

CODE = "lodging"


def register_programme() -> None:
    """Add free lodging to the registry."""
    from housing.lodging.forms.applying import BookingForm, DeclarationForm, JobSearchForm
    from housing.lodging.services import deciding, declaring
    from housing.lodging.services.applying import BOOKING, booking_is_complete, detail_of
    from housing.lodging.services.outlook import stay_outlook

    register(
        Programme(
            code=CODE,
            prefix="LG",
            title=_("求职免费住宿"),
            summary=_("来石狮面试、找工作的毕业生，可以免费住签约酒店或驿站。"),
            icon="bed",
            is_open=True,
            is_approved_when_proven=True,
            sections=("identity", "education"),
            own_sections=(
                OwnSection(
                    BOOKING,
                    _("选床位"),
                    BookingForm,
                    is_complete=booking_is_complete,
                    answers=declaring.booking_answers,
                    page="lodging_booking",
                ),
                OwnSection(
                    "job_search",
                    _("求职证明"),
                    JobSearchForm,
                    is_complete=lambda application: detail_of(application).job_proof != "",
                    answers=declaring.job_search_answers,
                ),
                OwnSection(
                    DECLARATION,
                    _("声明"),
                    DeclarationForm,
                    is_complete=lambda application: detail_of(application).is_declared_true,
                    answers=declaring.declaration_answers,
                ),
            ),
            facts=declaring.declared_facts,
            facts_about=declaring.facts_about,
            on_submitted=deciding.hold_on_submission,
            on_approved=deciding.book_on_approval,
            on_withdrawn=deciding.release,
            on_refused=deciding.release,
            on_discarded=deciding.forget,
            town_of=declaring.town_of,
            outlook=stay_outlook,
        )
    )
