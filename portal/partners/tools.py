"""What may be done on a device: upper floors register their tools in ``AppConfig.ready()``."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from portal.partners.choices import MemberRole
from portal.partners.models import PartnerMember


@dataclass(frozen=True)
class Tool:
    """A page for people of some roles. ``name`` is its URL name, ``icon`` one of the portal's icons.

    ``also_ended``: also for the manager of a partner whose contract has run out.
    """

    name: str
    title: str | Promise
    note: str | Promise
    icon: str
    roles: tuple[MemberRole, ...]
    also_ended: bool = False


_tools: dict[str, Tool] = {}


def register_tool(tool: Tool) -> None:
    """Offer a tool on the page of every device whose holder has one of its roles; by name, in order of registration."""
    _tools[tool.name] = tool


def tools_for(member: PartnerMember) -> list[Tool]:
    """The tools of the member's role."""
    return [tool for tool in _tools.values() if member.role in tool.roles]
