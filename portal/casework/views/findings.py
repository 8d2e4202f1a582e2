"""Clause by clause: the answer, the value with source and date, and what would settle it. For applicants and the desk.

The sentences are made when shown, from stored codes and values, and fit both readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applicants.people.labels import SECTION_LABELS, place_name
from applicants.registers.catalogue import REGISTERS, registers_for
from applicants.registers.services import SOURCE, is_connected, title_of
from portal.casework.models import Application, Submission
from portal.casework.services.entitling import PROFILE_FACTS
from portal.policy.assessing import FactSeen, Finding
from portal.policy.calendar import add_months
from portal.policy.conditions import Answer, Reason
from portal.policy.explanations import PROVENANCES, explain, fact_label, fact_text
from portal.policy.facts import write_value
from portal.policy.schema import Clause, PolicyDocument
from portal.ui.figures import day_text, listed

# Which section of the profile tells a fact.
SECTION_OF = {
    **dict.fromkeys(("birth_date", "hukou_code", "hukou_collective"), "identity"),
    **dict.fromkeys(("education", "study_mode", "school", "diploma_on", "overseas_certified"), "education"),
    **dict.fromkeys(("employer_kind", "employer", "first_job_in_city", "insurance"), "employment"),
    **dict.fromkeys(("first_insured_in_city", "in_post"), "employment"),
}
PLACES = ("hukou_code", "employer_place", "user_firm_place")


@dataclass(frozen=True)
class Way:
    """One thing that would settle a clause; ``section`` of the profile is where the applicant can do it."""

    text: str
    section: str = ""
    href: str = ""
    act: str = ""


@dataclass(frozen=True)
class Evidence:
    """One fact of a clause."""

    label: str
    text: str
    source: str
    as_of: date | None


@dataclass(frozen=True)
class FindingRow:
    """One clause with what is known. ``is_withheld``: a register answered, but the number is not proven yet."""

    clause: Clause
    answer: str  # "" where it is withheld
    sentence: str = ""
    evidence: list[Evidence] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    is_withheld: bool = False


def finding_rows(
    document: PolicyDocument,
    findings: Sequence[Finding],
    *,
    on: date,
    is_proven: bool,
    places: Mapping[str, str] | None = None,
) -> list[FindingRow]:
    """Every clause in the document's order. ``places`` are the addresses of the profile's sections, where it can be
    changed; ``is_proven`` says that the number is the person's own, so that registers speak of them.
    """
    found = {finding.clause: finding for finding in findings}
    known = known_texts(findings)
    rows = []
    for clause in document.clauses:
        finding = found.get(clause.code)
        if finding is None:
            continue
        if not is_proven and _asks_a_register(clause, finding):
            rows.append(FindingRow(clause, "", is_withheld=True))
            continue
        ways = [_with_place(way, places or {}) for way in ways_of(clause, finding, document, on=on, known=known)]
        evidence = [evidence_of(seen, document) for seen in finding.facts]
        rows.append(FindingRow(clause, finding.answer.value, explain(finding), evidence, ways))
    return rows


def _asks_a_register(clause: Clause, finding: Finding) -> bool:
    """Whether a register has told something here, or could have: that it knows name and number is an answer too."""
    is_told = any(seen.source.startswith(SOURCE) for seen in finding.facts)
    is_filed = any(seen.source == "application" or seen.source.startswith("paper:") for seen in finding.facts)
    return is_told or (is_filed and any(is_connected(code) for code in registers_for(clause.reads)))


def findings_of(application: Application, submission: Submission) -> tuple[list[FindingRow], str]:
    """The newest stored assessment of what was sent, for its applicant, and how it counts; nothing before the check.

    One query. What a register answered is shown once the number is proven: until then it may be about somebody else.
    """
    newest = submission.assessments.order_by("number").last()
    if newest is None:
        return [], ""
    findings = [Finding.from_json(row) for row in newest.result["findings"]]
    rows = finding_rows(
        application.policy_version.parsed,
        findings,
        on=application.submitted_on or newest.at.date(),
        is_proven=application.applicant.is_proven,
    )
    answers = [row.answer for row in rows]
    counts = [
        (answers.count("met"), _("%(count)s 条符合")),
        (answers.count("unproven"), _("%(count)s 条待证实")),
        (answers.count("unmet"), _("%(count)s 条不符合")),
        (answers.count(""), _("%(count)s 条已查询，核实号码后显示")),
    ]
    said = listed(text % {"count": count} for count, text in counts if count)
    return rows, _("%(day)s核对：%(counts)s。") % {"day": day_text(newest.at), "counts": said}


def known_texts(findings: Iterable[Finding]) -> dict[str, str]:
    """The values that clauses were decided on, as text: which papers are asked for depends on some."""
    return {seen.name: seen.value for finding in findings for seen in finding.facts}


def evidence_of(seen: FactSeen, document: PolicyDocument) -> Evidence:
    """A fact in words, with its source and date."""
    return Evidence(fact_label(seen.name), fact_words(seen.name, seen.value), source_words(seen, document), seen.as_of)


def source_words(seen: FactSeen, document: PolicyDocument) -> str:
    """Where a fact comes from: the title of a paper, or what kind of source it is."""
    kind, _colon, paper = seen.source.partition(":")
    if kind == "paper":
        return paper_title(document, paper)
    if kind == "portal":
        return _("本网站的记录")
    return str(title_of(seen.source) or PROVENANCES[seen.provenance.name.lower()])


def paper_title(document: PolicyDocument, kind: str) -> str:
    """What a kind of paper is called in ``document``; the kind itself where it asks for none such."""
    return next((str(paper.title) for paper in document.papers if paper.kind == kind), kind)


def fact_words(name: str, value: Any) -> str:
    """The value of a fact in words, places by their names."""
    text = value if isinstance(value, str) else write_value(value)
    is_code = name in PLACES and text not in ("", "-", "?")
    return place_name(text) if is_code else fact_text(name, text)


def ways_of(
    clause: Clause, finding: Finding, document: PolicyDocument, *, on: date, known: Mapping[str, Any]
) -> list[Way]:
    """What would settle ``clause``, in sentences; nothing where it is met. ``known`` are values as text."""
    if finding.answer is Answer.MET:
        return []
    days = [day for reason in finding.reasons if (day := waits_until(reason)) and day > on]
    if days:
        return [Way(_("等到 %(day)s。") % {"day": day_text(max(days))})]
    papers = _papers(clause, document, known)
    unchecked = [name for it in finding.reasons if it.kind == "provenance" for name in it.values["facts"]]
    proof = [Way(_proof(clause, unchecked, papers))] if unchecked else []
    if finding.answer is Answer.UNMET or _would_be(finding) == Answer.UNMET:
        return [*_months_missing(finding), *_corrections(finding, papers), *proof]
    ways: list[Way] = []
    for reason in finding.reasons:
        ways += _waiting(reason, papers)
    missing = list(dict.fromkeys(it.values["fact"] for it in finding.reasons if it.code == "unknown"))
    for section in dict.fromkeys(SECTION_OF.get(name, "") for name in missing):
        names = [name for name in missing if SECTION_OF.get(name, "") == section]
        ways += _missing(clause, section, names, papers)
    return list(dict.fromkeys([*ways, *proof]))


def waits_until(reason: Reason) -> date | None:
    """The day from which a reason no longer stands, where time alone ends it."""
    values = reason.values
    if (reason.kind, reason.code) in {("earlier_grants", "wait"), ("no_home", "sold"), ("between", "unmet")}:
        return date.fromisoformat(values["first_on"])
    if (reason.kind, reason.code) in {("household_in", "short"), ("own_business", "young")}:
        return add_months(date.fromisoformat(values["since_on"]), values["months"])
    if (reason.kind, reason.code) == ("within", "early"):
        return date.fromisoformat(values["anchor_on"])
    return None


def places_of(application: Application | None) -> dict[str, str]:
    """Where the sections of the profile can be changed: in the draft, where there is one."""
    if application is None or not application.is_draft:
        return {}
    return {name: reverse("application_section", args=[application.pk, name]) for name in set(SECTION_OF.values())}


def _with_place(way: Way, places: Mapping[str, str]) -> Way:
    if way.section not in places:
        return way
    act = _("去填写%(section)s") % {"section": SECTION_LABELS[way.section]}
    return Way(way.text, way.section, places[way.section], act)


def _would_be(finding: Finding) -> str:
    return next((it.values["would_be"] for it in finding.reasons if it.kind == "provenance"), "")


def _papers(clause: Clause, document: PolicyDocument, known: Mapping[str, Any]) -> str:
    kinds = [document.paper(kind) for kind in clause.papers]
    return listed(paper.title for paper in kinds if paper.is_required(known))


def _months_missing(finding: Finding) -> list[Way]:
    rows = [it.values for it in finding.reasons if it.kind == "insured_months" and it.code in ("unmet", "unmet_total")]
    left = [row["needed"] - row["months"] for row in rows]
    return [Way(_still_to_pay(count)) for count in left]


def _still_to_pay(count: int) -> str:
    return ngettext("还差 %(count)s 个月，按时缴满后再看。", "还差 %(count)s 个月，按时缴满后再看。", count) % {
        "count": count
    }


def _corrections(finding: Finding, papers: str) -> list[Way]:
    """Not met: what is declared may be wrong, what was settled may have changed."""
    declared = [it.name for it in finding.facts if it.source in ("profile", "application") and it.name in PROFILE_FACTS]
    sections = dict.fromkeys(SECTION_OF[name] for name in declared)
    if sections:
        return [Way(_("填写有误或者情况有变化的，请更正。"), section) for section in sections]
    if papers:
        return [Way(_("情况有变化的，凭%(papers)s重新核对。") % {"papers": papers})]
    return []


def _waiting(reason: Reason, papers: str) -> list[Way]:
    if reason.code in ("lagging", "lagging_total"):
        values = {"month": reason.values["month"], "papers": papers or _("参保缴费证明")}
        return [Way(_("等 %(month)s 的缴费数据入库（通常晚一到两个月），或者凭%(papers)s核对。") % values)]
    if reason.code == "pending":
        return [Way(_("留服认证办好后补交。"))]
    if reason.code == "provisional":
        return [Way(_("等那一年的放假安排公布。"))]
    return []


def _missing(clause: Clause, section: str, names: Sequence[str], papers: str) -> list[Way]:
    facts = listed(fact_label(name) for name in names)
    if section:
        return [Way(_("还没有填写：%(facts)s。") % {"facts": facts}, section)]
    if clause.proven_by == "declared":
        return [Way(_("申请这一项时由本人说明：%(facts)s。") % {"facts": facts})]
    return [Way(_proof(clause, names, papers))]


def _proof(clause: Clause, names: Sequence[str], papers: str) -> str:
    facts = listed(fact_label(name) for name in names)
    keepers = listed(register.title for register in REGISTERS.values() if set(names) & set(register.facts))
    values = {"facts": facts, "papers": papers, "registers": keepers}
    if clause.proven_by == "register" or not papers:
        return (_("由%(registers)s证实：%(facts)s。") if keepers else _("由工作人员核实：%(facts)s。")) % values
    if facts == papers:
        return _("凭%(papers)s核对。") % values
    if keepers:
        return _("凭%(papers)s核对，或者由%(registers)s证实：%(facts)s。") % values
    return _("凭%(papers)s核对：%(facts)s。") % values
