"""People who do the same thing at the same moment, on a real PostgreSQL."""

from pathlib import Path

import pytest
from django.conf import settings

from applicants.people.models import Paper
from portal.casework.models import Application, Notice, NoticeLine, NoticeObjection
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import discard_draft
from portal.casework.services.noticing import collect_notice, raise_objection
from portal.casework.services.supplying import hand_in_paper
from tests import factories as make
from tests.casework.noticed import collect, day, make_waiting, release


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_collect_at_once_one_makes_the_list(race):
    rows = [make_waiting(f"陈{name}") for name in "甲乙丙"]
    collectors = [make.staff("administrator"), make.staff("approver")]
    version, at = rows[0].policy_version_id, day(4, 28)

    outcomes = race(2, lambda n: collect_notice(policy_version_id=version, by=collectors[n], at=at))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Notice", "StepRefused"]
    assert Notice.objects.get().number == "GS-2023-0001"
    assert sorted(NoticeLine.objects.values_list("application", flat=True)) == sorted(row.pk for row in rows)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_objections_of_one_moment_are_all_taken_and_suspend_once(race):
    row = make_waiting()
    release(collect())
    line = NoticeLine.objects.select_related("notice").get()
    people = [make.make_user() for _turn in range(6)]
    words = {"name": "王五", "contact": "13900139000", "text": "他已经不在这家单位。", "at": day(5, 4)}

    outcomes = race(6, lambda n: raise_objection(line=line, objector=people[n], by=people[n], **words))

    assert [type(outcome) for outcome in outcomes] == [NoticeObjection] * 6
    assert NoticeObjection.objects.filter(state="open", line=line).count() == 6
    row.refresh_from_db()
    assert (row.state, [taken.step for taken in row.steps_taken.all()]) == ("objection", ["suspend"])


def files_kept() -> set[str]:
    folder = Path(settings.MEDIA_ROOT)
    return {str(path.relative_to(folder)) for path in folder.glob("papers/*/*")}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_paper_that_comes_while_its_draft_is_discarded_leaves_nothing(race):
    before = files_kept()
    drafts = [make.make_draft() for _turn in range(3)]

    def act(number: int) -> object:
        # Each thread with the row as its own page read it.
        draft = drafts[number // 2]
        if number % 2:
            return discard_draft(application=draft, by=draft.applicant.user, at=make.AT)
        upload = make.make_upload()
        return hand_in_paper(application=draft, kind="id_card", upload=upload, by=draft.applicant.user, at=make.AT)

    outcomes = race(6, act)

    assert [
        outcome for outcome in outcomes if isinstance(outcome, Exception) and type(outcome) is not StepRefused
    ] == []
    assert (Application.objects.count(), Paper.objects.count()) == (0, 0)
    assert files_kept() == before


@pytest.mark.django_db(transaction=True)
def test_a_paper_for_a_draft_that_is_gone_is_refused_and_not_kept():
    before = files_kept()
    draft = make.make_draft()
    shown = Application.objects.select_related("applicant__user", "policy_version__policy").get(pk=draft.pk)
    discard_draft(application=draft, by=shown.applicant.user, at=make.AT)

    with pytest.raises(StepRefused):
        hand_in_paper(application=shown, kind="id_card", upload=make.make_upload(), by=shown.applicant.user, at=make.AT)

    assert Paper.objects.count() == 0
    assert files_kept() == before
