"""The state's registers: what each can answer, and in which order they are asked."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from applicants.people.choices import NumberKind

SPOUSE = "spouse_"  # facts that begin so are asked for with the spouse's name and number


@dataclass(frozen=True, slots=True)
class Register:
    """One register: ``facts`` are names in ``portal.policy.facts.FACTS``.

    ``papers`` are the kinds of identity paper whose numbers the register knows: all of one range (GB 11643). ``needs``
    are the registers that must have answered before this one can be asked about a spouse.
    """

    code: str
    title: Promise
    facts: tuple[str, ...]
    needs: tuple[str, ...] = ()
    papers: tuple[str, ...] = (NumberKind.RESIDENT,)  # whose numbers it can be asked about; for others papers remain


# In the order in which they are asked: whom somebody is married to is known before the spouse is asked about.
REGISTERS: dict[str, Register] = {
    register.code: register
    for register in (
        Register(
            "household",
            _("公安户籍登记"),
            ("birth_date", "hukou_code", "hukou_collective", "hukou_since", "deceased_on"),
        ),
        Register(
            "education",
            _("学信网学历学籍登记"),
            (
                "education",
                "study_mode",
                "school",
                "diploma_on",
                "by_upgrade",
                "national_plan",
                "overseas_certified",
                "overseas_certified_on",
                "expected_diploma_on",
            ),
        ),
        Register(
            "insurance",
            _("社会保险登记"),
            ("insurance", "first_insured_in_city", "first_job_in_city", "in_post", "employer", "pension_paid"),
            papers=(NumberKind.RESIDENT, NumberKind.RESIDENCE_PERMIT),  # the permit's number is that of the insured
        ),
        Register(
            "business",
            _("市场监管登记"),
            ("employer_kind", "employer_status", "employer_place", "business_role", "business_since"),
        ),
        Register("marriage", _("民政婚姻登记"), ("married",)),
        Register("property", _("不动产登记"), ("homes", "spouse_homes", "children_homes"), needs=("marriage",)),
        Register("grants", _("其他补贴台账"), ("prior_grants", "spouse_grants"), needs=("marriage",)),
    )
}

OF_THE_EMPLOYER = ("insurance", "business")  # their answers hold for one employer only


def registers_for(fact_names: Collection[str]) -> tuple[str, ...]:
    """The codes of the registers that can answer any of these facts, in the order in which to ask them.

    A register that another one needs is among them only where a fact about the spouse is wanted.
    """
    wanted = set(fact_names)
    codes = {code for code, register in REGISTERS.items() if wanted.intersection(register.facts)}
    about_spouse = {
        code for code in codes if any(name.startswith(SPOUSE) for name in wanted.intersection(REGISTERS[code].facts))
    }
    codes |= {needed for code in about_spouse for needed in REGISTERS[code].needs}
    return tuple(code for code in REGISTERS if code in codes)
