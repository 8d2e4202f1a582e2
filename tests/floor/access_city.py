"""What the addresses of the access table are opened on: a city with something at every place of the workflow."""

from datetime import datetime, timedelta

from applicants.cards.services.files import make_files
from applicants.cards.services.printing import make_batch
from applicants.people.models import Person
from applicants.people.services import prove_number
from housing.lodging.models import Settlement, SiteKind
from housing.lodging.services.barring import sign_bar
from portal.accounts.models import Role, User
from portal.casework.models import Application, ListExport, Notice, NoticeLine
from portal.casework.services.delegating import make_delegation
from portal.casework.services.noticing import answer_objection, collect_notice, raise_objection, release_notice
from portal.casework.services.recusing import recuse
from portal.notifications.models import Letter
from portal.partners.services.members import invite_manager
from portal.policy.drafting import begin_draft
from subsidies.models import Payable
from subsidies.services.bank_results import upload_bank_result
from subsidies.services.issuing import issue_roll
from subsidies.services.rolls import collect_roll
from tests.cards.benefits_making import make_benefit
from tests.cards.making import make_card_application_in
from tests.casework.at_counter import enter, fill, sent
from tests.casework.simulated import make_simulation, run
from tests.factories import (
    AT,
    AT_2024,
    MASTER_2024,
    SHANGHAI,
    make_application_in,
    make_draft,
    make_person,
    make_staff,
    make_user,
    move_clock,
    staff,
)
from tests.floor.access_table import STEPS
from tests.floor.apartment_places import apartment_places
from tests.lodging.making import make_site
from tests.lodging.settling import give
from tests.lodging.sites_making import site_places
from tests.lodging.staying import make_bar, make_booked
from tests.partners.making import MORNING, a_hotel, enrolled, link_for, token_in_letter


def a_city() -> tuple[dict[str, User | None], dict[str, tuple], dict[str, dict[str, str]]]:
    """The visitors, what stands in each address, and what a POST brings where nothing would be refused as nothing."""
    approved = make_application_in("approved", policy="YTE-2024")
    also_approved = make_application_in("approved", policy="YTE-2024")
    in_review = make_application_in("first_review", policy="YTE-2024")
    stages = {state: make_application_in(state, policy="YTE-2024") for state in ("final_approval", "second_review")}
    stages |= {"first_review": in_review, "accept": make_application_in("accept", policy="YTE-2024")}
    stages["reconsideration"] = make_application_in("reconsideration", policy="YTE-2024")
    card = stages["accept"].shelf.get(kind="id_card").paper
    prove_number(person=stages["accept"].applicant, by=staff(Role.CLERK), at=stages["accept"].state_at, paper=card)
    later = Application.objects.get(pk=also_approved.pk).state_at + timedelta(days=1)
    draft = make_draft(approved.applicant, policy="YTE-2024", at=later)
    other = make_person(at=AT_2024, **MASTER_2024).user
    line, notice, now = on_notice(other)
    issued, collected, result = on_rolls(approved, also_approved, now)
    move_clock(now)

    admin = staff(Role.ADMINISTRATOR)
    admin.is_staff = admin.is_superuser = True
    admin.save()
    users = {
        "nobody": None,
        "owner": approved.applicant.user,
        "other": other,
        "clerk": staff(Role.CLERK),
        "lodging": make_staff(Role.CLERK, programme="lodging"),
        "first": staff(Role.FIRST_REVIEWER),
        "elsewhere": make_staff(Role.FIRST_REVIEWER, town="lingxiu"),
        "second": staff(Role.SECOND_REVIEWER),
        "approver": staff(Role.APPROVER),
        "finance": staff(Role.FINANCE),
        "admin": admin,
        "auditor": staff(Role.AUDITOR),
    }
    own, mine, file = (approved.pk,), (draft.pk,), (in_review.pk,)
    first_part, second_part = Payable.objects.filter(application=approved).order_by("number")
    places: dict[str, tuple] = {
        "programme": ("living-subsidy",),
        "notice": (notice.number,),
        "privacy_notice": ("living-subsidy",),
        "application_start": ("living-subsidy",),
        "application_section": (draft.pk, "education"),
        "paper": (approved.shelf.order_by("added_at", "id").first().paper_id,),
        "letter": (Letter.objects.filter(recipient=approved.applicant.user).order_by("created_at").first().pk,),
        "desk_step": (in_review.pk, "refuse"),
        "desk_objection": (line.objections.get(state="open").pk,),
        "desk_objection_letter": (line.objections.get(state="dismissed").pk,),
        "desk_objection_told": (line.objections.get(state="dismissed").pk,),
        "payable_account": (first_part.pk,),
        "payable_recheck": (second_part.pk,),
        "payable_cancel": (second_part.pk,),
        "bank_result_apply": (issued.number, result.pk),
    }
    places |= dict.fromkeys(("application", "decision", "account_change", "application_evidence"), own)
    places |= dict.fromkeys(("decision_pdf", "receipt_pdf"), own)
    places |= dict.fromkeys(("application_withdraw", "reconsideration_new", "reconsideration_withdraw"), own)
    parts = ("tasks", "papers", "check", "submit", "discard")
    places |= {f"application_{part}": mine for part in parts}
    places |= dict.fromkeys(("card_recognitions", "card_portrait"), mine)  # a draft of another programme
    places |= dict.fromkeys(("lodging_booking", "lodging_waiting"), mine)
    places["portrait_image"] = (draft.pk,)
    places |= {"verify_code": ("abc",)} | dict.fromkeys(("card_check", "card_check_photo"), (draft.pk,))
    places |= dict.fromkeys(("desk_file", "desk_take", "desk_settle", "desk_prove", "desk_reveal"), file)
    places |= dict.fromkeys(("desk_ask_registers", "desk_recusal_new"), file)
    relative = make_staff(Role.FIRST_REVIEWER)
    recusal = recuse(application=in_review, person=relative, reason="近亲属。", by=admin, at=now)
    coming = make_delegation(  # it has not begun: nobody opens anything by it yet
        from_user=users["clerk"],
        to_user=users["finance"],
        grants=list(users["clerk"].role_grants.all()),
        from_on=now.date() + timedelta(days=30),
        to_on=now.date() + timedelta(days=40),
        is_away=False,
        reason="年休假。",
        by=users["clerk"],
        at=now,
    )
    places |= {"desk_recusal_withdraw": (recusal.pk,), "desk_delegation_end": (coming.pk,)}
    places["desk_person"] = (in_review.applicant_id,)
    places["recovery_new"] = (in_review.applicant_id,)
    places |= dict.fromkeys(("desk_notice", "desk_notice_release"), (notice.number,))
    places |= dict.fromkeys(("objection_new", "objection_sent", "desk_objection_new"), (notice.number, line.position))
    places |= dict.fromkeys(("roll", "roll_download", "bank_result"), (issued.number,))
    places |= dict.fromkeys(("roll_issue", "roll_drop"), (collected.number,))
    policy_draft = begin_draft(version=in_review.policy_version, by=admin, at=now).pk
    places |= dict.fromkeys(("desk_policy", "desk_policy_yaml", "policy_draft_new"), ("YTE-2024", "1"))
    places |= {f"policy_draft_{act}": (policy_draft, "papers/1") for act in ("part", "move", "remove")}
    acts = ("changes", "yaml", "import", "ask", "take_back", "publish", "discard", "send_back")
    places |= {"policy_draft": (policy_draft,)} | {f"policy_draft_{act}": (policy_draft,) for act in acts}
    listed = ListExport.objects.create(asked_by=admin, asked_at=now, filters={"view": "all"}, filters_sha256="0" * 64)
    places |= dict.fromkeys(("list_export", "list_export_download"), (listed.pk,))
    simulation = run(make_simulation(after=now - AT))
    places |= dict.fromkeys(("simulation", "simulation_stop", "simulation_download"), (simulation.pk,))
    places["simulation_new"] = (simulation.draft_id,)
    shelved = draft.shelf.order_by("added_at", "id").first()
    places |= {"api_policy": ("YTE-2024",), "api_shelved": (draft.pk, shelved.pk), "api_submit": mine, "api_file": file}
    places |= dict.fromkeys(("api_application", "api_answers", "api_shelf", "api_withdraw"), own)
    places |= {"api_paper_content": places["paper"], "api_recognition": (draft.pk, shelved.pk)}
    places |= dict.fromkeys(("api_recognitions", "api_recognitions_none", "api_portrait"), mine)
    places |= dict.fromkeys(("api_lodging_booking", "api_lodging_waiting", "api_lodging_offer"), mine)
    places |= dict.fromkeys(("api_roll", "api_roll_lines"), (issued.number,))
    places |= at_a_hotel(now)
    places |= a_card_of(approved.applicant, AT_2024)
    places |= stays_of(approved.applicant, now)
    places |= apartment_places(approved.applicant, now)
    places |= site_places(now)
    benefit = make_benefit(claim_days=7)
    places |= {f"desk_benefit{act}": (benefit.pk,) for act in ("", "_edit", "_switch", "_close")}
    places |= dict.fromkeys(("card_benefit_claim", "benefit_used"), (benefit.pk,))
    places["benefit_use"] = (benefit.pk, benefit.pk)
    bodies = {
        "api_eligibility": {"facts": {}},
        "api_submit": {"version": 0},
        "api_withdraw": {"version": approved.version},
        "desk_benefit_switch": {"act": "off"},
        "desk_round_act": {"act": "open"},
        "desk_round_annulment": {"act": "propose"},
        "desk_find": {"q": in_review.reference},
        "desk_people": {"number": in_review.applicant.number},
        "desk_person": {"act": "reveal"},
        "desk_settle": {"clause": "YT-1"},
        "desk_take": {"version": str(in_review.version)},
        "card_file": {"act": "suspend"},
        "desk_bar": {"act": "lift"},
        "desk_settlement_file": {"file": "xlsx"},
        "desk_stay": {"act": "note"},
        "card_tiers": {"act": "change"},
        "card_loss": {"act": "replace"},
        "print_batch": {"act": "printed"},
        "desk_step": {"clause": "YT-1", "reason": "材料显示不符合。", "version": str(in_review.version)},
        "desk_objection": {"decision": "dismissed"},
        "desk_objection_told": {"how": "post", "on": f"{now:%Y-%m-%d}"},
        "desk_notice_collect": {"policy_version": str(in_review.policy_version_id)},
        "demo_move_clock": {"working_days": "1"},
        "privacy_notice": {"read": "on"},
        "screener": {"household": "city"},
        "policy_draft_move": {"to": "up"},
        "objection_new": {"name": "赵六", "contact": "13900139001", "text": "他没有参保。"},
        "desk_objection_new": {"name": "赵六", "contact": "13900139001", "text": "他没有参保。"},
    }
    entered, handed_in = fill(enter(users["clerk"]), by=users["clerk"]), sent(users["clerk"])
    begun, gone_in = (entered.pk,), (handed_in.pk,)
    places |= {"counter_print": (*begun, "signed_form"), "counter_request": gone_in}
    places["counter_letter"] = (Letter.objects.get(recipient=None).pk,)
    places |= dict.fromkeys(("application_tasks/counter", "application_papers/counter"), begun)
    places |= dict.fromkeys(("application/counter", "application_withdraw/counter"), gone_in)
    places["application_section/counter"] = (*begun, "identity")
    places["paper/counter"] = (entered.shelf.first().paper_id,)
    for step, state in STEPS:
        places[f"desk_step/{step}"] = (stages[state].pk, step)
        marks = {"reason": "请核对。", "field-education-school": "on"}
        bodies[f"desk_step/{step}"] = marks | {"version": str(stages[state].version)}
    return users, places, bodies


def a_card_of(person: Person, at: datetime) -> dict[str, tuple]:
    """The talent card of ``person``, on a batch for the printer."""
    application = make_card_application_in("approved", person=person, at=at)
    card = application.cards.get()
    make_files(card.pk, at=application.state_at)
    batch = make_batch(card_ids=[card.pk], by=staff(Role.CLERK), at=application.state_at)
    return {
        **dict.fromkeys(("card_file", "card_keep", "card_answer"), (card.pk,)),
        "card_tiers": (card.pk,),
        "card_face": (card.pk, "front"),
        "card_picture": ("phone-png",),
        **dict.fromkeys(("print_batch", "print_batch_download"), (batch.number,)),
    }


def stays_of(person: Person, now: datetime) -> dict[str, tuple]:
    """A stay of ``person`` that nobody came to, with its signed bar, and another that begins tonight."""
    site = make_site()
    bar = make_bar(make_booked(site, person=person, at=AT_2024))
    sign_bar(bar.pk, reason="第二次没有入住。", by=staff(Role.FIRST_REVIEWER), at=bar.proposed_at)
    tonight = make_booked(site, person=person, first=now.date(), at=AT_2024)
    return {
        "own_stay": (tonight.booking_id,),
        "bar_reconsideration": (bar.stay.booking_id,),
        "partner_arrival": ("abc",),
        "partner_stay": (tonight.pk,),
        "desk_bar": (bar.pk,),
        "desk_stay": (tonight.pk,),
    }


def settlement_places(now: datetime) -> dict[str, tuple]:
    """A statement that nobody has signed."""
    site, month = make_site(kind=SiteKind.HOTEL), now.date().replace(day=1)
    row = Settlement.objects.create(
        number="JS-202401-0001", site=site, month=month, night_count=0, total_fen=0, made_at=now
    )
    acts = [f"{side}_settlement{act}" for side in ("desk", "partner") for act in ("", "_sign", "_back", "_file")]
    return dict.fromkeys(acts, (row.pk,))


def at_a_hotel(now: datetime) -> dict[str, tuple]:
    """A hotel with somebody who is to enrol a device, an old device, and a manager who has yet to accept."""
    manager, operator = a_hotel()
    partner, device, _token = manager.partner, *enrolled(operator)
    waiting = invite_manager(
        partner=partner, email=make_user().email, name="邱安居", by=staff(Role.ADMINISTRATOR), at=MORNING
    )
    move_clock(now)
    member, account = (operator.pk,), give(manager)
    of_member = ("partner_member", "partner_member_edit", "partner_member_link", "partner_member_leave")
    of_partner = [f"desk_partner{act}" for act in ("", "_edit", "_close", "_reopen")]
    return {
        **dict.fromkeys([*of_partner, "desk_place_new", "desk_manager_new"], (partner.pk,)),
        "desk_partner_account": (account.pk,),
        **settlement_places(now),
        **dict.fromkeys([*of_member, "demo_partner_link"], member),
        "desk_place": (partner.places.get().pk,),
        "desk_manager": (waiting.pk,),
        "partner_enrol": (link_for(operator),),
        "partner_invited": (token_in_letter(waiting),),
        "partner_device": (device.pk,),
    }


def on_notice(objector: User) -> tuple[NoticeLine, Notice, datetime]:
    """A list that is on line now, and its one person objected to by ``objector``, and by a letter that is answered."""
    noticed = make_application_in("public_notice", policy="YTE-2024")
    at = noticed.state_at
    notice = collect_notice(policy_version_id=noticed.policy_version_id, by=staff(Role.ADMINISTRATOR), at=at)
    notice = release_notice(notice=notice, by=staff(Role.APPROVER), at=at)
    now = datetime.combine(notice.starts_on + timedelta(days=1), at.time(), tzinfo=SHANGHAI)
    line = notice.lines.get()
    words = {"name": "王五", "contact": "13900139000", "text": "已离职。"}
    by_letter = raise_objection(line=line, **words, objector=None, by=staff(Role.CLERK), at=now)
    answer_objection(
        objection=by_letter,
        is_upheld=False,
        answer="已经核实，他仍在职。",
        by=staff(Role.ADMINISTRATOR),
        at=now,
        expected_version=Application.objects.get(pk=noticed.pk).version,
    )
    raise_objection(line=line, **words, objector=objector, by=objector, at=now)
    return line, notice, now


def on_rolls(approved: Application, also_approved: Application, at: datetime) -> tuple:
    """An issued roll with a file from the bank, and one that is only collected."""
    finance = staff(Role.FINANCE)
    rolls = []
    for row in (approved, also_approved):
        payable = Payable.objects.get(application=row, number=1)
        when = max(at, row.state_at + timedelta(days=1))
        rolls.append(collect_roll(payable_ids=[payable.pk], by=finance, at=when))
    issued = issue_roll(roll=rolls[0], by=finance, at=when)
    account = issued.lines.get().account
    content = f"批次号,序号,账号,金额,状态,失败码,入账日\n{issued.number},1,{account},25000.00,成功,,{when:%Y-%m-%d}\n"
    result = upload_bank_result(roll=issued, content=content.encode(), by=finance, at=when)
    return issued, rolls[1], result
