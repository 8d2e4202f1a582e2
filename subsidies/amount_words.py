"""Amounts in the capital figures of Chinese vouchers, which nobody can alter by a stroke."""

FIGURES = "零壹贰叁肆伍陆柒捌玖"
UNITS = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")


def capital_amount(fen: int) -> str:
    """12000000 fen → 壹拾贰万元整; 10001001 fen → 壹拾万零壹拾元零壹分. For amounts from 0 to below 10^16 yuan."""
    yuan, rest = divmod(fen, 100)
    jiao, cents = divmod(rest, 10)
    text = f"{_whole(yuan)}元" if yuan or not rest else ""
    if not rest:
        return f"{text}整"
    if jiao:
        text += f"{FIGURES[jiao]}角"
    elif text:
        text += "零"
    return f"{text}{FIGURES[cents]}分" if cents else f"{text}整"


def _whole(yuan: int) -> str:
    if not yuan:
        return FIGURES[0]
    text, is_gap = "", False
    digits = str(yuan)
    for place, digit in enumerate(digits):
        power = len(digits) - 1 - place
        if digit == "0":
            is_gap = True
        else:
            text += (FIGURES[0] if is_gap and text else "") + FIGURES[int(digit)] + UNITS[power % 4]
            is_gap = False
        group = digits[max(0, place - 3) : place + 1] if power % 4 == 0 else ""
        if power and power % 4 == 0 and group.strip("0"):
            text += GROUPS[power // 4]
    return text
