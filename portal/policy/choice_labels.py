"""Words for the kinds of condition and for what may be chosen in a field of a policy document."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.policy.explanations import COLUMNS, PROVENANCES, STAGES

KINDS: dict[str, Promise] = {
    "all": _("全部满足"),
    "any": _("满足其一"),
    "education_level": _("学历"),
    "study_mode": _("学习形式"),
    "overseas_degree_certified": _("国（境）外学历认证"),
    "school_on_list": _("学校在名单内"),
    "graduated_from": _("毕业年份"),
    "household_in": _("户籍在某地"),
    "employer_kind": _("单位类型"),
    "first_job_in_city": _("首次在本市就业"),
    "in_post": _("申请时在职"),
    "insured_months": _("参保月数"),
    "within": _("多久以内申请"),
    "age_under": _("年龄"),
    "not_before": _("不早于某日"),
    "not_granted_before": _("没有领过"),
    "earlier_grants": _("已领补贴怎么算"),
    "couple": _("夫妻"),
    "between": _("只在某段时间受理"),
    "booked_ahead": _("提前预订"),
    "contract_years": _("劳动合同年限"),
    "employer_active": _("单位在营"),
    "employer_in": _("单位所在地"),
    "fact_is": _("事实为所列之一"),
    "final_year_student": _("一年内毕业"),
    "free_nights": _("免费晚数"),
    "household_outside": _("户籍不在某地"),
    "job_search_proof": _("求职证明"),
    "no_home": _("没有住房"),
    "not_insured": _("没有参保"),
    "own_business": _("自主创业"),
    "recognised_as": _("人才认定"),
    "season": _("每年某些月份受理"),
}
# By model and field, or by field alone, the words for what may be chosen.
VALUES: dict[str, Mapping[str, Promise]] = {
    "stage": STAGES,
    "columns": COLUMNS,
    "proven_by": PROVENANCES,
    "date_that_decides": {
        "application": _("申请日"),
        "hire": _("入职日"),
        "approval": _("审定日"),
    },
    "submitted_by": {
        "person": _("本人"),
        "clerk": _("受理人员代为提交"),
        "employer": _("用人单位提交"),
        "agency": _("代办机构"),
        "automatic": _("系统自动"),
    },
    "payout_account": {
        "social_security_card": _("社会保障卡账户"),
        "class_one_account": _("一类银行账户"),
        "city_card": _("市民卡账户"),
        "employer": _("用人单位账户"),
    },
    "formats": {
        "jpeg": _("JPEG"),
        "png": _("PNG"),
        "pdf": _("PDF"),
    },
    "clock": {
        "paused": _("暂停"),
        "running": _("继续计算"),
    },
    "day_kind": {
        "working": _("工作日"),
        "calendar": _("自然日"),
    },
    "Masking.name": {
        "family_name": _("只显示姓"),
        "first_and_last": _("显示首尾两字"),
        "last": _("只显示最后一字"),
    },
    "mode": {
        "block": _("只能享受一项"),
        "higher": _("就高，先退回已领的"),
        "top_up": _("补差额"),
        "deduct": _("扣减已领的"),
        "wait": _("间隔一段时间"),
        "stack": _("可以同时享受"),
    },
    "Budget.mode": {
        "open": _("不限总额"),
        "first_come": _("先到先得，用完为止"),
        "overflow": _("转入下一年度"),
    },
    "Clawback.rule": {
        "none": _("不退回"),
        "proportional": _("按未满的年限退回"),
        "full": _("全部退回"),
    },
    "treatment": {
        "none": _("不代扣"),
        "withheld": _("代扣"),
    },
    "period": {
        "day": _("每天"),
        "month": _("每月"),
        "quarter": _("每季度"),
        "year": _("每年"),
        "ever": _("一共"),
    },
    "CardTerms.family": {
        "spouse": _("配偶"),
        "minor_child": _("未成年子女"),
        "parent": _("父母"),
    },
    "forms": {
        "physical": _("实体卡"),
        "electronic": _("电子卡"),
    },
    "supply": {
        "hotel_contract": _("签约酒店"),
        "apartment_beds": _("公寓床位"),
    },
    "ArrearsRung.act": {
        "remind": _("发信提醒"),
        "warn": _("发信警告"),
        "decide": _("交工作人员决定"),
    },
    "allotment": {
        "first_come": _("先到先得"),
        "tier_then_lottery": _("先按层次，同层次抽签"),
        "points_then_lottery": _("先按积分，同分抽签"),
        "priority": _("按优先次序"),
    },
    "batch": {
        "open": _("随时"),
        "quarterly": _("每季度"),
        "yearly": _("每年"),
    },
    "dispatched_by": {
        "agency": _("派遣单位"),
        "user_firm": _("用工单位"),
    },
    "on": {
        "application": _("申请日"),
        "application_year": _("申请年份的 1 月 1 日"),
        "approval": _("审定日"),
        "approval_year": _("审定年份的 1 月 1 日"),
    },
    "Couple.rule": {
        "one": _("只由一方享受"),
        "waiver": _("一方享受，另一方书面放弃"),
        "both": _("可以分别享受"),
    },
    "NoHome.family": {
        "self": _("本人"),
        "spouse": _("配偶"),
        "minor_children": _("未成年子女"),
    },
    "insurances": {
        "pension": _("养老保险"),
        "medical": _("医疗保险"),
        "unemployment": _("失业保险"),
        "injury": _("工伤保险"),
        "maternity": _("生育保险"),
    },
}
