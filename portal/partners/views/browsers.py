"""What a manager reads of a device: enough to tell two phones apart, and nothing that follows anybody around."""

from __future__ import annotations

SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("AlipayClient", "Alipay"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def browser_name(agent: str) -> str:
    """For instance ``Android · WeChat``; empty for a browser that does not say."""
    found = [next((name for mark, name in table if mark in agent), "") for table in (SYSTEMS, BROWSERS)]
    return " · ".join(filter(None, found))
