"""What holds for every person, whatever is known about them."""

from datetime import date

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.policy.assessing import assess
from portal.policy.calendar import shipped_calendar
from portal.policy.conditions import KINDS
from portal.policy.facts import Facts, Provenance, month_text
from portal.policy.schema import parse_document
from tests.policy.judging import kinds_of, with_clause
from tests.policy.qualifying import EXAMPLES, LS_PERSON, PATHS, answers, assessed, cases, document
from tests.policy.test_second_city import HUIAN

JANUARY = 2023 * 12
RANGES = st.lists(
    st.builds(
        lambda first, length, employer, late, place: (
            f"{month_text(JANUARY + first)}/{month_text(JANUARY + first + length)}:{employer}{place}{late}"
        ),
        st.integers(0, 11),
        st.integers(0, 4),
        st.sampled_from("AB"),
        st.sampled_from(["", "", "!", "!!"]),
        st.sampled_from(["", "", "@350582"]),
    ),
    max_size=4,
)
MONTHS = st.fixed_dictionaries(
    {
        "kind": st.just("insured_months"),
        "months": st.integers(1, 6),
        "lag": st.integers(1, 4),
        "cumulative": st.booleans(),
        "any_employer": st.booleans(),
        "late_counts": st.booleans(),
        "ordered_counts": st.booleans(),
        "place": st.sampled_from(["", "350581"]),
    }
)
QUICK = settings(max_examples=60, deadline=None, database=None, derandomize=True)


@QUICK
@given(condition=MONTHS, ranges=RANGES, month=st.integers(0, 11))
def test_one_more_timely_month_with_the_present_employer_never_turns_met_into_not_met(
    condition: dict, ranges: list[str], month: int
) -> None:
    clause = with_clause("LS-2022", "LS-5", condition).clause("LS-5")
    policy = document("LS-2022").model_copy(update={"clauses": (clause,)})
    more = [*ranges, f"{month_text(JANUARY + month)}/{month_text(JANUARY + month)}:A"]
    before, after = (
        assess(
            policy,
            Facts.of(date(2023, 11, 20), {"employer": "A", "insurance": ";".join(it) or "-"}, Provenance.REGISTER),
            shipped_calendar(),
        ).findings[0]
        for it in (ranges, more)
    )
    assert before.answer != "met" or after.answer == "met"


@QUICK
@given(data=st.data(), code=st.sampled_from(sorted(EXAMPLES)))
def test_new_knowledge_never_turns_a_decision_into_unproven(data: st.DataObject, code: str) -> None:
    known = dict(data.draw(st.sampled_from(cases(code))).facts.known)
    other = data.draw(st.sampled_from(cases(code))).facts.known
    on = data.draw(st.sampled_from(cases(code))).facts.on
    names = data.draw(st.lists(st.sampled_from(sorted(known)), min_size=1, unique=True))
    less = {name: fact for name, fact in known.items() if name not in names}
    learnt = less | {name: other[name] for name in names[:1]}
    before, after = (answers(assess(document(code), Facts(on, it), shipped_calendar())) for it in (less, learnt))
    # A value that a register answered with "?" is no knowledge.
    if learnt[names[0]].value.__class__.__name__ != "Absence":
        assert {it for it in before if before[it] != "unproven" and after[it] == "unproven"} == set()


@QUICK
@given(data=st.data(), code=st.sampled_from(sorted(EXAMPLES)))
def test_the_order_of_clauses_does_not_matter(data: st.DataObject, code: str) -> None:
    case = data.draw(st.sampled_from(cases(code)))
    written = document(code)
    turned = written.model_copy(update={"clauses": tuple(data.draw(st.permutations(written.clauses)))})
    there, back = (assess(it, case.facts, shipped_calendar()) for it in (written, turned))
    assert {it.clause: it for it in there.findings} == {it.clause: it for it in back.findings}
    assert (there.verdict, there.amount_fen, there.instalments, there.offer) == (
        back.verdict,
        back.amount_fen,
        back.instalments,
        back.offer,
    )


def test_export_and_import_give_the_same_version() -> None:
    for code in EXAMPLES:
        exported = yaml.safe_dump(document(code).model_dump(mode="json"), allow_unicode=True, sort_keys=False)
        assert parse_document(exported) == document(code)


def test_every_kind_of_condition_is_written_and_tested() -> None:
    in_documents = set().union(*(kinds_of(document(code)) for code in PATHS), kinds_of(HUIAN))
    on_their_own = {  # moved in both directions in test_edge_cases and test_library
        "between",
        "contract_years",
        "own_business",
        "season",
    }
    assert in_documents | on_their_own == set(KINDS)
    assert in_documents & on_their_own == set()


def test_every_clause_of_a_document_reads_what_its_examples_know() -> None:
    for code in EXAMPLES:
        for name in document(code).reads:
            assert all(name in case.facts.known for case in cases(code))


def test_all_met_is_eligible_whatever_the_route() -> None:
    assert assessed("LS-2022", LS_PERSON).verdict == "eligible"
