"""What the verifiers of a draw say, by code: the command and the page in the browser read the same sentences."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The steps of a check, in their order.
STEPS: Mapping[str, Promise] = {
    "format": _("文件格式"),
    "list": _("名单"),
    "entrants": _("名单的摘要"),
    "commitment": _("秘密与承诺"),
    "seed": _("种子"),
    "ranking": _("名次"),
    "published_entrants": _("与公布的名单摘要比对"),
    "published_commitment": _("与公布的承诺比对"),
    "looked_up_value": _("与公开数值比对"),
}
PASSED: Mapping[str, Promise] = {
    "format": _("抽签结果文件，格式完整。"),
    "list": _("名单写法正确，每个编号只出现一次，共 %(count)s 个编号。"),
    "entrants": _("名单的 SHA-256 与文件所写的一致。"),
    "commitment": _("秘密的 SHA-256 就是文件里的承诺。"),
    "seed": _("由秘密、名单和公开数值重新算出的种子与文件一致。"),
    "ranking": _("重新排出的名次与文件逐个一致。"),
    "published_entrants": _("文件里的名单就是定稿时公布的那一份。"),
    "published_commitment": _("文件里的承诺就是定稿前公布的那一个。"),
    "looked_up_value": _("文件里的公开数值就是填写的数值。"),
}
LEFT_OUT: Mapping[str, Promise] = {
    "commitment": _("本轮不抽签，没有秘密。"),
    "seed": _("本轮不抽签，没有种子。"),
    "published_entrants": _("没有提供定稿时公布的名单摘要，未作比对。"),
    "published_commitment": _("没有提供定稿前公布的承诺，未作比对。"),
    "looked_up_value": _("没有提供从来源查到的数值，未作比对。"),
}
FAULTS: Mapping[str, Promise] = {
    "too_big": _("文件超过 32 MB，不是抽签结果文件。"),
    "not_json": _("文件不是 JSON，不是抽签结果文件。"),
    "unknown_format": _("文件的格式版本不认识，只能验证“talent-harbour draw 1”。"),
    "not_a_result": _("文件缺少抽签结果应有的内容，或者有多余、写错的内容。"),
    "rewritten": _("文件被重新排版或另存过，请使用原样下载的文件。"),
    "bad_head": _("名单开头写法不对：轮次、方式、层次或公开数值。"),
    "empty_list": _("名单上没有人。"),
    "bad_line": _("名单第 %(line)s 行写法不对。"),
    "out_of_order": _("名单第 %(line)s 行的编号重复，或者没有按先后排列。"),
    "tier_unknown": _("名单第 %(line)s 行的层次不在本轮的层次之列。"),
    "entrants_differs": _("名单的 SHA-256 与文件所写的不一致：名单被改动过。"),
    "bad_secret": _("秘密应为 64 位小写十六进制数。"),
    "bad_value": _("公开数值只能用数字、英文字母和英文标点，最多 200 个字符。"),
    "not_by_lot": _("本轮不抽签，却写有秘密、承诺、公开数值或种子。"),
    "commitment_differs": _("秘密与承诺对不上：秘密、承诺或轮次编号被改动过。"),
    "seed_differs": _("种子不对：秘密、名单、公开数值或种子被改动过。"),
    "rank_missing": _("名次里少了编号 %(number)s。"),
    "rank_twice": _("编号 %(number)s 在名次里出现了两次。"),
    "rank_stranger": _("名次里的编号 %(number)s 不在名单上。"),
    "rank_differs": _("第 %(rank)s 名应为编号 %(expected)s，文件写的是编号 %(found)s。"),
    "published_entrants_differs": _("文件里的名单不是定稿时公布的那一份。"),
    "published_commitment_differs": _("文件里的承诺不是定稿前公布的那一个。"),
    "looked_up_value_differs": _("文件里的公开数值与填写的数值不同。"),
}
VERDICTS: dict[str, Promise] = {
    "holds": _("验证通过：抽签结果与事先公布的一致。"),
    "alone": _("文件前后一致，但没有与事先公布的名单摘要和承诺全部比对。"),
    "unseen": _("文件前后一致，名单和承诺与公布的一致；公开数值没有比对，请到来源查到数值，填上再验证。"),
    "fails": _("验证不通过。"),
    "unread": _("结果文件读不出来，请稍后再试。"),
    "insecure": _("这个浏览器或者网址不能计算 SHA-256，请下载验证程序来验证。"),
}


def words_of_the_page() -> dict[str, Promise]:
    """Every sentence by the code that the script of the page asks for: ``step.seed``, ``fault.rank_twice`` …"""
    kinds = {"step": STEPS, "ok": PASSED, "left_out": LEFT_OUT, "fault": FAULTS, "verdict": VERDICTS}
    return {f"{kind}.{code}": text for kind, texts in kinds.items() for code, text in texts.items()}
