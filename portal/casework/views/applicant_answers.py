"""Answers and papers as the applicant reads them back: one block per section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from applicants.people.labels import FIELD_LABELS, SECTION_LABELS, display_value
from portal.casework.models import Application, ShelfPaper
from portal.casework.programmes import OwnSection, programme
from portal.policy.schema import Paper as PaperAsked

PAPERS = "papers"
CHECK = "check"


@dataclass(frozen=True)
class Block:
    """One section read back; ``rows`` are those of a summary list."""

    name: str
    label: str
    rows: list[dict[str, str]] = field(default_factory=list)
    href: str = ""
    picture: str = ""


def part_names(application: Application) -> list[str]:
    """The parts of the task list in order: the profile's sections, the programme's own, papers, the declaration."""
    names = programme(application.programme).section_names()
    return [*names[:-1], PAPERS, *names[-1:]]


def place_of(application: Application, name: str) -> tuple[int, int]:
    """Which part of the task list ``name`` is, of how many, with checking as the last."""
    order = [*part_names(application), CHECK]
    return order.index(name) + 1, len(order)


def part_label(application: Application, name: str) -> str:
    """What a part of the task list is called."""
    if name == PAPERS:
        return _("上传材料")
    own = programme(application.programme).own_section(name)
    return str(own.label if own else SECTION_LABELS[name])


def part_href(application: Application, name: str) -> str:
    """Where a part is filled in."""
    if name == PAPERS:
        return reverse("application_papers", args=[application.pk])
    own = programme(application.programme).own_section(name)
    if own and own.page != "application_section":
        return reverse(own.page, args=[application.pk])
    return reverse("application_section", args=[application.pk, name])


def field_name(application: Application, section: str, name: str) -> str:
    """What an answer is called, those of the programme's own sections included."""
    own = programme(application.programme).own_section(section)
    return str(own.form.labels[name] if own else FIELD_LABELS[section][name])


def blocks_of(
    application: Application, answers: Mapping[str, Mapping[str, Any]], *, is_masked: bool = False
) -> list[Block]:
    """Every section of ``answers``, in the order of the task list.

    ``is_masked`` hides most of the numbers: right for a page that is only looked at.
    """
    asked = programme(application.programme)
    blocks = []
    for name in asked.section_names():
        given, own = answers.get(name, {}), asked.own_section(name)
        rows = own_rows(own, given) if own else _rows(name, given, is_masked)
        picture = own.picture(given) if own else ""
        blocks.append(Block(name, part_label(application, name), rows, part_href(application, name), picture))
    return blocks


def own_rows(section: OwnSection, given: Mapping[str, Any]) -> list[dict[str, str]]:
    """The answers of a programme's own section, read back."""
    rows = section.form.rows_of(given)
    return [{"label": label, "value": value or _("没有填写")} for _name, label, value in rows]


def _rows(section: str, given: Mapping[str, Any], is_masked: bool) -> list[dict[str, str]]:
    rows = []
    for name, label in FIELD_LABELS[section].items():
        value = display_value(section, name, given.get(name), is_masked=is_masked)
        if value:
            lines = pgettext("between two items", "；").join(value.split("\n"))
            rows.append({"label": str(label), "value": lines})
    return rows


@dataclass(frozen=True)
class Kind:
    """One kind of paper asked for, with what stands on the shelf."""

    kind: str
    title: str
    note: str
    papers: list[ShelfPaper]
    remark: str = ""  # the reviewer's, in a correction
    limits: str = ""
    is_done: bool = False  # handed in; in a correction, handed in since


def kinds_of(application: Application, asked: Iterable[PaperAsked], shelf: Iterable[ShelfPaper]) -> list[Kind]:
    """The asked kinds in the policy's order, each with its papers."""
    standing = list(shelf)
    there = {row.kind for row in standing}
    return [
        Kind(
            kind=paper.kind,
            title=str(paper.title),
            note=str(paper.note) if paper.note else "",
            papers=[row for row in standing if row.kind == paper.kind],
            limits=limits_text(paper.limits),
            is_done=paper.kind in there,
        )
        for paper in asked
    ]


def limits_text(limits: Any) -> str:
    """Which files are taken, in one sentence."""
    names = {"jpeg": "JPEG", "png": "PNG", "pdf": "PDF"}
    return _("可以拍照。%(formats)s，单个不超过 %(size)s MB，PDF 最多 %(pages)s 页。") % {
        "formats": pgettext("between two items", "、").join(names[name] for name in limits.formats),
        "size": limits.max_megabytes,
        "pages": limits.max_pages,
    }


def on_shelf(application: Application) -> list[ShelfPaper]:
    """The papers that stand on the shelf now."""
    return list(application.shelf.filter(removed_at__isnull=True).select_related("paper").order_by("added_at", "id"))
