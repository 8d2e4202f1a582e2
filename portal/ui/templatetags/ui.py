"""Components as template tags. They are builtins: no template loads them. Only a tag's one subject is positional."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput, Field
from django.forms.widgets import ChoiceWidget, FileInput, Widget
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.ui import figures

register = template.Library()

TAG_ICONS = {
    "ok": "check-circle",
    "wait": "unproven",
    "no": "cross-circle",
    "active": "half",
    "urgent": "alert",
    "plain": "half",
    "default": "circle",
    "sample": "",
}
ANSWERS = {
    "met": ("ok", gettext_lazy("符合")),
    "unproven": ("wait", gettext_lazy("待证实")),
    "unmet": ("no", gettext_lazy("不符合")),
}
ALERT_ICONS = {"info": "info", "success": "check-circle", "warning": "unproven", "danger": "alert"}
TASK_STATES = {
    "done": ("ok", "check-circle", gettext_lazy("已完成")),
    "active": ("active", "half", gettext_lazy("进行中")),
    "todo": ("default", "circle", gettext_lazy("未开始")),
    "urgent": ("urgent", "alert", gettext_lazy("需修改")),
    "locked": ("plain", "lock", gettext_lazy("还不能开始")),
}
CHINESE = re.compile(
    r"[\u3001-\u303f\u3400-\u9fff\uff01-\uff5e](?:[^\s<>]*[\u3001-\u303f\u3400-\u9fff\uff01-\uff5e])?\**"
)
REFERENCE = re.compile(r"(?<![A-Za-z0-9-])[A-Z]{2,4}(?:-[0-9]+)+(?![A-Za-z0-9-])")
SPOKEN_STATES = {
    "done": gettext_lazy("已完成："),
    "now": "",
    "pause": gettext_lazy("暂停："),
    "todo": "",
    "next": gettext_lazy("接下来："),
}


def _filled(rows: Iterable[Mapping[str, Any]], **defaults: Any) -> list[dict[str, Any]]:
    """Give every row all its keys; a key nobody reads is a mistake in the caller."""
    filled = []
    for row in rows:
        if unknown := row.keys() - defaults.keys():
            raise ValueError(f"A row has keys that no component reads: {', '.join(sorted(unknown))}.")
        filled.append({**defaults, **row})
    return filled


# ── small things ───────────────────────────────────────────────────────────────────────────────────────────────────


def _icon(name: str) -> SafeString:
    href = f"{static('ui/icons.svg')}#i-{name}"
    return format_html('<svg class="th-icon" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', href)


@register.simple_tag
def icon(*, name: str) -> SafeString:
    """One symbol of the sprite. It always stands beside words, so screen readers are not told of it."""
    return _icon(name)


@register.simple_tag
def tag(*, text: str, kind: str = "default", icon: str | None = None, id: str = "") -> SafeString:
    """A state as icon, word and shape. ``icon=""`` leaves the icon out; ``id`` is for aria-describedby."""
    name = TAG_ICONS[kind] if icon is None else icon
    return format_html(
        '<span class="th-tag{}"{}>{}{}</span>',
        "" if kind == "default" else f" th-tag--{kind}",
        format_html(' id="{}"', id) if id else "",
        _icon(name) if name else "",
        text,
    )


@register.simple_tag
def finding_tag(*, answer: str) -> SafeString:
    """One of the three answers: met, unproven, unmet."""
    kind, text = ANSWERS[answer]
    return tag(text=text, kind=kind)


@register.simple_tag
def finding_strip(*, answers: Iterable[str]) -> SafeString:
    """All findings of a file at a glance, with the words beside the bars: ``1 条待证实``."""
    seen = list(answers)
    classes = {"met": "", "unproven": "u", "unmet": "n"}
    bars = format_html_join("", '<i class="{}"></i>', ((classes[answer],) for answer in seen))
    unmet, unproven = seen.count("unmet"), seen.count("unproven")
    if unmet:
        words = ngettext("%(count)d 条不符合", "%(count)d 条不符合", unmet) % {"count": unmet}
    elif unproven:
        words = ngettext("%(count)d 条待证实", "%(count)d 条待证实", unproven) % {"count": unproven}
    else:
        words = ngettext("%(count)d 条符合", "%(count)d 条符合", len(seen)) % {"count": len(seen)}
    return format_html('<span class="th-strip8" aria-hidden="true">{}</span>{}', bars, words)


@register.simple_tag
def due(*, days: int | None, on: date | None = None, paused: bool = False, provisional: bool = False) -> SafeString:
    """The clock of a file: working days left (negative: over), the due day, grey, amber, vermilion or paused."""
    if paused:
        kind, name, text = "paused", "pause", _("已暂停")
    elif days is None:
        return SafeString("—")
    elif days < 0:
        kind, name = "late", "alert"
        text = ngettext("超 %(count)d 日", "超 %(count)d 日", -days) % {"count": -days}
    elif days == 0:
        kind, name, text = "soon", "clock", _("今天到期")
    else:
        kind, name = ("soon" if days == 1 else "ok"), "clock"
        text = ngettext("剩 %(count)d 日", "剩 %(count)d 日", days) % {"count": days}
    when = ""
    if on is not None:
        shown = _("%(day)s（暂定）") if provisional else "%(day)s"
        when = format_html('<small class="th-num">{}</small>', shown % {"day": f"{on:%m-%d}"})
    return format_html('<span class="th-due th-due--{} th-num">{}{}{}</span>', kind, _icon(name), text, when)


@register.simple_tag
def masked(last: str) -> SafeString:
    """The last characters of a number the reader may not see in full: ``**** 0421``."""
    return format_html(
        '<span class="th-num"><span aria-hidden="true">**** </span><span class="visually-hidden">{}</span>{}</span>',
        _("尾号"),
        last,
    )


@register.simple_tag
def yuan(fen: int | None) -> str:
    """``10,000 元`` / ``CNY 10,000`` from whole fen; a dash for None."""
    return "—" if fen is None else figures.yuan_text(fen)


@register.simple_tag
def amount(fen: int | None) -> str:
    """``10,000.00`` from whole fen, for a column whose head names the unit; a dash for None."""
    return "—" if fen is None else figures.amount_text(fen)


@register.simple_tag
def day(moment: date | datetime | None, *, year: bool = True) -> str:
    """``2026 年 11 月 16 日`` / ``16 November 2026``; ``year=False`` where the year is plain from the page."""
    return "—" if moment is None else figures.day_text(moment, with_year=year)


@register.simple_tag
def day_time(moment: datetime | None, *, year: bool = True, is_end: bool = False) -> str:
    """``2026 年 11 月 16 日 09:12`` / ``16 November 2026, 09:12`` in business time; an end at midnight is 24:00."""
    return "—" if moment is None else figures.day_time_text(moment, with_year=year, is_end=is_end)


@register.simple_tag
def month(value: date | str | None) -> str:
    """``2026 年 11 月`` / ``November 2026`` from a date or YYYY-MM."""
    return figures.month_text(value) if value else "—"


@register.filter
def zh(value: Any) -> SafeString:
    """What people wrote or a document says, marked ``lang="zh"`` where it is Chinese on a page that is not."""
    text = conditional_escape(value)
    if figures.is_chinese():
        return text
    return mark_safe(CHINESE.sub(r'<span lang="zh">\g<0></span>', text))


@register.filter
def refs(value: Any) -> SafeString:
    """Text whose reference numbers and clause codes (LS-2026-000001, LS-8) do not break at their hyphens."""
    return mark_safe(REFERENCE.sub(r'<span class="th-ref">\g<0></span>', conditional_escape(value)))


@register.filter
def zh_attr(value: Any) -> SafeString:
    """`` lang="zh"`` for an element that can hold text only (an option), where ``zh`` would mark something."""
    return SafeString("" if figures.is_chinese() or not CHINESE.search(str(value)) else ' lang="zh"')


@register.filter
def has_role(user: Any, roles: str) -> bool:
    """``{% if user|has_role:"finance auditor" %}``; false for visitors."""
    return bool(user.is_authenticated and user.has_role(*roles.split()))


# ── blocks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _level(level: int) -> int:
    if level not in (2, 3, 4):
        raise ValueError("A component's heading is level 2, 3 or 4.")
    return level


@register.simple_block_tag
def panel(content: str, *, heading: str = "", level: int = 2, id: str = "") -> SafeString:
    """A card with an optional heading."""
    head = format_html("<h{0}>{1}</h{0}>", _level(level), heading) if heading else ""
    opening = format_html(' id="{}"', id) if id else ""
    return format_html('<section class="card card-body th-panel"{}>{}{}</section>', opening, head, content)


@register.simple_block_tag
def alert(content: str, *, kind: str = "info", heading: str = "", level: int = 2, icon: str = "") -> SafeString:
    """A standing notice: info, success, warning or danger. It says what is so and what to do."""
    head = format_html("<h{0}>{1}</h{0}>", _level(level), heading) if heading else ""
    shown = _icon(icon or ALERT_ICONS[kind])
    return format_html('<div class="alert alert-{}">{}<div>{}{}</div></div>', kind, shown, head, content)


@register.simple_block_tag
def actions(content: str) -> SafeString:
    """Buttons in a row; stacked on a phone. One primary button a page, first."""
    return format_html('<div class="th-actions th-gap-l">{}</div>', content)


@register.simple_block_tag
def summary(content: str, *, bare: bool = False) -> SafeString:
    """A summary list of ``{% row %}``s; ``bare`` inside a card."""
    return format_html('<dl class="th-summary{}">{}</dl>', " th-summary--bare" if bare else "", content)


@register.simple_block_tag
def row(content: str, *, label: str, href: str = "", act: str = "") -> SafeString:
    """One row of a summary: label, value, and a link to change it (named after the label for screen readers)."""
    change = ""
    if href:
        change = format_html(
            '<dd><a href="{}">{}<span class="visually-hidden"> {}</span></a></dd>', href, act or _("修改"), label
        )
    return format_html("<div><dt>{}</dt><dd>{}</dd>{}</div>", label, content, change)


@register.simple_block_tag
def more(content: str, *, heading: str, open: bool = False) -> SafeString:
    """A disclosure: details and summary."""
    return format_html(
        '<details class="th-more"{}><summary>{}{}</summary><div class="th-more__body">{}</div></details>',
        SafeString(" open") if open else "",
        heading,
        _icon("chevron-down"),
        content,
    )


# ── lists ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@register.inclusion_tag("ui/summary_list.html")
def summary_list(*, rows: Iterable[Mapping[str, Any]], bare: bool = False) -> dict[str, Any]:
    """A summary from rows of ``label``, ``value``, and optionally ``note``, ``href``, ``act``."""
    return {"rows": _filled(rows, label="", value="", note="", href="", act=""), "bare": bare}


@register.inclusion_tag("ui/tasks.html")
def tasks(*, rows: Iterable[Mapping[str, Any]], prefix: str = "task") -> dict[str, Any]:
    """A task list from rows of ``label``, ``state`` (done|active|todo|urgent|locked), ``href``, ``note``, ``text``."""
    filled = _filled(rows, label="", state="todo", href="", note="", text="")
    for number, task in enumerate(filled, start=1):
        kind, name, text = TASK_STATES[task["state"]]
        task |= {"id": f"{prefix}-{number}", "kind": kind, "icon": name, "text": task["text"] or text}
    return {"rows": filled}


@register.inclusion_tag("ui/buoys.html")
def buoys(*, steps: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Progress from left to right: steps of ``label``, ``state`` (done|now|pause|todo), ``note``."""
    filled = _filled(steps, label="", state="todo", note="")
    return {"steps": [{**step, "spoken": SPOKEN_STATES[step["state"]]} for step in filled]}


@register.inclusion_tag("ui/timeline.html")
def timeline(*, items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The mooring line: items of ``title``, ``state`` (done|now|pause|next), ``when``, ``text``, ``href``, ``link``."""
    filled = _filled(items, title="", state="done", when="", text="", href="", link="")
    return {"items": [{**item, "spoken": SPOKEN_STATES[item["state"]]} for item in filled]}


@register.inclusion_tag("ui/pager.html")
def pager(*, previous: str = "", next: str = "", text: str = "") -> dict[str, Any]:
    """Links to the previous and next page of a list; nothing when there is only one."""
    return {"previous": previous, "next": next, "text": text}


# ── forms ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _anchor(bound: BoundField) -> str:
    """The id an error links to: the control, or the first of several."""
    return bound.id_for_label or f"{bound.auto_id}_0"


def _sentences(bound: BoundField, label: str) -> list[str]:
    """What is wrong with a field. Django's "this field is required" says neither which nor what to do; ours does."""
    if not bound.errors:
        return []
    sentences = []
    for error in bound.errors.as_data():
        if error.code == "required" and error.message == Field.default_error_messages["required"]:
            sentences.append(_missing(bound.field.widget, label))
        else:
            sentences += error.messages
    return sentences


def _named(errors: list[tuple[BoundField, str]]) -> list[tuple[str, str]]:
    """Anchor and sentence of each; one that stands at several fields is told apart by the field's name."""
    said = Counter(sentence for _bound, sentence in errors)
    return [
        (_anchor(bound), _("%(label)s：%(sentence)s") % {"label": bound.label, "sentence": sentence})
        if said[sentence] > 1
        else (_anchor(bound), sentence)
        for bound, sentence in errors
    ]


def _missing(widget: Widget, label: str) -> str:
    if isinstance(widget, CheckboxInput):
        return _("请勾选“%(label)s”") % {"label": label}
    if isinstance(widget, FileInput):
        return _("请上传“%(label)s”") % {"label": label}
    if isinstance(widget, ChoiceWidget):
        return _("请选择“%(label)s”") % {"label": label}
    return _("请填写“%(label)s”") % {"label": label}


@register.inclusion_tag("ui/form_errors.html")
def form_errors(
    *,
    form: BaseForm | None = None,
    forms: Iterable[BaseForm] = (),
    extra: Iterable[tuple[str, str]] = (),
) -> dict[str, Any]:
    """The error summary, every sentence linked to its field. ``extra``: (id, sentence) of what is no field."""
    errors: list[tuple[str, str]] = []
    for one in [form, *forms] if form is not None else forms:
        errors += [("", sentence) for sentence in one.non_field_errors()]
        errors += _named([(bound, sentence) for bound in one for sentence in _sentences(bound, bound.label)])
    errors += extra
    count = len(errors)
    heading = ngettext("有 %(count)d 处需要修改", "有 %(count)d 处需要修改", count) % {"count": count}
    return {"errors": errors, "heading": heading}


@register.inclusion_tag("ui/field.html")
def field(
    *,
    field: BoundField,
    label: str = "",
    hint: str | None = None,
    is_heading: bool = False,
    compact: bool = False,
    placeholder: bool = True,
) -> dict[str, Any]:
    """Label, hint, errors and control of one field, tied together for screen readers.

    ``hint=""`` hides the field's help text. ``is_heading``: the label is the page's h1. ``compact``: for filter bars.
    ``placeholder=False`` drops the widget's own. A form field's ``needed`` (who must fill it in) replaces （选填）.
    """
    widget = field.field.widget
    hint = field.help_text if hint is None else hint
    described = []
    if hint:
        described.append(f"{field.auto_id}_helptext")
    if field.errors:
        described.append(f"{field.auto_id}_error")
    attrs: dict[str, Any] = {} if placeholder else {"placeholder": False}
    if described and not widget.use_fieldset:
        attrs["aria-describedby"] = " ".join(described)
    if isinstance(widget, CheckboxInput):
        shape = "check"
    elif widget.use_fieldset:
        shape = "group"
    else:
        shape = "file" if isinstance(widget, FileInput) else "line"
    is_optional = not field.field.required and not field.field.disabled and shape != "check"
    optional = (getattr(field.field, "needed", "") or _("（选填）")) if is_optional else ""
    return {
        "field": field,
        "control": field.as_widget(attrs=attrs),
        "errors": _sentences(field, label or field.label),
        "label": label or field.label,
        "hint": hint,
        "described": " ".join(described),
        "shape": shape,
        "optional": optional,
        "icon": "camera" if "image" in str(widget.attrs.get("accept", "")) else "file",
        "is_heading": is_heading,
        "compact": compact,
    }
