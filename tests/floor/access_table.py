"""Who may open what, by hand: every address of the portal against every kind of visitor."""

from tests.floor import access_table_apartments, access_table_lodging

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
GET  recovery_link              302    302    302    302    302    302    302    302    302    302    302    302
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

GET  card                       302    200    200    200    200    200    200    200    200    200    200    200
GET  card_codes                 401    200    404    404    404    404    404    404    404    404    404    404
GET  card_checks                302    200    200    200    200    200    200    200    200    200    200    200
GET  card_manifest              200    200    200    200    200    200    200    200    200    200    200    200
GET  card_worker                200    200    200    200    200    200    200    200    200    200    200    200
GET  signing_keys               200    200    200    200    200    200    200    200    200    200    200    200
GET  verify_code                422    422    422    422    422    422    422    422    422    422    422    422
GET  verify                     200    200    200    200    200    200    200    200    200    200    200    200
POST verify                     422    422    422    422    422    422    422    422    422    422    422    422
POST verify_place               302    404    404    404    404    404    404    404    404    404    404    404
GET  card_check                 302    404    404    404    404    404    404    404    404    404    404    404
GET  card_check_photo           302    404    404    404    404    404    404    404    404    404    404    404
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
GET  desk_settle                302    404    404    404    404    405    405    404    405    404    404    404
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
POST desk_step/return           302    404    404    200    404    302    404    404    200    404    404    404
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
GET  desk_partner_account       302    404    404    404    404    404    404    404    404    404    200    404
POST desk_partner_account       302    404    404    404    404    404    404    404    404    404    422    404
GET  partner_account            302    404    404    404    404    404    404    404    404    404    404    404
POST partner_account            302    404    404    404    404    404    404    404    404    404    404    404
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

GET  desk_cards                 302    404    404    200    200    200    200    200    200    404    200    200
POST desk_cards                 302    404    404    422    422    422    422    422    422    404    422    422
POST desk_cards_file            302    404    404    200    302    200    302    200    200    404    200    200
GET  card_file                  302    404    404    200    404    200    404    200    200    404    200    200
POST card_file                  302    404    404    404    404    422    404    404    422    404    404    404
GET  card_face                  302    404    404    200    404    200    404    200    200    404    200    200
GET  print_batches              302    404    404    200    200    200    200    200    200    404    200    200
POST print_batches              302    404    404    302    302    404    404    404    404    404    404    404
GET  print_batch                302    404    404    200    404    200    404    200    200    404    200    200
POST print_batch                302    404    404    422    404    404    404    404    404    404    404    404
POST print_batch_download       302    404    404    200    404    404    404    404    404    404    404    404
GET  card_tiers                 302    404    404    200    404    200    404    200    200    404    200    200
POST card_tiers                 302    404    404    422    404    422    404    422    422    404    422    422
GET  own_recognitions           302    200    404    404    404    404    404    404    404    404    404    404
POST own_recognitions           302    422    404    404    404    404    404    404    404    404    404    404
GET  card_employer              302    200    404    404    404    404    404    404    404    404    404    404
POST card_employer              302    422    404    404    404    404    404    404    404    404    404    404
GET  card_reconsideration       302    200    404    404    404    404    404    404    404    404    404    404
POST card_reconsideration       302    422    404    404    404    404    404    404    404    404    404    404
GET  card_doubts                302    404    404    200    200    200    200    200    200    404    200    200
POST card_keep                  302    404    404    404    404    422    404    404    422    404    404    404
POST card_answer                302    404    404    404    404    404    404    404    404    404    422    404
GET  card_loss                  302    200    404    404    404    404    404    404    404    404    404    404
POST card_loss                  302    422    404    404    404    404    404    404    404    404    404    404
GET  card_picture               302    200    404    404    404    404    404    404    404    404    404    404

GET  benefits                   200    200    200    200    200    200    200    200    200    200    200    200
GET  card_benefits              302    200    200    200    200    200    200    200    200    200    200    200
POST card_benefit_claim         302    302    302    302    302    302    302    302    302    302    302    302
GET  desk_benefits              302    404    404    404    404    404    404    404    404    404    200    200
GET  desk_benefit               302    404    404    404    404    404    404    404    404    404    200    200
GET  desk_benefit_new           302    404    404    404    404    404    404    404    404    404    200    404
POST desk_benefit_new           302    404    404    404    404    404    404    404    404    404    422    404
GET  desk_benefit_edit          302    404    404    404    404    404    404    404    404    404    200    404
POST desk_benefit_edit          302    404    404    404    404    404    404    404    404    404    422    404
POST desk_benefit_switch        302    404    404    404    404    404    404    404    404    404    302    404
GET  desk_benefit_close         302    404    404    404    404    404    404    404    404    404    200    404
POST desk_benefit_close         302    404    404    404    404    404    404    404    404    404    422    404
POST desk_benefits_take_in      302    404    404    404    404    404    404    404    404    404    302    404
POST benefit_use                302    404    404    404    404    404    404    404    404    404    404    404
GET  benefit_used               302    404    404    404    404    404    404    404    404    404    404    404
POST benefit_used               302    404    404    404    404    404    404    404    404    404    404    404
GET  partner_benefits           302    404    404    404    404    404    404    404    404    404    404    404
POST partner_benefits_download  302    404    404    404    404    404    404    404    404    404    404    404

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
GET  api_recognitions           401    404    404    404    404    404    404    404    404    404    404    404
POST api_recognitions           401    404    404    404    404    404    404    404    404    404    404    404
POST api_recognitions_none      401    404    404    404    404    404    404    404    404    404    404    404
GET  api_recognition            401    405    405    405    405    405    405    405    405    405    405    405
POST api_portrait               401    404    404    404    404    404    404    404    404    404    404    404
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
TABLES = TABLE + access_table_apartments.TABLE + access_table_lodging.TABLE
ROWS = [line.split() for line in TABLES.splitlines() if line.startswith(("GET", "POST"))]
