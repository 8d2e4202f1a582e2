"""The public screener: at most nine anonymous questions, and the facts that an answer stands for. No database.

An answer is often coarse (a year, a month, "a state firm or an office"). Then it stands for several people, the
``ends`` between which the visitor lies, and all of them are assessed: where they differ, nothing is said but that it is
not known. A question that is skipped leaves its facts unknown.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from math import prod
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.city import city
from portal.policy.calendar import add_months, add_years
from portal.policy.conditions.grants import AboutGrants, Couple
from portal.policy.conditions.housing import NoHome
from portal.policy.conditions.study import RecognisedAs, SchoolOnList
from portal.policy.facts import Facts, Provenance, month_number, month_text
from portal.policy.schema import PolicyDocument
from portal.policy.schools import school_list

Person = dict[str, Any]  # fact → value, of one of those the visitor may be
Answers = Mapping[str, Any]  # question → code, text, or list of codes; nothing where it was skipped

MONTHS_BACK = 13
MOST_PEOPLE = 200  # that one set of answers is assessed as, by policy: anybody may ask, at any time
PRESENT = "present"
SOMEWHERE = "000000"  # an area code of nowhere
NO_LISTED_SCHOOL = "unlisted"
NONE = "-"


@dataclass(frozen=True)
class Option:
    """One answer to pick, and the people it stands for."""

    code: str
    label: Promise
    ends: tuple[Person, ...] = ()


@dataclass(frozen=True)
class Question:
    """One question: the facts it tells, and how it is answered (``since`` is a month of a list, or an option)."""

    name: str
    label: Promise
    facts: tuple[str, ...]
    form: Literal["year", "month", "one", "several", "since"] = "one"
    hint: Promise | str = ""
    options: tuple[Option, ...] = field(default=())


def _employed(kind: str) -> Person:
    return {"employer_kind": kind, "employer_place": city().code, "is_dispatched": "no", "in_post": "yes"}


QUESTIONS: tuple[Question, ...] = (
    Question("born", _("您是哪一年出生的？"), ("birth_date",), "year", _("四位数字，例如 2001。")),
    Question(
        "degree",
        _("最高学历是什么？"),
        ("education",),
        hint=_("还在读的，选即将拿到的学历。"),
        options=(
            Option("doctor", _("博士研究生"), ({"education": "doctor"},)),
            Option("master", _("硕士研究生"), ({"education": "master"},)),
            Option("bachelor", _("本科"), ({"education": "bachelor"},)),
            Option("diploma", _("大专"), ({"education": "diploma"},)),
            Option("technician", _("预备技师（技师）班"), ({"education": "technician"},)),
            Option("senior_worker", _("高级工班"), ({"education": "senior_worker"},)),
            Option("other", _("高中、中专或其他"), ({"education": "secondary"}, {"education": "other"})),
        ),
    ),
    Question(
        "study",
        _("在哪里读的？是全日制吗？"),
        ("study_mode", "school", "overseas_certified"),
        hint=_("统招专升本算全日制。"),
        options=(
            Option("listed", _("国内“双一流”高校，全日制"), ({"study_mode": "full_time", "overseas_certified": ""},)),
            Option(
                "domestic",
                _("国内其他院校，全日制"),
                ({"study_mode": "full_time", "overseas_certified": "", "school": NO_LISTED_SCHOOL},),
            ),
            Option(
                "overseas",
                _("国（境）外院校，有教育部留服认证"),
                ({"study_mode": "full_time", "overseas_certified": "yes", "school": NO_LISTED_SCHOOL},),
            ),
            Option(
                "overseas_pending",
                _("国（境）外院校，还没有留服认证"),
                ({"study_mode": "full_time", "overseas_certified": "no", "school": NO_LISTED_SCHOOL},),
            ),
            Option("part_time", _("非全日制（成人教育、自考、网络教育、在职）"), ({"study_mode": "part_time"},)),
        ),
    ),
    Question(
        "graduated",
        _("哪年哪月毕业？"),
        ("diploma_on", "expected_diploma_on"),
        "month",
        _("看毕业证书上的日期；还没毕业的，填预计毕业的年月。"),
    ),
    Question(
        "household",
        _("户籍在哪里？"),
        ("hukou_code", "hukou_collective"),
        options=(
            Option("city", _("本市"), ({"hukou_code": city().code, "hukou_collective": "no"},)),
            Option("collective", _("本市的集体户（学校、单位、人才集体户）"), ()),
            Option("elsewhere", _("其他地方"), ()),
        ),
    ),
    Question(
        "work",
        _("现在在哪里工作？"),
        ("employer_kind", "employer_place", "is_dispatched", "user_firm_place", "in_post"),
        options=(
            Option("private", _("本市的民营企业"), (_employed("private_enterprise"),)),
            Option("non_enterprise", _("本市的民办非企业单位"), (_employed("private_non_enterprise"),)),
            Option("own", _("在本市自主创业（企业或个体工商户）"), (_employed("self_employed"),)),
            Option(
                "state",
                _("本市的国有企业、事业单位或机关"),
                tuple(_employed(kind) for kind in ("state_enterprise", "public_institution", "state_organ")),
            ),
            Option("other", _("本市的其他单位"), (_employed("other"),)),
            Option(
                "dispatched",
                _("劳务派遣到本市的单位"),
                ({"is_dispatched": "yes", "user_firm_place": city().code, "in_post": "yes"},),
            ),
            Option("elsewhere", _("外地的单位"), ()),
            Option(
                "looking",
                _("还没有工作，或者正在找"),
                ({"employer_kind": NONE, "employer_place": NONE, "is_dispatched": "no", "in_post": "no"},),
            ),
        ),
    ),
    Question(
        "since",
        _("现单位从哪个月起，在本市给您缴养老保险？"),
        ("insurance", "employer", "first_insured_in_city"),
        "since",
        _("一直缴到现在、没有断也没有补缴的，选开始的那个月。"),
        (
            Option("never", _("从来没有在本市缴过"), ({"insurance": NONE, "first_insured_in_city": NONE},)),
            Option("other", _("缴过，但中间断过，或者不是现单位缴的"), ({},)),
        ),
    ),
    Question(
        "before",
        _("在现单位以前，您在本市工作过吗？"),
        ("first_job_in_city", "first_insured_in_city"),
        options=(
            Option("never", _("没有工作过，也没有缴过社会保险"), ({"first_job_in_city": "yes"},)),
            Option("insured", _("没有工作过，缴过社会保险"), ({"first_job_in_city": "yes"},)),
            Option("worked", _("工作过"), ({"first_job_in_city": "no"},)),
        ),
    ),
    Question(
        "already",
        _("下面哪些说的是您？"),
        (
            "prior_grants",
            "spouse_grants",
            "homes",
            "spouse_homes",
            "children_homes",
            "recognitions",
            "spouse_recognitions",
        ),
        "several",
        _("可以选几项；都不是的，选最后一项；不清楚的，一项也不选。"),
    ),
)
NONE_OF_THESE = "none"


def questions_for(documents: Sequence[PolicyDocument]) -> tuple[Question, ...]:
    """The questions whose facts any of ``documents`` reads."""
    read = {name for document in documents for name in document.reads}
    return tuple(question for question in QUESTIONS if not read.isdisjoint(question.facts))


def asked_facts(documents: Sequence[PolicyDocument]) -> frozenset[str]:
    """The facts that those questions tell."""
    return frozenset(name for question in questions_for(documents) for name in question.facts)


def months_back(on: date) -> list[str]:
    """The months one may have been insured since, the newest first: ``YYYY-MM``."""
    newest = month_number(on)
    return [month_text(newest - back) for back in range(MONTHS_BACK + 1)]


def sold_years(documents: Iterable[PolicyDocument]) -> int:
    """For how many years a home that was sold counts, the longest of any policy; 0 where none asks."""
    conditions = (it for document in documents for it in document.all_conditions() if isinstance(it, NoHome))
    return max((it.sold_within_years for it in conditions), default=0)


def granting(document: PolicyDocument, documents: Sequence[PolicyDocument]) -> dict[str, list[tuple[str, str]]]:
    """The schemes whose grants count for ``document``, each with an area code, by the programme they belong to."""
    programmes = {it.code: it.programme for it in documents} | {it.programme: it.programme for it in documents}
    found: dict[str, list[tuple[str, str]]] = {}
    for condition in document.all_conditions():
        for scheme in condition.schemes if isinstance(condition, AboutGrants) else ():
            area = city().code if city().code.startswith(scheme.area) else scheme.area.ljust(6, "0")
            rows = found.setdefault(programmes.get(scheme.scheme, document.programme), [])
            if (scheme.scheme, area) not in rows:
                rows.append((scheme.scheme, area))
    return found


def people_behind(
    answers: Answers, document: PolicyDocument, documents: Sequence[PolicyDocument], on: date
) -> list[Facts]:
    """Everybody whom ``answers`` may describe, as facts on ``on``: of those only what ``document`` reads, each once.

    ``documents`` are all the policies in force: they say which places and which programmes are told apart. Answers that
    describe more than ``MOST_PEOPLE`` lose the coarsest of them, as if it were skipped: its clauses are then not known.
    """
    wanted = set(document.reads)
    parts = [
        _each_once({name: value for name, value in end.items() if name in wanted} for end in part)
        for part in _parts(answers, document, documents, on)
        if part
    ]
    while prod(len(ends) for ends in parts) > MOST_PEOPLE:
        parts.remove(max(parts, key=len))
    people: list[Person] = [{}]
    for ends in parts:
        people = [person | end for person, end in product(people, ends)]
    return [Facts.of(on, person, Provenance.DECLARED, "screener") for person in _each_once(people)]


def _each_once(people: Iterable[Person]) -> list[Person]:
    return list({tuple(sorted(person.items(), key=str)): person for person in people}.values())


def _parts(
    answers: Answers, document: PolicyDocument, documents: Sequence[PolicyDocument], on: date
) -> list[list[Person]]:
    given = {question.name: answers.get(question.name) or "" for question in QUESTIONS}
    return [
        _born(given["born"], on),
        _picked("degree", given["degree"]),
        _study(given["study"], documents),
        _graduated(given["graduated"], on),
        _household(given["household"], documents),
        _work(given["work"], documents),
        _insured(given["since"], given["before"], on),
        _picked("before", given["before"]),
        *_already(given["already"] or [], document, documents, on),
    ]


def _picked(name: str, code: str) -> list[Person]:
    question = next(it for it in QUESTIONS if it.name == name)
    return [dict(end) for option in question.options if option.code == code for end in option.ends]


def _born(text: str, on: date) -> list[Person]:
    if not text:
        return []
    first, last = date(int(text), 1, 1), min(date(int(text), 12, 31), on)
    return [{"birth_date": day} for day in (first, last)]


def _study(code: str, documents: Sequence[PolicyDocument]) -> list[Person]:
    ends = _picked("study", code)
    if code != "listed":
        return ends
    lists = (it for document in documents for it in document.all_conditions() if isinstance(it, SchoolOnList))
    return [{**ends[0], "school": min(school_list(it.school_list))} for it in lists] or ends


def _graduated(text: str, on: date) -> list[Person]:
    if not text:
        return []
    year, month = (int(part) for part in text.split("-"))
    first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    ends: list[Person] = []
    if first <= on:
        ends += [{"diploma_on": day, "expected_diploma_on": NONE} for day in (first, min(last, on))]
    if last >= on:
        ends += [{"diploma_on": NONE, "expected_diploma_on": day} for day in (max(first, on), last)]
    return ends


def _places(documents: Sequence[PolicyDocument]) -> list[str]:
    """Codes of places outside the city that a policy tells apart, and of one that none does."""
    named = (getattr(it, "place", "") for document in documents for it in document.all_conditions())
    return [SOMEWHERE, *sorted({place.ljust(6, "0") for place in named if place and not place.startswith(city().code)})]


def _household(code: str, documents: Sequence[PolicyDocument]) -> list[Person]:
    if code == "collective":
        return [{"hukou_code": city().code, "hukou_collective": "yes"}]
    if code == "elsewhere":
        return [{"hukou_code": place} for place in _places(documents)]
    return _picked("household", code)


def _work(code: str, documents: Sequence[PolicyDocument]) -> list[Person]:
    if code == "elsewhere":
        return [{"employer_place": it, "is_dispatched": "no", "in_post": "yes"} for it in _places(documents)]
    return _picked("work", code)


def _insured(since: str, before: str, on: date) -> list[Person]:
    """Insured by the present employer from one month to this one; the first time in the city where never before."""
    if since in ("", "never", "other"):
        return _picked("since", since)
    starts = [since] if since != "earlier" else [month_text(month_number(on) - MONTHS_BACK - 1), "1990-01"]
    ends: list[Person] = []
    for start in starts:
        person: Person = {"insurance": f"{start}/{month_text(month_number(on))}:{PRESENT}", "employer": PRESENT}
        if before != "never":
            ends.append(person)
            continue
        first = date.fromisoformat(f"{start}-01")
        last = min(first.replace(day=monthrange(first.year, first.month)[1]), on)
        ends += [{**person, "first_insured_in_city": day} for day in (first, last)]
    return ends


def _already(
    codes: Sequence[str], document: PolicyDocument, documents: Sequence[PolicyDocument], on: date
) -> list[list[Person]]:
    """Homes, recognitions and earlier grants; whoever answers at all has said no to what is not picked."""
    if not codes:
        return []
    years = sold_years(documents)
    homes = [f"{city().code}@{add_years(on, -years - 1).isoformat()}"]
    homes += [f"{homes[0]}/{(on - timedelta(days=1)).isoformat()}"] if years else []
    nobody = {"spouse_homes": NONE, "children_homes": NONE}
    family = [{**nobody, "married": "yes", "spouse_homes": it} for it in homes]
    family += [{**nobody, "children_homes": it} for it in homes]
    rows = [*document.all_conditions(), *(it for rung in document.ladder for it in rung.when)]
    tiers = sorted({tier for it in rows if isinstance(it, RecognisedAs) for tier in it.tiers})
    unrecognised = {"recognitions": NONE, "spouse_recognitions": NONE}
    recognised = [{**unrecognised, "recognitions": it} for it in tiers]
    recognised += [{**unrecognised, "married": "yes", "spouse_recognitions": it} for it in tiers]
    programmes = {code.partition(":")[2] for code in codes if code.startswith("granted:")}
    return [
        [{"homes": it} for it in homes] if "home" in codes else [{"homes": NONE}],
        family if "family_home" in codes else [nobody],
        recognised if "recognised" in codes else [unrecognised],
        _granted(programmes, document, documents, on),
    ]


def _granted(
    programmes: set[str], document: PolicyDocument, documents: Sequence[PolicyDocument], on: date
) -> list[Person]:
    schemes = granting(document, documents)
    days = [(1, on)]
    if document.earlier_grants:  # sum and day matter, and nobody asked for them
        days = [(yuan, day) for yuan in (1, 10**6) for day in (add_months(on, -240), on)]
    is_for_couples = any(isinstance(it, Couple) for it in document.all_conditions())
    whose = ("prior_grants", "spouse_grants") if is_for_couples else ("prior_grants",)
    choices = [
        [
            (name, f"{scheme}@{area}@{yuan}@{day.isoformat()}")
            for name in whose
            for scheme, area in schemes[programme]
            for yuan, day in days
        ]
        for programme in sorted(programmes & set(schemes))
    ]
    people = []
    for picked in product(*choices):
        person: Person = {"prior_grants": NONE, "spouse_grants": NONE}
        for name, grant in picked:
            person[name] = grant if person[name] == NONE else f"{person[name]};{grant}"
            if name == "spouse_grants":
                person["married"] = "yes"
        people.append(person)
    return people
