"""What this floor says no with: exceptions that carry the sentence a person will read."""


class Refused(Exception):
    """Base of every refusal; ``sentence`` says what is wrong and what to do, in the active language."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NumberInvalid(Refused, ValueError):
    """A number or code that cannot be right."""


class NameInvalid(Refused, ValueError):
    """A name that cannot stand on an identity card."""


class PaperRefused(Refused):
    """An upload that is not taken."""


class Unfit(Exception):
    """Why a file cannot be taken, as a code (``papers.SENTENCES`` has the words): raised where there is no Django."""

    def __init__(self, code: str, **values: int) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


class NumberAlreadyProven(Refused):
    """The number has been proven for another person."""


class LinkRefused(Refused):
    """Two people that cannot be linked, or unlinked, as asked."""


class NumberNotProvable(Refused):
    """The number is missing, has changed since it was looked at, is proven already, or is the clerk's own."""
