"""Components: what they print, and that nothing a person typed is ever printed as markup."""

import re
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.conf import settings
from django.template import engines
from django.utils.translation import override

from portal.ui.figures import amount_text, day_text, day_time_text, month_text, yuan_text
from portal.ui.templatetags import ui
from portal.ui.widgets import DayInput, MonthInput

SHANGHAI = ZoneInfo("Asia/Shanghai")
MALICE = "<b>&</b>"
HARMLESS = "&lt;b&gt;&amp;&lt;/b&gt;"


def render(source: str, **context) -> str:
    return " ".join(engines["django"].from_string(source).render(context).split())


class Question(forms.Form):
    name = forms.CharField(label="姓名", help_text="与身份证一致")
    issued_on = forms.DateField(label="签发日期", widget=DayInput, required=False)
    kind = forms.ChoiceField(label="现在的情况", widget=forms.RadioSelect, choices=[("a", "上班"), ("b", MALICE)])
    paper = forms.FileField(label="毕业证书", widget=forms.FileInput)
    is_true = forms.BooleanField(label="以上内容真实")


class Period(forms.Form):
    starts_on = forms.DateField(label="开始", error_messages={"invalid": "请填写日期。"})
    ends_on = forms.DateField(label="结束", error_messages={"invalid": "请填写日期。"})
    signed_on = forms.DateField(label="签订", error_messages={"invalid": "请填写签订的日期。"})


def test_a_sentence_that_stands_at_two_fields_says_which():
    shown = render("{% form_errors form=form %}", form=Period(dict.fromkeys(Period.base_fields, "x")))

    assert re.findall(r'<a href="#(\w+)">(.*?)</a>', shown) == [
        ("id_starts_on", "开始：请填写日期。"),
        ("id_ends_on", "结束：请填写日期。"),
        ("id_signed_on", "请填写签订的日期。"),
    ]


def test_a_tag_is_icon_word_and_shape():
    assert render('{% tag text="符合" kind="ok" id="s1" %}') == (
        '<span class="th-tag th-tag--ok" id="s1"><svg class="th-icon" aria-hidden="true" focusable="false">'
        '<use href="/static/ui/icons.svg#i-check-circle"></use></svg>符合</span>'
    )


def test_a_sample_rule_is_marked_without_an_icon():
    assert render('{% tag text="示例规则" kind="sample" %}') == '<span class="th-tag th-tag--sample">示例规则</span>'


@pytest.mark.parametrize(
    ("answer", "kind", "symbol", "word"),
    [
        ("met", "ok", "i-check-circle", "符合"),
        ("unproven", "wait", "i-unproven", "待证实"),
        ("unmet", "no", "i-cross-circle", "不符合"),
    ],
)
def test_three_answers_look_like_three_things(answer, kind, symbol, word):
    shown = render("{% finding_tag answer=answer %}", answer=answer)

    assert f"th-tag--{kind}" in shown
    assert f"#{symbol}" in shown
    assert shown.endswith(f"</svg>{word}</span>")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (["met", "met", "met"], "3 条符合"),
        (["met", "unproven", "unproven"], "2 条待证实"),
        (["met", "unproven", "unmet"], "1 条不符合"),
    ],
)
def test_the_strip_says_the_worst_in_words(answers, words):
    assert render("{% finding_strip answers=answers %}", answers=answers).endswith(f"</span>{words}")


@pytest.mark.parametrize(
    ("days", "paused", "kind", "words"),
    [
        (3, False, "ok", "剩 3 日"),
        (1, False, "soon", "剩 1 日"),
        (0, False, "soon", "今天到期"),
        (-2, False, "late", "超 2 日"),
        (-2, True, "paused", "已暂停"),
    ],
)
def test_the_clock_of_a_file(days, paused, kind, words):
    shown = render("{% due days=days paused=paused %}", days=days, paused=paused)

    assert f'class="th-due th-due--{kind} th-num"' in shown
    assert shown.endswith(f"</svg>{words}</span>")


def test_a_clock_names_its_day_and_says_when_the_day_is_provisional():
    shown = render("{% due days=3 on=day provisional=True %}", day=date(2024, 1, 4))

    assert shown.endswith('剩 3 日<small class="th-num">01-04（暂定）</small></span>')


def test_a_file_without_a_limit_has_a_dash():
    assert render("{% due days=None %}") == "—"


def test_money_is_read_from_whole_fen():
    assert amount_text(1_000_000) == "10,000.00"
    assert amount_text(-50) == "-0.50"
    with override("zh-hans"):
        assert yuan_text(1_000_000) == "10,000 元"
        assert yuan_text(1_000_050) == "10,000.50 元"
    with override("en"):
        assert yuan_text(1_000_000) == "CNY 10,000"


def test_days_are_written_in_full_in_the_language_of_the_reader():
    before_midnight_in_utc = datetime(2023, 11, 15, 17, 12, tzinfo=ZoneInfo("UTC"))
    with override("zh-hans"):
        assert day_text(date(2023, 11, 16)) == "2023 年 11 月 16 日"
        assert day_text(date(2023, 11, 16), with_year=False) == "11 月 16 日"
        assert day_time_text(before_midnight_in_utc) == "2023 年 11 月 16 日 01:12"
        assert month_text("2023-07") == "2023 年 7 月"
    with override("en"):
        assert day_text(before_midnight_in_utc) == "16 November 2023"
        assert day_time_text(datetime(2023, 11, 16, 9, 12, tzinfo=SHANGHAI)) == "16 November 2023, 09:12"
        assert month_text(date(2023, 7, 1)) == "July 2023"


def test_what_ends_at_midnight_ends_on_the_day_that_is_over():
    midnight, later = (datetime(2023, 11, 16, 0, minute, tzinfo=SHANGHAI) for minute in (0, 1))
    with override("zh-hans"):
        assert day_time_text(midnight, is_end=True) == "2023 年 11 月 15 日 24:00"
        assert day_time_text(later, is_end=True) == "2023 年 11 月 16 日 00:01"
        assert day_time_text(midnight) == "2023 年 11 月 16 日 00:00"
    with override("en"):
        assert day_time_text(midnight, is_end=True) == "15 November 2023, 24:00"


def test_an_unknown_day_or_amount_is_a_dash():
    assert render("{% day None %}{% day_time None %}{% month '' %}{% yuan None %}{% amount None %}") == "—————"


def test_a_field_ties_label_hint_error_and_control_together():
    assert render("{% field field=form.name %}", form=Question({})) == (
        '<div class="th-field th-field--error"> <label class="form-label" for="id_name">姓名</label> '
        '<p class="form-text" id="id_name_helptext">与身份证一致</p>'
        '<p class="invalid-feedback" id="id_name_error"><svg class="th-icon" aria-hidden="true" focusable="false">'
        '<use href="/static/ui/icons.svg#i-alert"></use></svg><span><span class="visually-hidden">错误：</span>'
        "请填写“姓名”</span></p> "
        '<input type="text" name="name" class="form-control" aria-describedby="id_name_helptext id_name_error" '
        'required aria-invalid="true" id="id_name"> </div>'
    )


def test_choices_are_a_fieldset_with_a_legend():
    shown = render("{% field field=form.kind hint='选一项' %}", form=Question())

    assert shown.startswith(
        '<fieldset class="th-field" aria-describedby="id_kind_helptext"> <legend class="th-legend">'
    )
    assert '<input type="radio" name="kind" value="a" class="form-check-input" required id="id_kind_0">' in shown
    assert f'<label class="form-check-label" for="id_kind_1">{HARMLESS}</label>' in shown


def test_only_what_may_be_left_out_says_so():
    form = Question()

    assert "（选填）" in render("{% field field=form.issued_on %}", form=form)
    assert "（选填）" not in render("{% field field=form.name %}", form=form)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_day_control_speaks_iso_in_every_language(language):
    with override(language):
        shown = render("{% field field=form.issued_on %}", form=Question(initial={"issued_on": date(2023, 6, 20)}))

    assert '<input type="date" name="issued_on" value="2023-06-20"' in shown


def test_a_month_control_asks_for_year_and_month_where_browsers_have_none():
    shown = MonthInput().render("since", "2023-07", {"id": "id_since"})

    assert 'type="month" name="since" value="2023-07"' in shown
    assert r'pattern="\d{4}-\d{2}"' in shown


def test_the_error_summary_links_every_sentence_to_its_field():
    shown = render("{% form_errors form=form extra=extra %}", form=Question({}), extra=[("file-2", "有密码，打不开")])

    assert "有 5 处需要修改" in shown
    for line in (
        '<a href="#id_name">请填写“姓名”</a>',
        '<a href="#id_kind_0">请选择“现在的情况”</a>',
        '<a href="#id_paper">请上传“毕业证书”</a>',
        '<a href="#id_is_true">请勾选“以上内容真实”</a>',
        '<a href="#file-2">有密码，打不开</a>',
    ):
        assert line in shown


def test_there_is_no_error_summary_without_errors():
    assert render("{% form_errors form=form %}", form=Question()) == ""


def test_a_locked_task_is_no_link():
    shown = render("{% tasks rows=rows %}", rows=[{"label": "核对并提交", "state": "locked", "href": "/x/"}])

    assert "<a " not in shown
    assert "还不能开始" in shown


def test_the_present_step_is_marked_for_screen_readers():
    shown = render(
        "{% buoys steps=steps %}", steps=[{"label": "提交", "state": "done"}, {"label": "公示", "state": "now"}]
    )

    assert shown == (
        '<ol class="th-buoys"> <li class="is-done"><span class="visually-hidden">已完成：</span>提交</li> '
        '<li class="is-now" aria-current="step">公示</li> </ol>'
    )


def test_a_row_with_a_key_nobody_reads_is_a_mistake():
    with pytest.raises(ValueError, match="lable"):
        render("{% summary_list rows=rows %}", rows=[{"lable": "姓名", "value": "林"}])


def test_a_list_on_one_page_has_no_pager():
    assert render("{% pager previous='' next='' text='1' %}") == ""
    assert 'rel="next"' in render("{% pager next='?after=3' %}")


def test_roles_are_asked_of_people_who_signed_in_only():
    visitor = SimpleNamespace(is_authenticated=False)
    reviewer = SimpleNamespace(is_authenticated=True, has_role=lambda *roles: "first_reviewer" in roles)

    assert ui.has_role(visitor, "first_reviewer") is False
    assert ui.has_role(reviewer, "clerk first_reviewer") is True
    assert ui.has_role(reviewer, "finance") is False


@pytest.mark.parametrize(
    "source",
    [
        "{% tag text=text id=text %}",
        "{% masked text %}",
        "{% panel heading=text id=text %}{{ text }}{% endpanel %}",
        "{% alert heading=text %}{{ text }}{% endalert %}",
        "{% actions %}{{ text }}{% endactions %}",
        "{% summary %}{% row label=text href=text act=text %}{{ text }}{% endrow %}{% endsummary %}",
        "{% more heading=text %}{{ text }}{% endmore %}",
        "{% summary_list rows=rows %}",
        "{% tasks rows=tasks %}",
        "{% buoys steps=steps %}",
        "{% timeline items=items %}",
        "{% pager previous=text next=text text=text %}",
        "{% form_errors extra=extra %}",
        "{% field field=form.name label=text hint=text %}",
        "{% field field=form.kind label=text hint=text %}",
        "{% field field=form.is_true label=text hint=text %}",
    ],
)
def test_what_people_type_is_never_markup(source):
    shown = render(
        source,
        text=MALICE,
        rows=[{"label": MALICE, "value": MALICE, "note": MALICE, "href": MALICE, "act": MALICE}],
        tasks=[{"label": MALICE, "note": MALICE, "text": MALICE, "href": MALICE}],
        steps=[{"label": MALICE, "note": MALICE}],
        items=[{"title": MALICE, "when": MALICE, "text": MALICE, "href": MALICE, "link": MALICE}],
        extra=[(MALICE, MALICE)],
        form=Question(initial={"name": MALICE}),
    )

    assert "<b>" not in shown
    assert HARMLESS in shown


def test_every_icon_that_is_named_is_in_the_sprite():
    sprite = (Path(ui.__file__).parents[1] / "static/ui/icons.svg").read_text()
    named = {name for name in ui.TAG_ICONS.values() if name} | set(ui.ALERT_ICONS.values())
    named |= {name for _, name, _ in ui.TASK_STATES.values()}
    for page in (settings.BASE_DIR / "templates").rglob("*.html"):
        for piece in page.read_text().split('{% icon name="')[1:]:
            named.add(piece.split('"')[0])

    assert {name for name in named if f'id="i-{name}"' not in sprite} == set()


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("编号 LS-2026-000001，", '编号 <span class="th-ref">LS-2026-000001</span>，'),
        ("（LS-1 至 LS-8）", '（<span class="th-ref">LS-1</span> 至 <span class="th-ref">LS-8</span>）'),
        ("2026-03-02 A-LS-1-b", "2026-03-02 A-LS-1-b"),
        (MALICE, HARMLESS),
    ],
)
def test_references_in_a_text_do_not_break_at_their_hyphens(text, printed):
    assert render("{{ text|refs }}", text=text) == printed


def test_a_field_that_only_some_must_fill_in_says_who():
    form = Question()
    form.fields["issued_on"].needed = "（国内学历必填）"
    assert '签发日期 <span class="th-optional">（国内学历必填）</span>' in render(
        "{% field field=form.issued_on %}", form=form
    )


def test_only_a_box_for_pictures_shows_a_camera():
    pictures, sheets = (
        type("Box", (forms.Form,), {"file": forms.FileField(widget=forms.FileInput(attrs={"accept": kinds}))})()
        for kinds in ("image/png,application/pdf", ".xlsx,.csv")
    )
    shown = [render("{% field field=form.file %}", form=form) for form in (pictures, sheets)]
    assert ["i-camera" in html for html in shown] == [True, False]
