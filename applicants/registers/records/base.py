"""What the records of all registers share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Area = Annotated[str, Field(pattern=r"^[1-9]\d{5}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(min_length=18, max_length=18)]
Last4 = Annotated[str, Field(pattern=r"^[0-9A-Z]{4}$")]


class Record(BaseModel):
    """Types are taken as they are; a field that is new to the portal does not matter to it."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)


def yes_no(value: bool) -> str:
    """``yes`` or ``no``."""
    return "yes" if value else "no"


def parts(texts: list[str]) -> str:
    """Several values of one fact; ``-`` where the register knows that there are none."""
    return ";".join(texts) or "-"
