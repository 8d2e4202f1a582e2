"""Every message the portal sends. Operators send approved templates only, so these words are not translated freely.

The texts are what is put before the operator; the portal sends a template's code and its values. A value never says
more of a person than the reference of an application, or the end of a number.
"""

TEXTS = {
    "code_zh": "您的验证码是 {code}，{minutes} 分钟内有效。不是您本人操作，请不用理会。",
    "code_en": "Your code is {code}. It is valid for {minutes} minutes. If this was not you, ignore this message.",
    "phone_changed_zh": "您的登录手机号已换成尾号 {last4} 的号码。不是您本人操作，请拨 {hotline}。",
    "phone_changed_en": "Your sign-in mobile now ends in {last4}. If you did not do this, please call {hotline}.",
    "letter_zh": "您有一封新信，编号 {reference}，请登录查看。",
    "letter_en": "You have a new letter, reference {reference}. Please sign in to read it.",
    "letter_plain_zh": "您有一封新信，请登录查看。",
    "letter_plain_en": "You have a new letter. Please sign in to read it.",
}


def in_language(template: str, language: str) -> str:
    """The code of a template (``code``, ``letter`` …) in a language of the portal."""
    return f"{template}_{'en' if language == 'en' else 'zh'}"


def text_of(template: str, values: dict[str, str], signature: str) -> str:
    """The message as its reader sees it."""
    return f"【{signature}】{TEXTS[template].format(**values)}"
