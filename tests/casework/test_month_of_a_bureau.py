"""A month of a bureau of four: one is on leave for a week, one keeps away from a relative's file, a fifth person from
another town is asked in. Every file ends, as the table says.
"""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from applicants.people.services import prove_number
from portal import clock
from portal.accounts.models import User
from portal.audit.sealing import seal_entries
from portal.audit.verifying import verify_trail
from portal.casework.doors import desk_applications
from portal.casework.models import Application, Correction, Decision, NoticeLine, NoticeObjection, StepTaken
from portal.casework.services.advancing import StepRefused, advance
from portal.casework.services.checking import check_submission, unchecked_submissions
from portal.casework.services.delegating import make_delegation
from portal.casework.services.drafting import resubmit_application, submit_application, withdraw_application
from portal.casework.services.due import act_on_due
from portal.casework.services.finding import QueueFilter, queue_files, stuck_files
from portal.casework.services.noticing import (
    answer_objection,
    collect_notice,
    raise_objection,
    release_notice,
    waiting_by_version,
)
from portal.casework.services.recusing import recuse
from portal.casework.states import ENDED, State
from tests import factories as make
from tests.factories import SHANGHAI

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# Lin accepts and reviews first, Su accepts and reviews second, Zhou approves, Guan administers and pays. Everybody
# moves a file at most one stage a day; lists are collected on Mondays and Thursdays. Su is on leave from the 11th to
# the 15th, and Guan stands in. Ke reviews first in another town, and for Lin from the 8th. "lin>su" is: Lin for Su.
#
# file, day of November, policy, what becomes of it; its end and the day of it; first and second reviewer, approver
TABLE = """
a1   1  LS-2022   -          approved   11-15   lin      su        zhou
a2   1  YTE-2024  -          approved   11-15   lin      su        zhou
a3   1  LS-2022   refused    refused    11-05   -        -         -
b1   4  LS-2022   relative   approved   11-22   ke>lin   guan>su   zhou
b2   4  YTE-2024  -          approved   11-19   lin      su        zhou
b3   4  LS-2022   mended     approved   11-22   lin      guan>su   zhou
c1   5  LS-2022   silent     lapsed     11-21   -        -         -
c2   5  YTE-2024  -          approved   11-19   lin      su        zhou
d1   6  LS-2022   -          approved   11-22   lin      guan>su   zhou
d2   6  YTE-2024  shown      approved   11-22   lin      guan>su   zhou
e1   7  LS-2022   -          approved   11-22   lin      guan>su   zhou
e2   7  YTE-2024  -          approved   11-22   lin      guan>su   zhou
f1   8  LS-2022   dismissed  approved   11-22   lin      guan>su   zhou
f2   8  YTE-2024  -          approved   11-22   lin      guan>su   zhou
g1  11  YTE-2024  -          approved   11-26   lin      guan>su   zhou
h1  12  LS-2022   -          approved   11-26   lin      guan>su   zhou
i1  13  LS-2022   upheld     refused    11-27   -        -         -
i2  13  YTE-2024  -          approved   11-29   lin      su        zhou
j1  14  LS-2022   withdrawn  withdrawn  11-18   -        -         -
j2  14  YTE-2024  -          approved   11-29   lin      su        zhou
k1  15  LS-2022   -          approved   11-29   lin      su        zhou
k2  15  YTE-2024  -          approved   11-29   lin      su        zhou
l1  18  YTE-2024  -          approved   12-03   lin      su        zhou
l2  18  LS-2022   -          approved   12-03   lin      su        zhou
m1  19  LS-2022   -          approved   12-03   lin      su        zhou
m2  19  YTE-2024  -          approved   12-03   lin      su        zhou
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]
FATES = {name: fate for name, _day, _policy, fate, *_end in ROWS}
FIRST, LAST = date(2024, 11, 1), date(2024, 12, 3)
LEAVE = (date(2024, 11, 11), date(2024, 11, 15))
GRADUATE = {"education": {"level": "bachelor", "diploma_on": date(2024, 6, 20)}} | {
    "employment": make.MASTER_2024["employment"]
}
MARK = {"kind": "field", "section": "education", "name": "school", "note": "和毕业证书不一致"}


class Bureau:
    """Five people, the files by their names in the table, and what happens on a day."""

    def __init__(self):
        self.ids = {
            "lin": make.make_staff("clerk", "first_reviewer", name="林").pk,
            "su": make.make_staff("clerk", "second_reviewer", name="苏").pk,
            "zhou": make.make_staff("approver", name="周").pk,
            "guan": make.make_staff("administrator", "finance", name="管").pk,
            "ke": make.make_staff("first_reviewer", town="lingxiu", name="柯").pk,
        }
        self.names = {pk: name for name, pk in self.ids.items()}
        self.files: dict[str, Application] = {}
        self.stuck: dict[str, list[str]] = {}

    def person(self, name):
        """The person as another request sees them: roles are read anew."""
        return User.objects.get(pk=self.ids[name])

    def file(self, name):
        rows = Application.objects.select_related("applicant__user", "policy_version__policy")
        return rows.get(pk=self.files[name].pk)

    def live(self, on):
        """One day, from the sweep at night to the last person at the desk."""
        self.at = datetime.combine(on, time(9, 0), tzinfo=SHANGHAI)
        clock.move_to(self.at)
        act_on_due(at=self.at)
        if on.weekday() > 4:
            return
        if stuck := stuck_files(self.person("guan"), on=on):
            self.stuck[f"{on:%m-%d}"] = [self.called(item.file) for item in stuck]
        self.what_others_do(on)
        moved = set(self.files) - {name for name, row in self.files.items() if self.file(name).is_open}
        if on.weekday() in (0, 3):
            self.lists()
        away = {"su"} if LEAVE[0] <= on <= LEAVE[1] else set()
        waiting = {name: self.file(name).version for name in self.files}
        for who in ("lin", "su", "guan", "zhou", "ke"):
            if who not in away:
                self.work(who, on, waiting, moved)
        self.arrivals(on)

    def called(self, row):
        return next(name for name, file in self.files.items() if file.pk == row.pk)

    def arrivals(self, on):
        for name, day, policy, *_rest in ROWS:
            if int(day) == on.day and on.month == 11:
                answers = make.MASTER_2024 if policy == "YTE-2024" else GRADUATE
                person = make.make_person(at=self.at, **answers)
                draft = make.make_draft(person, policy=policy, at=self.at)
                self.files[name] = submit_application(application=draft, by=person.user, at=self.at)
        self.check()

    def check(self):
        for pk, _at in unchecked_submissions():
            check_submission(submission_id=pk, at=self.at)

    def work(self, who, on, waiting, moved):
        """Whatever the queue offers this person, each file once a day and as it stood in the morning."""
        for row in list(queue_files(self.person(who), QueueFilter(view="todo"), on=on).order_by("submitted_at", "id")):
            name = self.called(row)
            if name not in moved and row.version == waiting.get(name) and row.state != State.OBJECTION:
                moved.add(name)
                self.act(name, self.person(who))

    def act(self, name, by):
        row, fate = self.file(name), FATES[name]
        has_been_returned = Correction.objects.filter(application=row).exists()
        if row.state == State.ACCEPT:
            if fate in ("mended", "silent") and not has_been_returned:
                return self.step(row, "return", by, note="请按标出的地方补正。", items=[MARK])
            if not row.applicant.is_proven:
                card = row.shelf.get(kind="id_card").paper
                prove_number(person=row.applicant, by=by, at=self.at, paper=card)
            return self.step(self.file(name), "accept", by)
        if row.state == State.FIRST_REVIEW:
            if fate == "refused":
                return self.step(row, "refuse", by, clause="LS-1", note="毕业证书显示为非全日制。")
            if fate == "shown" and not has_been_returned:
                return self.step(row, "return", by, note="请按标出的地方补正。", items=[MARK])
            if NoticeObjection.objects.filter(line__application=row, state="upheld").exists():
                make.settle_everything(row, at=self.at, by=by, in_post="no")
                return self.step(row, "refuse", by, clause="LS-6", note="核实后已不在该单位。")
            make.settle_everything(row, at=self.at, by=by)
            return self.step(row, "pass_first", by)
        if row.state == State.SECOND_REVIEW:
            if NoticeObjection.objects.filter(line__application=row, state="upheld").exists():
                return self.step(row, "send_back", by, note="异议成立，请重新核实在岗情况。")
            return self.step(row, "pass_second", by)
        return self.step(row, "approve", by)

    def step(self, row, step, by, **details):
        return advance(row, step, actor=by, at=self.at, expected_version=row.version, **details)

    def lists(self):
        """The administrator collects who waits, the approver releases."""
        for version, _count in waiting_by_version(self.person("guan")):
            notice = collect_notice(policy_version_id=version.pk, by=self.person("guan"), at=self.at)
            release_notice(notice=notice, by=self.person("zhou"), at=self.at)

    def what_others_do(self, on):
        """What applicants, objectors and the people of the bureau do besides the queue, by the day of November."""
        acts = {
            date(2024, 11, 5): lambda: self.keep_away("lin", "b1"),
            date(2024, 11, 7): lambda: (self.mend("b3"), self.try_in_vain("lin", "b1")),
            date(2024, 11, 8): lambda: self.ask_ke_in(on),
            date(2024, 11, 12): lambda: self.mend("d2"),
            date(2024, 11, 18): lambda: (self.object_to("f1"), self.withdraw("j1")),
            date(2024, 11, 19): lambda: self.answer("f1", is_upheld=False),
            date(2024, 11, 25): lambda: self.object_to("i1"),
            date(2024, 11, 26): lambda: self.answer("i1", is_upheld=True),
        }  # fmt: skip
        acts.get(on, lambda: None)()

    def keep_away(self, who, name):
        by = self.person(who)
        recuse(application=self.file(name), person=by, reason="申请人是我的表妹。", by=by, at=self.at)

    def try_in_vain(self, who, name):
        with pytest.raises(StepRefused, match="您已回避这件申请，不能办理。"):
            self.step(self.file(name), "refuse", self.person(who), clause="LS-1", note="不符合。")

    def lend(self, giver, delegate, *, first, last, role="first_reviewer", is_away=False, reason="有一件卡住了。"):
        make_delegation(
            from_user=self.person(giver),
            to_user=self.person(delegate),
            grants=list(self.person(giver).role_grants.filter(role=role)),
            from_on=first,
            to_on=last,
            is_away=is_away,
            reason=reason,
            by=self.person(giver) if is_away else self.person("guan"),
            at=self.at,
        )

    def ask_ke_in(self, on):
        """The fifth person, for the file that nobody may review; and Su's leave from Monday is arranged."""
        self.lend("lin", "ke", first=on, last=date(2024, 11, 15))
        first, last = LEAVE
        self.lend("su", "guan", first=first, last=last, role="second_reviewer", is_away=True, reason="年休假。")

    def mend(self, name):
        row = self.file(name)
        resubmit_application(application=row, by=row.applicant.user, at=self.at, expected_version=row.version)
        self.check()

    def withdraw(self, name):
        row = self.file(name)
        withdraw_application(application=row, by=row.applicant.user, at=self.at, expected_version=row.version)

    def object_to(self, name):
        line = NoticeLine.objects.select_related("notice").get(application=self.files[name], is_live=True)
        words = {"name": "王五", "contact": "13900139000", "text": "他已经不在这家单位。"}
        raise_objection(line=line, **words, objector=None, by=self.person("su"), at=self.at)

    def answer(self, name, *, is_upheld):
        answer_objection(
            objection=NoticeObjection.objects.select_related("line__application").get(
                line__application=self.files[name]
            ),
            is_upheld=is_upheld,
            answer="已经核实。",
            by=self.person("guan"),
            at=self.at,
            expected_version=self.file(name).version,
        )

    def signature(self, row, step, column):
        """Who signed, and for whom: ``guan>su``."""
        signer = getattr(row, f"{column}_id")
        if signer is None:
            return "-"
        taken = StepTaken.objects.filter(application=row, step=step).order_by("version").last()
        assert taken.actor_id == signer
        behalf = f">{self.names[taken.on_behalf_of_id]}" if taken.on_behalf_of_id else ""
        return self.names[signer] + behalf

    def line(self, name, day, policy, fate):
        row = self.file(name)
        return [
            name,
            day,
            policy,
            fate,
            row.state,
            f"{timezone.localtime(row.state_at, SHANGHAI):%m-%d}",
            self.signature(row, "pass_first", "first_reviewer"),
            self.signature(row, "pass_second", "second_reviewer"),
            self.signature(row, "approve", "approver"),
        ]


@pytest.fixture(autouse=True)
def _heads(settings, tmp_path):
    settings.AUDIT_HEADS = [str(tmp_path / "audit" / "heads")]


def test_every_file_of_the_month_ends():
    bureau = Bureau()
    on = FIRST
    while on <= LAST:
        bureau.live(on)
        on += timedelta(days=1)

    # Every file ends, in its state, on its day, signed by three where it is approved.
    assert [bureau.line(*row[:4]) for row in ROWS] == ROWS
    assert not Application.objects.exclude(state__in=ENDED).exists()

    # It was seen at once that nobody could review b1, until Ke was asked in; nothing else was ever stuck.
    assert bureau.stuck == {"11-06": ["b1"], "11-07": ["b1"], "11-08": ["b1"]}
    assert stuck_files(bureau.person("guan"), on=LAST) == []

    # Lin had no hand in the relative's file, and does not see it to this day.
    relative = bureau.files["b1"]
    touched = {step.actor_id for step in StepTaken.objects.filter(application=relative)}
    touched |= set(relative.settlements.values_list("by", flat=True))
    assert touched == {None, relative.applicant.user_id, *(bureau.ids[name] for name in ("su", "ke", "guan", "zhou"))}
    assert not desk_applications(bureau.person("lin")).filter(pk=relative.pk).exists()

    # What was done for somebody else is told as that, and nothing else is.
    told = (
        StepTaken.objects.filter(on_behalf_of__isnull=False)
        .order_by("at", "id")
        .values_list("step", "actor", "on_behalf_of")
    )
    names = [f"{bureau.names[actor]} {step} for {bureau.names[giver]}" for step, actor, giver in told]
    assert sorted(names) == ["guan pass_second for su"] * 10 + ["ke pass_first for lin"]

    # Both who refused signed with their own name, and the clerk who stood in for nobody accepted the relative's file.
    refused = Decision.objects.filter(outcome="refused").values_list("application", "signed_by")
    assert set(refused) == {(bureau.files[name].pk, bureau.ids["lin"]) for name in ("a3", "i1")}
    assert bureau.file("b1").accepted_by_id == bureau.ids["su"]

    # Delegations are over, and everything that was done is sealed in one unbroken trail.
    assert [grant.role for grant in bureau.person("ke").grants] == ["first_reviewer"]
    seal_entries(at_real=timezone.now())
    assert verify_trail(unsealed_before=timezone.now()).finding is None
