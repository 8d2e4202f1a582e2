"""The programme talent apartments 人才公寓, as the shared floor sees it: approval means that one may enter rounds."""

from django.utils.translation import gettext_lazy as _

from portal.casework.programmes import DECLARATION, OwnSection, Programme, register

CODE = "apartment"


def register_programme() -> None:
    """Add talent apartments to the registry."""
    from housing.apartments.forms.applying import DeclarationForm, HouseholdForm, TypesForm
    from housing.apartments.services import applying, deciding, declaring, rechecking
    from housing.apartments.services.outlook import apartment_outlook

    register(
        Programme(
            code=CODE,
            prefix="AP",
            title=_("人才公寓租赁"),
            summary=_("在石狮没有住房的人才，按批次申请，摇号过程可查验。"),
            icon="key",  # the sprite's "key" is drawn as a building
            is_open=True,
            is_one_off=True,
            sections=("identity", "education", "employment"),
            own_sections=(
                OwnSection(
                    applying.HOUSEHOLD,
                    _("家庭情况"),
                    HouseholdForm,
                    is_complete=applying.household_is_complete,
                    answers=declaring.household_answers,
                ),
                OwnSection(
                    applying.TYPES,
                    _("想要什么房型"),
                    TypesForm,
                    is_complete=applying.types_are_complete,
                    answers=declaring.type_answers,
                ),
                OwnSection(
                    DECLARATION,
                    _("声明"),
                    DeclarationForm,
                    is_complete=applying.declaration_is_complete,
                    answers=declaring.declaration_answers,
                ),
            ),
            facts=declaring.declared_facts,
            on_approved=deciding.refuse_unnamed_spouse,
            on_register_answer=rechecking.weigh_answers,
            grants_of=declaring.leases_of,
            outlook=apartment_outlook,
        )
    )
