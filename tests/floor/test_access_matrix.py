"""Who may open what: every address of the portal against every kind of visitor, by hand.

A new page fails here until it stands in the table. "Not yours" looks like "not there" (404); a visitor without an
account is sent to sign in (302); the auditor reads all and changes nothing; finance sees money, not files.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from applicants.people.services import prove_number
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
from tests.partners.making import MORNING, a_hotel, enrolled, link_for, token_in_letter

VISITORS = (
    "nobody", "owner", "other", "clerk", "lodging", "first", "elsewhere", "second", "approver", "finance", "admin",
    "auditor",
)  # fmt: skip

# "owner" has an approved application and a new draft; "other" is another applicant, who raised the objection;
# "lodging" is a clerk of another programme, "elsewhere" a first reviewer of another town. The desk's file is at first
# review; its step is a refusal, which second reviewer and approver may also take, but not here: they are told so. What
# stands behind a slash is another step or place of the same address.
TABLE = """
                                nobody owner  other  clerk  lodgi  first  elsew  second appro  finan  admin  audit
GET  home                       200    200    200    200    200    200    200    200    200    200    200    200
GET  programmes                 200    200    200    200    200    200    200    200    200    200    200    200
GET  programme                  200    200    200    200    200    200    200    200    200    200    200    200
GET  notices                    200    200    200    200    200    200    200    200    200    200    200    200
GET  notice                     200    200    200    200    200    200    200    200    200    200    200    200
GET  screener                   200    200    200    200    200    200    200    200    200    200    200    200
POST screener                   200    200    200    200    200    200    200    200    200    200    200    200
GET  help                       200    200    200    200    200    200    200    200    200    200    200    200
GET  privacy                    200    200    200    200    200    200    200    200    200    200    200    200
GET  accessibility              200    200    200    200    200    200    200    200    200    200    200    200
GET  contact                    200    200    200    200    200    200    200    200    200    200    200    200
GET  robots                     200    200    200    200    200    200    200    200    200    200    200    200
GET  healthz                    200    200    200    200    200    200    200    200    200    200    200    200
POST set_language               302    302    302    302    302    302    302    302    302    302    302    302
GET  set_language               405    405    405    405    405    405    405    405    405    405    405    405
POST set_theme                  302    302    302    302    302    302    302    302    302    302    302    302
GET  demo                       200    200    200    200    200    200    200    200    200    200    200    200
POST demo_move_clock            302    302    302    302    302    302    302    302    302    302    302    302
GET  demo_move_clock            405    405    405    405    405    405    405    405    405    405    405    405
GET  demo_texts                 405    405    405    405    405    405    405    405    405    405    405    405
POST demo_texts                 302    302    302    302    302    302    302    302    302    302    302    302
GET  demo_partner_link          405    405    405    405    405    405    405    405    405    405    405    405
POST demo_partner_link          302    302    302    302    302    302    302    302    302    302    302    302

GET  account_login              200    302    302    302    302    302    302    302    302    302    302    302
GET  account_email              302    200    200    200    200    200    200    200    200    200    200    200
GET  mfa_index                  302    200    200    200    200    200    200    200    200    200    200    200
GET  devices                    302    200    200    200    200    200    200    200    200    200    200    200
POST device_end                 302    302    302    302    302    302    302    302    302    302    302    302
GET  recovery                   200    200    200    200    200    200    200    200    200    200    200    200
POST recovery                   422    422    422    422    422    422    422    422    422    422    422    422
GET  recovery_address           302    302    302    302    302    302    302    302    302    302    302    302
GET  recovery_phone             302    302    302    302    302    302    302    302    302    302    302    302
GET  recovery_phone_code        302    302    302    302    302    302    302    302    302    302    302    302
GET  admin:index                302    302    302    302    302    302    302    302    302    302    200    302
GET  after_sign_in              302    302    302    302    302    302    302    302    302    302    302    302
GET  account_phone_sign_in      302    302    302    302    302    302    302    302    302    302    302    302
GET  account_phone_code         302    302    302    302    302    302    302    302    302    302    302    302
GET  account_phone              302    200    200    200    200    200    200    200    200    200    200    200
POST account_phone_letters      302    302    302    302    302    302    302    302    302    302    302    302
GET  account_phone_change       302    302    302    302    302    302    302    302    302    302    302    302
GET  account_phone_change_code  302    302    302    302    302    302    302    302    302    302    302    302
GET  account_phone_reauthenticate 302  302    302    302    302    302    302    302    302    302    302    302

GET  privacy_notice             302    200    200    200    200    200    200    200    200    200    200    200
POST privacy_notice             302    302    302    302    302    302    302    302    302    302    302    302
GET  application_start          302    302    302    302    302    302    302    302    302    302    302    302
POST application_start          302    302    302    302    302    302    302    302    302    302    302    302
GET  entitlements               302    200    200    200    200    200    200    200    200    200    200    200
GET  applications               302    200    200    200    200    200    200    200    200    200    200    200
GET  application                302    200    404    404    404    404    404    404    404    404    404    404
GET  application_tasks          302    200    404    404    404    404    404    404    404    404    404    404
GET  application_section        302    200    404    404    404    404    404    404    404    404    404    404
POST application_section        302    200    404    404    404    404    404    404    404    404    404    404
GET  application_papers         302    200    404    404    404    404    404    404    404    404    404    404
POST application_papers         302    422    404    404    404    404    404    404    404    404    404    404
GET  application_check          302    200    404    404    404    404    404    404    404    404    404    404
POST application_submit         302    302    404    404    404    404    404    404    404    404    404    404
GET  application_withdraw       302    302    404    404    404    404    404    404    404    404    404    404
POST application_withdraw       302    302    404    404    404    404    404    404    404    404    404    404
GET  reconsideration_new        302    302    404    404    404    404    404    404    404    404    404    404
POST reconsideration_new        302    302    404    404    404    404    404    404    404    404    404    404
GET  reconsideration_withdraw   302    302    404    404    404    404    404    404    404    404    404    404
POST reconsideration_withdraw   302    302    404    404    404    404    404    404    404    404    404    404
GET  card_recognitions          302    404    404    404    404    404    404    404    404    404    404    404
POST card_recognitions          302    404    404    404    404    404    404    404    404    404    404    404
GET  card_portrait              302    404    404    404    404    404    404    404    404    404    404    404
POST card_portrait              302    404    404    404    404    404    404    404    404    404    404    404
GET  portrait_image             302    404    404    404    404    404    404    404    404    404    404    404
GET  application_discard        302    200    404    404    404    404    404    404    404    404    404    404
POST application_discard        302    302    404    404    404    404    404    404    404    404    404    404
GET  decision                   302    200    404    200    404    200    404    200    200    404    200    200
GET  decision_pdf               302    200    404    200    404    200    404    200    200    404    200    200
GET  receipt_pdf                302    200    404    200    404    200    404    200    200    404    200    200
GET  account_change             302    200    404    404    404    404    404    404    404    404    404    404
POST account_change             302    200    404    404    404    404    404    404    404    404    404    404
GET  application_evidence       302    302    404    404    404    404    404    404    404    404    404    404
POST application_evidence       302    302    404    404    404    404    404    404    404    404    404    404
GET  paper                      302    200    404    200    404    200    404    200    200    404    200    200
GET  letters                    302    200    200    200    200    200    200    200    200    200    200    200
GET  letter                     302    200    404    404    404    404    404    404    404    404    404    404

GET  desk                       302    404    404    200    200    200    200    200    200    302    200    200
GET  list_export_new            302    404    404    200    200    200    200    200    200    404    200    200
POST list_export_new            302    404    404    422    422    422    422    422    422    404    422    422
GET  list_export                302    404    404    404    404    404    404    404    404    404    200    404
POST list_export_download       302    404    404    404    404    404    404    404    404    404    302    404
POST desk_find                  302    404    404    302    200    302    200    302    302    404    302    302
GET  desk_people                302    404    404    200    200    404    404    404    404    404    200    404
POST desk_people                302    404    404    302    302    404    404    404    404    404    302    404
GET  desk_clashes               302    404    404    200    200    404    404    404    404    404    200    404
GET  desk_person                302    404    404    200    200    404    404    404    404    404    200    404
POST desk_person                302    404    404    200    200    404    404    404    404    404    200    404
GET  recovery_new               302    404    404    200    200    404    404    404    404    404    200    404
POST recovery_new               302    404    404    422    422    404    404    404    404    404    422    404
GET  desk_file                  302    404    404    200    404    200    404    200    200    404    200    200
POST desk_ask_registers         302    404    404    302    404    302    404    302    302    404    302    302
GET  desk_take                  302    404    404    200    404    200    404    200    200    404    200    404
POST desk_take                  302    404    404    200    404    302    404    200    200    404    200    404
POST desk_settle                302    404    404    404    404    200    404    404    404    404    404    404
GET  desk_settle                302    404    404    404    404    405    405    404    404    404    404    404
POST desk_prove                 302    404    404    302    404    302    404    404    404    404    404    404
POST desk_reveal                302    404    404    200    404    200    404    200    200    404    200    200
GET  desk_recusal_new           302    404    404    200    404    200    404    200    200    404    200    404
POST desk_recusal_new           302    404    404    422    404    422    404    422    422    404    422    404
GET  desk_recusal_withdraw      302    404    404    404    404    404    404    404    404    404    200    404
POST desk_recusal_withdraw      302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_delegations           302    404    404    200    200    200    200    200    200    200    200    200
GET  desk_delegation_new        302    404    404    200    200    200    200    200    200    200    200    404
POST desk_delegation_new        302    404    404    422    422    422    422    422    422    422    422    404
POST desk_delegation_end        302    404    404    302    404    404    404    404    404    302    302    302
GET  desk_step                  302    404    404    404    404    200    404    302    302    404    404    404
POST desk_step                  302    404    404    404    404    302    404    200    200    404    404    404
POST desk_step/accept           302    404    404    302    404    404    404    404    404    404    404    404
POST desk_step/return           302    404    404    200    404    302    404    404    404    404    404    404
POST desk_step/pass_first       302    404    404    404    404    200    404    404    404    404    404    404
POST desk_step/pass_second      302    404    404    404    404    404    404    302    404    404    404    404
POST desk_step/send_back        302    404    404    404    404    404    404    302    200    404    404    404
POST desk_step/approve          302    404    404    404    404    404    404    404    302    404    404    404
POST desk_step/uphold_reconsideration  302    404    404    404    404    404    404    404    404    404    302    404
POST desk_step/withdraw         302    404    404    404    404    404    404    404    404    404    404    404
GET  counter                    302    404    404    200    200    404    404    404    404    404    200    404
POST counter                    302    404    404    422    422    404    404    404    404    404    404    404
GET  counter_letters            302    404    404    200    200    404    404    404    404    404    200    404
GET  counter_letter             302    404    404    200    404    404    404    404    404    404    200    404
POST counter_letter             302    404    404    422    404    404    404    404    404    404    422    404
GET  counter_print              302    404    404    200    404    404    404    404    404    404    404    404
GET  counter_request            302    404    404    200    404    404    404    404    404    404    404    404
POST counter_request            302    404    404    422    404    404    404    404    404    404    404    404
GET  application_tasks/counter  302    404    404    200    404    404    404    404    404    404    404    404
GET  application_section/counter  302  404    404    200    404    404    404    404    404    404    404    404
GET  application_papers/counter  302   404    404    200    404    404    404    404    404    404    404    404
GET  application/counter        302    404    404    200    404    404    404    404    404    404    404    404
GET  application_withdraw/counter  302  404   404    302    404    404    404    404    404    404    404    404
GET  paper/counter              302    404    404    200    404    404    404    404    404    404    404    404
GET  entries                    302    404    404    404    404    404    404    404    404    404    200    200

GET  desk_notices               302    404    404    200    200    200    200    200    200    404    200    200
GET  desk_notice                302    404    404    200    404    200    404    200    200    404    200    200
POST desk_notice_collect        302    404    404    404    404    404    404    302    302    404    302    404
POST desk_notice_release        302    404    404    404    404    404    404    302    302    404    302    404
GET  objection_new              302    200    200    200    200    200    200    200    200    200    200    200
POST objection_new              302    302    422    302    302    302    302    302    302    302    302    302
GET  objection_sent             302    404    200    404    404    404    404    404    404    404    404    404
GET  desk_objection_new         302    404    404    200    404    404    404    200    404    404    200    404
POST desk_objection_new         302    404    404    302    404    404    404    302    404    404    302    404
GET  desk_objection             302    404    404    404    404    404    404    404    404    404    200    200
POST desk_objection             302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_objection_letter      302    404    404    404    404    404    404    404    404    404    200    200
POST desk_objection_told        302    404    404    404    404    404    404    404    404    404    302    404

GET  desk_policies              302    404    404    404    404    404    404    404    404    404    200    200
GET  desk_policy                302    404    404    404    404    404    404    404    404    404    200    200
GET  desk_policy_yaml           302    404    404    404    404    404    404    404    404    404    200    200
GET  desk_policy_import         302    404    404    404    404    404    404    404    404    404    200    404
POST desk_policy_import         302    404    404    404    404    404    404    404    404    404    422    404
POST policy_draft_new           302    404    404    404    404    404    404    404    404    404    302    404
GET  policy_draft               302    404    404    404    404    404    404    404    404    404    200    200
GET  policy_draft_changes       302    404    404    404    404    404    404    404    404    404    200    200
GET  policy_draft_yaml          302    404    404    404    404    404    404    404    404    404    200    200
GET  policy_draft_import        302    404    404    404    404    404    404    404    404    404    200    404
POST policy_draft_import        302    404    404    404    404    404    404    404    404    404    422    404
GET  policy_draft_part          302    404    404    404    404    404    404    404    404    404    200    404
POST policy_draft_part          302    404    404    404    404    404    404    404    404    404    422    404
POST policy_draft_move          302    404    404    404    404    404    404    404    404    404    302    404
GET  policy_draft_remove        302    404    404    404    404    404    404    404    404    404    200    404
POST policy_draft_remove        302    404    404    404    404    404    404    404    404    404    302    404
POST policy_draft_ask           302    404    404    404    404    404    404    404    404    404    302    404
POST policy_draft_take_back     302    404    404    404    404    404    404    404    404    404    302    404
POST policy_draft_publish       302    404    404    404    404    404    404    404    404    404    302    404
GET  policy_draft_discard       302    404    404    404    404    404    404    404    404    404    200    404
POST policy_draft_discard       302    404    404    404    404    404    404    404    404    404    302    404
POST policy_draft_send_back     302    404    404    404    404    404    404    404    404    404    422    404

POST simulation_new             302    404    404    404    404    404    404    404    404    404    303    404
GET  simulations                302    404    404    404    404    404    404    404    404    404    200    200
GET  simulation                 302    404    404    404    404    404    404    404    404    404    200    200
POST simulation_stop            302    404    404    404    404    404    404    404    404    404    302    404
POST simulation_download        302    404    404    404    404    404    404    404    404    404    200    200

GET  payables                   302    404    404    404    404    200    200    404    404    200    200    200
GET  payable_account            302    404    404    404    404    200    404    404    404    404    404    404
POST payable_account            302    404    404    404    404    200    404    404    404    404    404    404
GET  payable_recheck            302    404    404    404    404    200    404    404    404    404    404    404
POST payable_recheck            302    404    404    404    404    200    404    404    404    404    404    404
GET  payable_cancel             302    404    404    404    404    404    404    404    404    404    200    404
POST payable_cancel             302    404    404    404    404    404    404    404    404    404    200    404
POST roll_collect               302    404    404    404    404    404    404    404    404    302    404    404
POST roll_collect_all           302    404    404    404    404    404    404    404    404    302    404    404
GET  rolls                      302    404    404    404    404    404    404    404    404    200    200    200
GET  roll                       302    404    404    404    404    404    404    404    404    200    200    200
POST roll_issue                 302    404    404    404    404    404    404    404    404    302    404    404
POST roll_drop                  302    404    404    404    404    404    404    404    404    302    404    404
POST roll_download              302    404    404    404    404    404    404    404    404    200    404    404
GET  bank_result                302    404    404    404    404    404    404    404    404    200    200    200
POST bank_result                302    404    404    404    404    404    404    404    404    200    404    404
POST bank_result_apply          302    404    404    404    404    404    404    404    404    302    404    404

GET  desk_partners              302    404    404    404    404    404    404    404    404    404    200    200
GET  desk_partner               302    404    404    404    404    404    404    404    404    404    200    200
GET  desk_partner_new           302    404    404    404    404    404    404    404    404    404    200    404
POST desk_partner_new           302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_partner_edit          302    404    404    404    404    404    404    404    404    404    200    404
POST desk_partner_edit          302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_partner_close         302    404    404    404    404    404    404    404    404    404    200    404
POST desk_partner_close         302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_place_new             302    404    404    404    404    404    404    404    404    404    200    404
POST desk_place_new             302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_place                 302    404    404    404    404    404    404    404    404    404    200    404
POST desk_place                 302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_manager_new           302    404    404    404    404    404    404    404    404    404    200    404
POST desk_manager_new           302    404    404    404    404    404    404    404    404    404    422    404
POST desk_partner_reopen        302    404    404    404    404    404    404    404    404    404    302    404
POST desk_manager               302    404    404    404    404    404    404    404    404    404    302    404
GET  partner                    302    404    404    404    404    404    404    404    404    404    404    404
GET  partner_pin_change         302    404    404    404    404    404    404    404    404    404    404    404
POST partner_pin_change         302    404    404    404    404    404    404    404    404    404    404    404
POST partner_put_away           302    404    404    404    404    404    404    404    404    404    404    404
GET  partner_how                200    200    200    200    200    200    200    200    200    200    200    200
GET  partner_pin                302    302    302    302    302    302    302    302    302    302    302    302
POST partner_pin                302    302    302    302    302    302    302    302    302    302    302    302
GET  partner_enrol              200    200    200    200    200    200    200    200    200    200    200    200
POST partner_enrol              422    422    422    422    422    422    422    422    422    422    422    422
GET  partner_invited            302    200    200    200    200    200    200    200    200    200    200    200
POST partner_invited            302    200    200    200    200    200    200    200    200    200    200    200
GET  partner_team               302    404    404    404    404    404    404    404    404    404    404    404
GET  partner_member_new         302    404    404    404    404    404    404    404    404    404    404    404
POST partner_member_new         302    404    404    404    404    404    404    404    404    404    404    404
GET  partner_member             302    404    404    404    404    404    404    404    404    404    404    404
GET  partner_member_edit        302    404    404    404    404    404    404    404    404    404    404    404
POST partner_member_edit        302    404    404    404    404    404    404    404    404    404    404    404
POST partner_member_link        302    404    404    404    404    404    404    404    404    404    404    404
GET  partner_member_leave       302    404    404    404    404    404    404    404    404    404    404    404
POST partner_member_leave       302    404    404    404    404    404    404    404    404    404    404    404
POST partner_device             302    404    404    404    404    404    404    404    404    404    404    404

GET  api_programmes             200    200    200    200    200    200    200    200    200    200    200    200
GET  api_policies               200    200    200    200    200    200    200    200    200    200    200    200
GET  api_policy                 200    200    200    200    200    200    200    200    200    200    200    200
POST api_eligibility            200    200    200    200    200    200    200    200    200    200    200    200
GET  api_schema                 200    200    200    200    200    200    200    200    200    200    200    200
GET  api_docs                   200    200    200    200    200    200    200    200    200    200    200    200
GET  api_moved                  301    301    301    301    301    301    301    301    301    301    301    301
GET  api_unknown                404    404    404    404    404    404    404    404    404    404    404    404
GET  api_profile                401    200    200    200    200    200    200    200    200    200    200    200
GET  api_papers                 401    200    200    200    200    200    200    200    200    200    200    200
GET  api_paper_content          401    200    404    404    404    404    404    404    404    404    404    404
GET  api_applications           401    200    200    200    200    200    200    200    200    200    200    200
POST api_applications           401    422    422    422    422    422    422    422    422    422    422    422
GET  api_application            401    200    404    404    404    404    404    404    404    404    404    404
GET  api_answers                401    200    404    404    404    404    404    404    404    404    404    404
GET  api_shelf                  401    200    404    404    404    404    404    404    404    404    404    404
POST api_shelf                  401    415    404    404    404    404    404    404    404    404    404    404
GET  api_shelved                401    405    405    405    405    405    405    405    405    405    405    405
POST api_submit                 401    400    404    404    404    404    404    404    404    404    404    404
POST api_withdraw               401    409    404    404    404    404    404    404    404    404    404    404
GET  api_queue                  401    404    404    200    200    200    200    200    200    404    200    200
GET  api_file                   401    404    404    200    404    200    404    200    200    404    200    200
GET  api_rolls                  401    404    404    404    404    404    404    404    404    200    200    200
GET  api_roll                   401    404    404    404    404    404    404    404    404    200    200    200
GET  api_roll_lines             401    404    404    404    404    404    404    404    404    200    200    200
"""
STEPS = (
    ("accept", "accept"),
    ("return", "first_review"),
    ("pass_first", "first_review"),
    ("pass_second", "second_review"),
    ("send_back", "second_review"),
    ("approve", "final_approval"),
    ("uphold_reconsideration", "reconsideration"),
    ("withdraw", "first_review"),  # the applicant's own: nobody's on the desk
)
ROWS = [line.split() for line in TABLE.splitlines() if line.startswith(("GET", "POST"))]
# Libraries guard their own pages; these stand for the rest.
OF_LIBRARIES = {"account_login", "account_email", "mfa_index", "admin:index"}


def names_in(resolver: URLResolver) -> Iterator[str]:
    """Every name below ``resolver`` but those of allauth and the admin; a page without a name as its pattern."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from () if entry.namespace == "admin" else names_in(entry)
        elif not entry.callback.__module__.startswith("allauth."):
            yield entry.name or str(entry.pattern)


def test_every_address_of_the_portal_stands_in_the_table() -> None:
    assert set(names_in(get_resolver())) == {name.partition("/")[0] for _method, name, *_codes in ROWS} - OF_LIBRARIES


def test_every_row_has_an_answer_for_every_visitor() -> None:
    assert {len(codes) for _method, _name, *codes in ROWS} == {len(VISITORS)}


@pytest.mark.django_db
@pytest.mark.slow
def test_every_address_answers_every_visitor_as_the_table_says() -> None:
    users, places, bodies = a_city()
    clients = {name: signed_in(users[name]) for name in VISITORS}
    found, expected = {}, {}
    for method, name, *codes in ROWS:
        address = reverse(name.partition("/")[0], args=places.get(name, ()))
        for visitor, code in zip(VISITORS, codes, strict=True):
            expected[method, name, visitor] = int(code)
            with transaction.atomic():  # what one visitor does is undone before the next one comes
                response = clients[visitor].generic(method, address) if method == "GET" else None
                as_json = {"content_type": "application/json"} if name.startswith("api_") else {}
                response = response or clients[visitor].post(address, bodies.get(name, {}), **as_json)
                found[method, name, visitor] = response.status_code
                transaction.set_rollback(True)
    differing = {key: (found[key], "not", code) for key, code in expected.items() if found[key] != code}
    assert differing == {}


def signed_in(user: User | None) -> Client:
    """A browser of ``user``."""
    client = Client()
    if user:
        client.force_login(user)
    return client


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
    places["portrait_image"] = (draft.pk,)
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
    places |= {"api_paper_content": places["paper"]}
    places |= dict.fromkeys(("api_roll", "api_roll_lines"), (issued.number,))
    places |= at_a_hotel(now)
    bodies = {
        "api_eligibility": {"facts": {}},
        "api_submit": {"version": 0},
        "api_withdraw": {"version": approved.version},
        "desk_find": {"q": in_review.reference},
        "desk_people": {"number": in_review.applicant.number},
        "desk_person": {"act": "reveal"},
        "desk_settle": {"clause": "YT-1"},
        "desk_take": {"version": str(in_review.version)},
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


def at_a_hotel(now: datetime) -> dict[str, tuple]:
    """A hotel with somebody who is to enrol a device, an old device, and a manager who has yet to accept."""
    manager, operator = a_hotel()
    partner, device, _token = manager.partner, *enrolled(operator)
    waiting = invite_manager(
        partner=partner, email=make_user().email, name="邱安居", by=staff(Role.ADMINISTRATOR), at=MORNING
    )
    move_clock(now)
    member = (operator.pk,)
    of_member = ("partner_member", "partner_member_edit", "partner_member_link", "partner_member_leave")
    of_partner = [f"desk_partner{act}" for act in ("", "_edit", "_close", "_reopen")]
    return {
        **dict.fromkeys([*of_partner, "desk_place_new", "desk_manager_new"], (partner.pk,)),
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
