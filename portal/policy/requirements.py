"""What a condition asks for, in words: who an amount, a scale or a rung is for. Clauses have words of their own."""

from collections.abc import Callable, Iterable, Sequence
from functools import singledispatch
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.policy.choice_labels import VALUES
from portal.policy.conditions import AllOf, AnyOf, Condition
from portal.policy.conditions.dates import AgeUnder, Between, ContractYears, NotBefore, Season, Within
from portal.policy.conditions.grants import Couple, EarlierGrants, NotGrantedBefore
from portal.policy.conditions.household import HouseholdIn, HouseholdOutside
from portal.policy.conditions.housing import BookedAhead, FreeNights, JobSearchProof, NoHome
from portal.policy.conditions.insurance import InsuredMonths, NotInsured
from portal.policy.conditions.study import (
    EducationLevel,
    FinalYearStudent,
    GraduatedFrom,
    OverseasDegreeCertified,
    RecognisedAs,
    SchoolOnList,
    StudyMode,
)
from portal.policy.conditions.work import (
    EmployerActive,
    EmployerIn,
    EmployerKind,
    FactIs,
    FirstJobInCity,
    InPost,
    OwnBusiness,
)
from portal.policy.explanations import fact_label
from portal.policy.facts import FACTS
from portal.ui.figures import day_text, listed


def requirements(conditions: Sequence[Condition]) -> str:
    """All of ``conditions`` in one sentence, without a full stop; "" where there are none."""
    return pgettext("between two conditions", "，").join(requirement(it) for it in conditions)


@singledispatch
def requirement(condition: Condition) -> str:
    """What one condition asks for, without a full stop."""
    raise NotImplementedError(condition.kind)


def span_text(years: int, months: int) -> str:
    """``2 年``, ``6 个月``, ``2 年 6 个月``."""
    parts = []
    if years:
        parts.append(ngettext("%(count)s 年", "%(count)s 年", years) % {"count": years})
    if months:
        parts.append(ngettext("%(count)s 个月", "%(count)s 个月", months) % {"count": months})
    return pgettext("years and months", " ").join(parts)


def one_of(items: Iterable[object]) -> str:
    """Items of which one is enough: ``甲、乙或丙``."""
    texts = [str(item) for item in items]
    if len(texts) < 2:
        return "".join(texts)
    return _("%(items)s或%(last)s") % {"items": listed(texts[:-1]), "last": texts[-1]}


def _values(fact: str, values: Iterable[str]) -> str:
    return one_of(FACTS[fact].choices[value] for value in values)


def _say(kind: type[Any]) -> Callable[[Callable[[Any], str]], Callable[[Any], str]]:
    return requirement.register(kind)


@_say(AllOf)
def _all(it: AllOf) -> str:
    return requirements(it.of)


@_say(AnyOf)
def _any(it: AnyOf) -> str:
    return pgettext("between two conditions of which one is enough", "；或者").join(requirement(part) for part in it.of)


@_say(EducationLevel)
def _education(it: EducationLevel) -> str:
    text = _("学历为%(values)s") % {"values": _values("education", it.levels)}
    return text if it.upgraded_counts else _("%(text)s（不含统招专升本）") % {"text": text}


@_say(StudyMode)
def _study_mode(it: StudyMode) -> str:
    text = _values("study_mode", it.modes)
    return _("%(text)s，或列入国家统一招生计划") % {"text": text} if it.national_plan_counts else text


@_say(OverseasDegreeCertified)
def _overseas(_it: OverseasDegreeCertified) -> str:
    return _("国（境）外学历经过留服认证")


@_say(SchoolOnList)
def _school(it: SchoolOnList) -> str:
    return _("毕业院校在%(title)s内") % {"title": it.title}


@_say(GraduatedFrom)
def _graduated(it: GraduatedFrom) -> str:
    return _("%(year)s 年及以后毕业") % {"year": it.year}


@_say(FinalYearStudent)
def _final_year(_it: FinalYearStudent) -> str:
    return _("一年内毕业")


@_say(RecognisedAs)
def _recognised(it: RecognisedAs) -> str:
    return _("认定为%(values)s") % {"values": _values("recognitions", it.tiers)}


@_say(HouseholdIn)
def _household(it: HouseholdIn) -> str:
    values = {"place": it.place_name, "span": span_text(0, it.months)}
    text = (_("户籍在%(place)s满 %(span)s") if it.months else _("户籍在%(place)s")) % values
    return text if it.collective_counts else _("%(text)s（集体户不算）") % {"text": text}


@_say(HouseholdOutside)
def _outside(it: HouseholdOutside) -> str:
    return _("户籍不在%(place)s") % {"place": it.place_name}


@_say(EmployerKind)
def _employer_kind(it: EmployerKind) -> str:
    if it.kinds:
        return _("单位类型为%(values)s") % {"values": _values("employer_kind", it.kinds)}
    return _("单位类型不是%(values)s") % {"values": _values("employer_kind", it.kinds_out)}


@_say(EmployerIn)
def _employer_in(it: EmployerIn) -> str:
    text = _("单位在%(place)s") % {"place": it.place_name}
    if it.dispatched_by == "agency":
        return text
    return _("%(text)s（劳务派遣的，看用工单位）") % {"text": text}


@_say(EmployerActive)
def _employer_active(_it: EmployerActive) -> str:
    return _("单位登记状态正常")


@_say(FirstJobInCity)
def _first_job(_it: FirstJobInCity) -> str:
    return _("首次在本市就业")


@_say(InPost)
def _in_post(_it: InPost) -> str:
    return _("申请时在职")


@_say(OwnBusiness)
def _own_business(it: OwnBusiness) -> str:
    values = {"roles": _values("business_role", it.roles), "span": span_text(0, it.months)}
    if it.months:
        return _("自主创业的，为%(roles)s，企业登记满 %(span)s") % values
    return _("自主创业的，为%(roles)s") % values


@_say(FactIs)
def _fact_is(it: FactIs) -> str:
    return _("%(fact)s：%(values)s") % {"fact": fact_label(it.fact), "values": _values(it.fact, it.values)}


@_say(InsuredMonths)
def _insured(it: InsuredMonths) -> str:
    values = {
        "insurances": listed(VALUES["insurances"][name] for name in it.insurances),
        "span": span_text(0, it.months),
    }
    text = (_("%(insurances)s累计缴满 %(span)s") if it.cumulative else _("%(insurances)s连续缴满 %(span)s")) % values
    return text if it.any_employer else _("%(text)s（同一单位）") % {"text": text}


@_say(NotInsured)
def _not_insured(it: NotInsured) -> str:
    return _("最近 %(span)s在本市没有缴纳社会保险") % {"span": span_text(0, it.months)}


@_say(Within)
def _within(it: Within) -> str:
    return _("从%(fact)s起 %(span)s内申请") % {"fact": fact_label(it.anchor), "span": span_text(it.years, it.months)}


@_say(AgeUnder)
def _age(it: AgeUnder) -> str:
    values = {"years": it.years, "day": VALUES["on"][it.on]}
    return (_("%(day)s不超过 %(years)s 周岁") if it.inclusive else _("%(day)s未满 %(years)s 周岁")) % values


@_say(NotBefore)
def _not_before(it: NotBefore) -> str:
    return _("%(fact)s在 %(day)s及以后") % {"fact": fact_label(it.fact), "day": day_text(it.day)}


@_say(Between)
def _between(it: Between) -> str:
    return _("%(first)s 至 %(last)s 申请") % {"first": day_text(it.first), "last": day_text(it.last)}


@_say(Season)
def _season(it: Season) -> str:
    values = {"months": listed(it.months), "first": it.first_day, "last": it.last_day}
    return _("每年 %(months)s 月的 %(first)s 日至 %(last)s 日申请") % values


@_say(ContractYears)
def _contract(it: ContractYears) -> str:
    return _("劳动合同不少于 %(span)s") % {"span": span_text(it.years, 0)}


@_say(NotGrantedBefore)
def _not_granted(it: NotGrantedBefore) -> str:
    return _("没有领过%(titles)s") % {"titles": one_of(scheme.title for scheme in it.schemes)}


@_say(EarlierGrants)
def _earlier(it: EarlierGrants) -> str:
    values = {"titles": one_of(scheme.title for scheme in it.schemes), "mode": VALUES["mode"][it.mode]}
    if it.mode == "wait":
        return _("领过%(titles)s的，满 %(span)s") % (values | {"span": span_text(0, it.wait_months)})
    return _("领过%(titles)s的：%(mode)s") % values


@_say(Couple)
def _couple(it: Couple) -> str:
    return _("夫妻：%(rule)s") % {"rule": VALUES["Couple.rule"][it.rule]}


@_say(NoHome)
def _no_home(it: NoHome) -> str:
    values = {
        "family": listed(VALUES["NoHome.family"][who] for who in it.family),
        "place": it.place_name,
        "span": span_text(it.sold_within_years, 0),
    }
    if it.sold_within_years:
        return _("%(family)s在%(place)s没有住房，%(span)s内也没有出售过") % values
    return _("%(family)s在%(place)s没有住房") % values


@_say(JobSearchProof)
def _proof(it: JobSearchProof) -> str:
    days = ngettext("%(count)s 日", "%(count)s 日", it.valid_days) % {"count": it.valid_days}
    return _("有 %(days)s内的%(titles)s") % {"days": days, "titles": _values("job_proofs", it.any_of)}


@_say(FreeNights)
def _nights(it: FreeNights) -> str:
    values = {"each": it.per_stay, "total": it.in_total, "year": it.per_year}
    if it.per_year:
        return _("每次不超过 %(each)s 晚，每年不超过 %(year)s 晚，总共不超过 %(total)s 晚") % values
    return _("每次不超过 %(each)s 晚，总共不超过 %(total)s 晚") % values


@_say(BookedAhead)
def _ahead(it: BookedAhead) -> str:
    first = ngettext("%(days)s 个工作日", "%(days)s 个工作日", it.working_days) % {"days": it.working_days}
    last = ngettext("%(count)s 日", "%(count)s 日", it.days) % {"count": it.days}
    return _("至少提前 %(first)s、最多提前 %(last)s申请") % {"first": first, "last": last}
