"""What proves a fact: a clause is decided only on facts proven as well as the policy demands."""

import random
from datetime import date

import pytest

from portal.policy.assessing import Assessment, Finding, assess
from portal.policy.calendar import shipped_calendar
from portal.policy.facts import Fact, Facts, Provenance
from portal.policy.schema import PolicyDocument
from tests.policy.qualifying import LS_CLAUSES, LS_PERSON, answers, assessed, document

DECLARED, PAPER, REGISTER = Provenance.DECLARED, Provenance.PAPER, Provenance.REGISTER


def ls_facts(provenance: Provenance, **changes: str) -> Facts:
    person = LS_PERSON | changes
    known = {name: value for name, value in person.items() if name != "on"}
    return Facts.of(date.fromisoformat(person["on"]), known, provenance)


def with_(facts: Facts, **better: Fact) -> Facts:
    return Facts(facts.on, {**facts.known, **better})


def is_declared(finding: Finding) -> bool:
    """Whether the clause is open because what was declared has not been checked yet."""
    return "provenance" in {reason.kind for reason in finding.reasons}


def test_ls_2022_names_paper_for_every_clause_but_the_declaration() -> None:
    needed = {clause.code: clause.proven_by for clause in document("LS-2022").clauses}
    assert needed == dict.fromkeys(LS_CLAUSES, "paper") | {"LS-8": "declared"}


@pytest.mark.parametrize("changes", [{}, {"in_post": "no"}, {"hukou_code": "350582"}, {"education": "diploma"}])
def test_declared_facts_neither_grant_nor_refuse(changes: dict[str, str]) -> None:
    assessment = assessed("LS-2022", LS_PERSON | changes, DECLARED)
    assert answers(assessment) == dict.fromkeys(LS_CLAUSES, "unproven") | {"LS-8": "met"}
    assert assessment.verdict == "undetermined"


def test_a_declared_finding_says_what_the_declared_value_would_lead_to() -> None:
    finding = assessed("LS-2022", LS_PERSON | {"in_post": "no"}, DECLARED).finding("LS-6")
    assert is_declared(finding)
    assert [(it.kind, it.code) for it in finding.reasons] == [("in_post", "unmet"), ("provenance", "declared")]
    assert finding.reasons[1].values == {"would_be": "unmet", "facts": ["in_post"], "proven_by": "paper"}


@pytest.mark.parametrize("provenance", [PAPER, REGISTER])
def test_paper_and_register_prove_what_asks_for_paper(provenance: Provenance) -> None:
    assert assessed("LS-2022", LS_PERSON, provenance).verdict == "eligible"


def test_the_declaration_is_enough_for_ls_8() -> None:
    grant = "YTE-2024@350581@25000@2024-05-20"
    assert assessed("LS-2022", LS_PERSON | {"prior_grants": grant}, DECLARED).clauses("unmet") == ("LS-8",)


def test_the_precheck_of_a_draft_trusts_what_is_declared() -> None:
    assert assessed("LS-2022", LS_PERSON, DECLARED, trust_declared=True).verdict == "eligible"
    refused = assessed("LS-2022", LS_PERSON | {"in_post": "no"}, DECLARED, trust_declared=True)
    assert refused.clauses("unmet") == ("LS-6",)
    assert not is_declared(refused.finding("LS-6"))


def test_settling_a_fact_against_a_paper_decides_the_clause() -> None:
    facts = ls_facts(DECLARED)
    settled = with_(facts, in_post=Fact("yes", PAPER, date(2022, 12, 22), "paper:insurance_record"))
    assessment = assess(document("LS-2022"), settled, shipped_calendar())
    assert assessment.clauses("met") == ("LS-6", "LS-8")
    seen = assessment.finding("LS-6").facts[0]
    assert (seen.name, seen.value, seen.provenance, seen.as_of) == ("in_post", "yes", PAPER, date(2022, 12, 22))


def test_one_proven_fact_may_be_enough_to_refuse_and_the_rest_stays_open() -> None:
    facts = with_(ls_facts(DECLARED), education=Fact("diploma", PAPER))
    finding = assess(document("LS-2022"), facts, shipped_calendar()).finding("LS-1")
    assert (finding.answer, is_declared(finding)) == ("unmet", False)


def test_a_fact_nobody_told_is_unknown() -> None:
    assessment = assess(document("LS-2022"), Facts(on=date(2022, 12, 20), known={}), shipped_calendar())
    assert assessment.clauses("unproven") == LS_CLAUSES
    assert assessment.finding("LS-6").facts == ()
    assert (assessment.finding("LS-6").code, is_declared(assessment.finding("LS-6"))) == ("unknown", False)


def test_a_silent_register_leaves_the_clause_unproven() -> None:
    facts = with_(ls_facts(DECLARED), hukou_code=Fact("?", REGISTER))
    finding = assess(document("LS-2022"), facts, shipped_calendar()).finding("LS-3")
    assert (finding.answer, finding.code) == ("unproven", "unknown")


def test_what_checking_would_not_settle_is_not_asked_to_be_checked() -> None:
    facts = with_(ls_facts(REGISTER, hukou_code="?"), hukou_collective=Fact("no", DECLARED))
    assert not is_declared(assess(document("LS-2022"), facts, shipped_calendar()).finding("LS-3"))


def test_new_knowledge_never_turns_a_decision_into_unproven() -> None:
    pick = random.Random(2022)
    values = {
        "education": ["bachelor", "diploma"],
        "study_mode": ["full_time", "part_time"],
        "overseas_certified": ["", "yes"],
        "hukou_code": ["350581", "350582"],
        "employer": ["A", "B"],
        "insurance": ["2022-09/2022-11:A", "2022-11/2022-11:A", "-"],
        "diploma_on": ["2022-01-10", "2021-05-01"],
        "prior_grants": ["-", "LS-2022@350581@10000@2022-09-30"],
    }
    for _round in range(60):
        person = LS_PERSON | {name: pick.choice([*texts, "?"]) for name, texts in values.items()}
        before = answers(assessed("LS-2022", person))
        for name in [name for name in values if person[name] == "?"]:
            after = answers(assessed("LS-2022", person | {name: pick.choice(values[name])}))
            assert {clause for clause in before if before[clause] not in ("unproven", after[clause])} == set()


def test_the_order_of_clauses_does_not_matter() -> None:
    facts = ls_facts(REGISTER, hukou_code="?", in_post="no")
    written = document("LS-2022")
    turned: PolicyDocument = written.model_copy(update={"clauses": written.clauses[::-1]})
    there, back = (assess(it, facts, shipped_calendar()) for it in (written, turned))
    assert there.findings == back.findings[::-1]
    assert there.verdict == back.verdict


def test_an_assessment_and_its_facts_come_back_from_json_as_they_were() -> None:
    insurance, grants = "2022-09/2022-11:A;2022-08/2022-08:B!", "LS-2022@350581@99.50@2022-09-30"
    facts = ls_facts(DECLARED, insurance=insurance, prior_grants=grants, employer="?")
    assert Facts.from_json(facts.as_json()) == facts
    for provenance in (DECLARED, REGISTER):
        assessment = assess(document("LS-2022"), ls_facts(provenance), shipped_calendar())
        assert Assessment.from_json(assessment.as_json()) == assessment


@pytest.mark.parametrize(
    ("declared", "tier", "verdict"),
    [("-", "BSC", "eligible"), ("PR", "", "undetermined"), ("?", "", "undetermined")],
)
def test_whoever_claims_no_recognition_needs_no_paper_that_says_so(declared: str, tier: str, verdict: str) -> None:
    proven = {
        "education": "bachelor",
        "study_mode": "full_time",
        "overseas_certified": "",
        "employer": "A",
        "employer_place": "350581",
        "employer_status": "active",
        "in_post": "yes",
        "insurance": "2023-01/2023-05:A",
        "prior_grants": "-",
    }
    facts = Facts.of(date(2023, 6, 12), proven, PAPER)
    facts = with_(facts, recognitions=Fact(declared, DECLARED))
    found = assess(document("CARD-2023"), facts, shipped_calendar())
    assert (found.verdict, found.offer.tier) == (verdict, tier)
