"""The example of docs/draws.md: a shell repeats the draw from the page alone, and ours gives the same."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from housing.apartments.draw import draw, read_list

PAGE = Path(settings.BASE_DIR, "docs/draws.md").read_text(encoding="utf-8")
LIST, PRINTED = re.findall("```text\n(.*?)```", PAGE, re.DOTALL)
(SHELL,) = re.findall("```sh\n(.*?)```", PAGE, re.DOTALL)


def test_a_shell_draws_what_the_page_prints(tmp_path):
    Path(tmp_path, "entrants.txt").write_text(LIST, encoding="utf-8")
    done = subprocess.run(["sh", "-eu", "-c", SHELL], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert (done.stderr, done.stdout) == ("", PRINTED)


def test_the_portal_draws_what_the_page_prints():
    secret = re.search("secret=([0-9a-f]{64})", SHELL)[1]
    result = draw(read_list(LIST), drawn_at=datetime(2026, 12, 16, tzinfo=UTC), secret=secret, public_value="3892.10")
    said = [f"list {result.listing.sha256}", f"commitment {result.commitment}", f"seed {result.seed}"]
    assert [*said, *map(str, result.ranking), ""] == PRINTED.split("\n")
