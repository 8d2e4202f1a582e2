"""``manage.py verify_audit``: whether the audit trail is whole, and if not, which entry is the first that is not."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.audit import verifying
from portal.audit.chain import Head
from portal.audit.verifying import Finding, Verified, verify_trail
from portal.ui.figures import day_time_text


class Command(BaseCommand):
    """Prints one sentence; fails with the first entry that is broken or missing."""

    help = "Walk the sealed audit trail and compare it with the heads kept outside the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Language, patience, and where to begin."""
        parser.add_argument("--language", choices=["zh", "en"], help="the language of the answer")
        parser.add_argument(
            "--minutes", type=int, default=10, help="how long an entry may wait to be sealed (default: 10)"
        )
        parser.add_argument("--after", type=int, default=0, help="begin behind the entry of this number")

    def handle(self, *args: Any, language: str | None, minutes: int, after: int, **options: Any) -> None:
        """Verify and answer.

        Raises:
            CommandError: something is wrong; the message is the sentence that names it.
        """
        code = {"zh": "zh-hans", "en": "en"}.get(language or "", translation.get_language() or "zh-hans")
        with translation.override(code):
            if after < 0 or not 0 <= minutes <= 525_600:
                raise CommandError(_("--after 和 --minutes 要填不小于 0 的整数，--minutes 不超过 525600。"))
            try:
                answer = verify_trail(unsealed_before=timezone.now() - timedelta(minutes=minutes), after=after)
            except OSError as error:
                raise CommandError(_("封存号文件读不了：%(reason)s") % {"reason": error}) from None
            if answer.finding:
                raise CommandError(sentence_for(answer.finding, minutes))
            self.stdout.write(_all_is_well(answer, after), self.style.SUCCESS)


def sentence_for(finding: Finding, minutes: int) -> str:
    """The sentence that names what is wrong, in the active language."""
    head, entry = finding.head, finding.entry
    known: dict[str, object] = {"number": finding.number, "path": finding.path, "line": finding.line}
    known |= _words_of(head) if head else {}
    match finding.kind:
        case verifying.MISSING if head:
            return (
                _("第 %(number)s 号记录不见了：%(time)s写下的封存号是第 %(head)s 号（%(link)s），后面的记录已被删除。")
                % known
            )
        case verifying.MISSING:
            return _("第 %(number)s 号记录不见了，它后面的记录还在。") % known
        case verifying.BROKEN if entry:
            told = {"action": entry.action, "target": f"{entry.target_type} {entry.target_id}"}
            return _(
                "第 %(number)s 号记录（%(action)s，%(target)s）不是当时封存的那一条：它被改过，或者是后来放进去的。"
            ) % (known | told)
        case verifying.BROKEN:
            return _("第 %(number)s 号记录已经读不出来：它被改过。") % known
        case verifying.NO_START:
            return _("不能从第 %(number)s 号之后查起：数据库和封存号文件里都没有这一号。") % known
        case verifying.HEAD_DIFFERS:
            return _("第 %(number)s 号记录与 %(time)s写下的封存号不符（%(path)s 第 %(line)s 行，%(link)s）。") % known
        case verifying.HEAD_UNREADABLE:
            return _("%(path)s 第 %(line)s 行不是原来写下的封存号：这一行被改过。") % known
        case verifying.HEADS_GONE:
            return (
                _("封存号文件 %(path)s 没有了或者是空的，而记录已封存到第 %(number)s 号，末尾有没有缺少无从核对。")
                % known
            )
        case verifying.HEADS_BEHIND:
            return (
                _("封存号文件 %(path)s 只到第 %(head)s 号，而记录已封存到第 %(number)s 号：文件缺了末尾几行。") % known
            )
    since = day_time_text(entry.recorded_at) if entry else ""
    return ngettext(
        "有 %(count)s 条记录超过 %(minutes)s 分钟还没有封存，最早的是%(time)s记下的。",
        "有 %(count)s 条记录超过 %(minutes)s 分钟还没有封存，最早的是%(time)s记下的。",
        finding.count,
    ) % {"count": finding.count, "time": since, "minutes": minutes}


def _all_is_well(answer: Verified, after: int) -> str:
    if answer.head is None:
        return _("还没有封存的记录。")
    told: dict[str, object] = {"count": answer.count, "after": after, **_words_of(answer.head)}
    if after:
        sentence = ngettext(
            "第 %(after)s 号之后的 %(count)s 条记录完好，最新是第 %(head)s 号（%(link)s，%(time)s）。",
            "第 %(after)s 号之后的 %(count)s 条记录完好，最新是第 %(head)s 号（%(link)s，%(time)s）。",
            answer.count,
        )
    else:
        sentence = ngettext(
            "%(count)s 条记录完好，最新是第 %(head)s 号（%(link)s，%(time)s）。",
            "%(count)s 条记录完好，最新是第 %(head)s 号（%(link)s，%(time)s）。",
            answer.count,
        )
    return sentence % told


def _words_of(head: Head) -> dict[str, object]:
    return {"head": head.number, "link": head.short, "time": day_time_text(head.at)}
