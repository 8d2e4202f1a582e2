"""What the file page shows, put together from stored rows: clauses, papers, answers, differences, timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from applicants.people.answers import doubts_about
from applicants.people.labels import FIELD_LABELS, SECTION_LABELS, display_value
from applicants.registers.services import title_of
from portal.casework.completeness import paper_title
from portal.casework.forms.settling import SettleForm
from portal.casework.models import Application, Assessment, ShelfPaper, StepTaken, Submission
from portal.casework.programmes import Programme
from portal.casework.services.entitling import Prospect
from portal.casework.services.evidence import declared_values
from portal.casework.states import State
from portal.casework.views.applicant_answers import own_rows
from portal.casework.views.entitlement_words import lines_of
from portal.casework.views.findings import fact_words, known_texts, ways_of
from portal.casework.workflow import APPLICANT, STEPS
from portal.policy.assessing import Assessment as Assessed
from portal.policy.assessing import FactSeen, Finding, Verdict
from portal.policy.explanations import PROVENANCES, explain, fact_label
from portal.policy.facts import FACTS, write_value
from portal.policy.schema import Clause, PolicyDocument
from portal.ui.figures import day_text, day_time_text, listed

STEP_LABELS = {
    "submit": gettext_lazy("提交申请"),
    "finish_check": gettext_lazy("自动核对完成"),
    "accept": gettext_lazy("受理"),
    "return": gettext_lazy("退回补正"),
    "pass_first": gettext_lazy("通过初审"),
    "pass_second": gettext_lazy("通过复审"),
    "send_back": gettext_lazy("退回初审"),
    "refuse": gettext_lazy("不予批准"),
    "close_notice": gettext_lazy("公示结束"),
    "suspend": gettext_lazy("公示有异议，暂停"),
    "dismiss_objection": gettext_lazy("异议不成立，继续公示"),
    "uphold_objection": gettext_lazy("异议成立，退回复审"),
    "approve": gettext_lazy("批准"),
    "resubmit": gettext_lazy("补正后再次提交"),
    "lapse": gettext_lazy("逾期没有补正，终止"),
    "withdraw": gettext_lazy("申请人撤回"),
    "ask_reconsideration": gettext_lazy("申请人申请复核"),
    "uphold_reconsideration": gettext_lazy("复核撤销原决定，重新审核"),
    "dismiss_reconsideration": gettext_lazy("复核维持不予批准"),
    "withdraw_reconsideration": gettext_lazy("申请人撤回复核申请"),
}
# The applicant's own steps: at the counter a clerk takes them, with the paper the person signed.
OWN_STEPS = frozenset(step.name for step in STEPS if step.role == APPLICANT)
# Which answer a fact comes from: a doubt about the answer stands beside the clauses that read the fact.
ANSWER_OF = {
    "birth_date": ("identity", "number"),
    "hukou_code": ("identity", "household_code"),
    "employer_kind": ("employment", "employer_kind"),
}


@dataclass(frozen=True)
class Evidence:
    """One fact of a clause: its value, where that comes from and of which day."""

    label: str
    text: str
    brief: str
    source: str
    as_of: date | None
    declared: str = ""  # what the applicant wrote, where a paper or a register says otherwise


@dataclass(frozen=True)
class ClauseRow:
    """One clause on the desk."""

    clause: Clause
    answer: str  # "" before the check
    sentence: str
    evidence: list[Evidence]
    doubts: list[str]
    papers: list[tuple[ShelfPaper, str]]  # what it is settled against, with titles
    form: SettleForm | None
    is_open: bool
    ways: list[str] = field(default_factory=list)  # what would settle it

    @property
    def brief(self) -> str:
        """The values in one line; yes and no with what they answer."""
        return pgettext("between two items", "，").join(seen.brief for seen in self.evidence)

    @property
    def sources(self) -> list[str]:
        """Where the values come from, each once."""
        return list(dict.fromkeys(seen.source for seen in self.evidence))


@dataclass(frozen=True)
class Reading:
    """Everything about one file that several parts of its page need; a fixed number of queries."""

    application: Application
    document: PolicyDocument
    submissions: list[Submission]
    assessment: Assessment | None
    shelf: list[ShelfPaper]  # what stands on it now, in the policy's order
    removed: list[ShelfPaper]
    doubts: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, application: Application) -> Reading:
        """Read submissions, the newest assessment of the newest one, and the shelf."""
        document = application.policy_version.parsed
        submissions = list(application.submissions.order_by("number"))
        newest = submissions[-1]
        order = {paper.kind: number for number, paper in enumerate(document.papers)}
        papers = application.shelf.select_related("paper").order_by("added_at", "id")
        shelf = sorted(papers, key=lambda item: order.get(item.kind, len(order)))
        return cls(
            application=application,
            document=document,
            submissions=submissions,
            assessment=newest.assessments.order_by("number").last(),
            shelf=[item for item in shelf if item.removed_at is None],
            removed=[item for item in shelf if item.removed_at is not None],
            doubts=doubts_about(newest.answers),
        )

    @property
    def answers(self) -> Mapping[str, Mapping[str, Any]]:
        """What was declared last."""
        return self.submissions[-1].answers

    @property
    def findings(self) -> list[Mapping[str, Any]]:
        """The stored findings, in the order of the clauses; none before the check."""
        return self.assessment.result["findings"] if self.assessment else []

    def paper_title(self, kind: str) -> str:
        """What a kind of paper is called."""
        return paper_title(self.document, kind)

    def titled_shelf(self) -> list[tuple[ShelfPaper, str]]:
        """The papers with their titles, numbered where a kind has several."""
        kinds = [item.kind for item in self.shelf]
        titled, seen = [], dict.fromkeys(kinds, 0)
        for item in self.shelf:
            seen[item.kind] += 1
            title = self.paper_title(item.kind)
            titled.append((item, f"{title} {seen[item.kind]}" if kinds.count(item.kind) > 1 else title))
        return titled

    def shelf_for(self, clause: Clause) -> list[tuple[ShelfPaper, str]]:
        """The papers with their titles, those that ``clause`` is settled against first, in the policy's order."""
        rank = {kind: number for number, kind in enumerate(clause.papers)}
        return sorted(self.titled_shelf(), key=lambda pair: rank.get(pair[0].kind, len(rank)))


def clause_rows(
    reading: Reading, *, may_settle: bool, bound: SettleForm | None = None, opened: str = ""
) -> list[ClauseRow]:
    """Every clause of the pinned version with what is known about it; ``bound`` is a form that was refused.

    Open is the clause named ``opened``, or the first one that is not met.
    """
    declared = {
        name: write_value(value) if not isinstance(value, str) else value
        for name, value in declared_values(reading.application, reading.submissions[-1]).items()
    }
    known = dict(declared)
    if reading.assessment:
        known |= {name: fact["value"] for name, fact in reading.assessment.facts["facts"].items()}
    found = {row["clause"]: Finding.from_json(row) for row in reading.findings}
    texts = known_texts(found.values())
    if not opened:
        opened = next((code for code, finding in found.items() if finding.answer != "met"), "")
    rows = []
    for clause in reading.document.clauses:
        finding = found.get(clause.code)
        titled = reading.shelf_for(clause)
        form = bound if bound is not None and bound.clause.code == clause.code else None
        if form is None and may_settle and clause.proven_by == "paper":
            form = SettleForm(clause=clause, values=known, shelf=titled)
        rows.append(
            ClauseRow(
                clause=clause,
                answer=finding.answer.value if finding else "",
                sentence=explain(finding) if finding else "",
                evidence=[_evidence(reading, seen, declared) for seen in finding.facts] if finding else [],
                doubts=[text for name in clause.reads if (text := reading.doubts.get(ANSWER_OF.get(name, ("", ""))))],
                papers=[pair for pair in titled if pair[0].kind in clause.papers],
                form=form,
                is_open=clause.code == opened,
                ways=_ways(reading, clause, finding, texts) if finding else [],
            )
        )
    return rows


def _ways(reading: Reading, clause: Clause, finding: Finding, texts: Mapping[str, str]) -> list[str]:
    on = reading.application.submitted_on
    ways = ways_of(clause, finding, reading.document, on=on, known=texts)
    return [way.text for way in ways if not way.section] or [way.text for way in ways]


def _evidence(reading: Reading, seen: FactSeen, declared: Mapping[str, str]) -> Evidence:
    kind, _colon, paper = seen.source.partition(":")
    source = str(title_of(seen.source) or PROVENANCES[seen.provenance.name.lower()])
    if kind == "paper":
        source = reading.paper_title(paper)
    differs = kind in ("paper", "register") and seen.name in declared and declared[seen.name] != seen.value
    return Evidence(
        label=fact_label(seen.name),
        text=fact_words(seen.name, seen.value),
        brief=_brief(seen.name, seen.value),
        source=source,
        as_of=seen.as_of,
        declared=fact_words(seen.name, declared[seen.name]) if differs else "",
    )


def _brief(name: str, value: str) -> str:
    text = fact_words(name, value)
    is_answer = FACTS[name].form == "yes_no" and value in FACTS[name].choices
    return _("%(label)s：%(value)s") % {"label": fact_label(name), "value": text} if is_answer else text


def answer_sections(reading: Reading, asked: Programme, *, is_revealed: bool) -> list[tuple[str, list[dict]]]:
    """Every section with its answers as rows; name and numbers are masked until they are revealed."""
    shared = [
        (
            str(SECTION_LABELS[section]),
            [
                {
                    "label": label,
                    "value": _shown(reading, section, name, is_revealed) or _("没有填"),
                    "doubt": reading.doubts.get((section, name), ""),
                }
                for name, label in FIELD_LABELS[section].items()
            ],
        )
        for section in asked.sections
    ]
    own = [
        (str(part.label), [row | {"doubt": ""} for row in own_rows(part, reading.answers.get(part.name, {}))])
        for part in asked.asked_sections
    ]
    return shared + own


def pictures_of(reading: Reading, asked: Programme) -> list[tuple[str, str]]:
    """The pictures that belong to answers of the newest submission: what each is, and where it is shown."""
    found = [(str(part.label), part.picture(reading.answers.get(part.name, {}))) for part in asked.asked_sections]
    return [(label, address) for label, address in found if address]


def given_text(reading: Reading) -> str:
    """What an approval would give as things stand, where that is not money; empty while it is not decided."""
    if reading.assessment is None or reading.document.makes_payable:
        return ""
    offer = Assessed.from_json(reading.assessment.result).offer
    is_decided = reading.assessment.verdict == Verdict.ELIGIBLE
    return listed(line.text for line in lines_of(reading.document, Prospect(offer=offer))[:2]) if is_decided else ""


def _shown(reading: Reading, section: str, name: str, is_revealed: bool) -> str:
    given = reading.answers[section].get(name)
    is_name = (section, name) in {("identity", "legal_name"), ("account", "holder")}
    if not is_revealed and is_name and given == reading.answers["identity"].get("legal_name"):
        return reading.application.name_masked
    return display_value(section, name, given, is_masked=not is_revealed)


def differences(reading: Reading, asked: Programme) -> list[dict[str, str]]:
    """What changed from the submission before to the last one: label, old and new, and papers that were replaced."""
    if len(reading.submissions) < 2:
        return []
    before, after = (submission.answers for submission in reading.submissions[-2:])
    changed = []
    for section in asked.sections:
        for name, label in FIELD_LABELS[section].items():
            old, new = before.get(section, {}).get(name), after.get(section, {}).get(name)
            if old != new:
                changed.append(
                    {
                        "label": str(label),
                        "old": display_value(section, name, old, is_masked=True) or _("没有填"),
                        "new": display_value(section, name, new, is_masked=True) or _("没有填"),
                    }
                )
    for part in asked.asked_sections:
        old, new = (
            {row["label"]: row["value"] for row in own_rows(part, given.get(part.name, {}))}
            for given in (before, after)
        )
        rows = [
            {"label": label, "old": old.get(label, _("没有填")), "new": new.get(label, _("没有填"))}
            for label in dict.fromkeys([*old, *new])
            if old.get(label) != new.get(label)
        ]
        if not rows and before.get(part.name) != after.get(part.name):  # another picture reads the same
            rows = [{"label": str(part.label), "old": _("旧的一份"), "new": _("新传的一份")}]
        changed += rows
    since = reading.submissions[-2].at
    for item in reading.removed:
        if item.removed_at > since:
            changed.append({"label": reading.paper_title(item.kind), "old": _("旧的一份"), "new": _("已换下")})
    for item in reading.shelf:
        if item.added_at > since:
            changed.append({"label": reading.paper_title(item.kind), "old": "—", "new": _("新传的一份")})
    return changed


def timeline_items(application: Application, steps: Sequence[StepTaken]) -> list[dict[str, str]]:
    """Every step taken, the oldest first, and where the file is now."""
    items = []
    for taken in steps:
        who = taken.actor.display_name or _("申请人") if taken.actor else _("系统")
        if taken.actor_id and taken.step in OWN_STEPS and taken.actor_id != application.applicant.user_id:
            who = _("%(who)s在柜台代录") % {"who": who}
        if taken.on_behalf_of:
            who = _("%(who)s（受%(giver)s委托）") % {"who": who, "giver": taken.on_behalf_of.display_name}
        when = _("%(time)s · %(who)s") % {"time": day_time_text(taken.at), "who": who}
        label = STEP_LABELS[taken.step]
        items.append({"title": str(label), "state": "done", "when": when, "text": taken.note.strip("-")})
    if application.is_open:
        due = _("最晚 %(day)s") % {"day": day_text(application.due_on)} if application.due_on else ""
        state = "pause" if application.state in (State.CORRECTION, State.OBJECTION) else "now"
        items.append({"title": str(State(application.state).label), "state": state, "when": due})
    return items
