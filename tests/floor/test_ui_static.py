"""Style sheets and script: they fit together, find their images, and stay light."""

import gzip
import re
from pathlib import Path

import portal.ui

STATIC = Path(portal.ui.__file__).parent / "static/ui"
SHEETS = sorted((STATIC / "css").glob("*.css"))


def test_the_two_dark_blocks_are_equal():
    tokens = (STATIC / "css/tokens.css").read_text()
    by_system = tokens.split(':root:not([data-theme="light"]) {')[1].split("}")[0]
    by_choice = tokens.split('[data-theme="dark"] {')[1].split("}")[0]

    assert by_system.split() == by_choice.split()


def test_every_token_that_is_used_is_defined():
    defined = set(re.findall(r"(--th-[\w-]+):", "".join(sheet.read_text() for sheet in SHEETS)))

    for sheet in SHEETS:
        assert set(re.findall(r"var\((--th-[\w-]+)", sheet.read_text())) - defined == set(), sheet.name


def test_every_image_of_a_style_sheet_is_there():
    for sheet in SHEETS:
        for target in re.findall(r'url\("([^"]+)"\)', sheet.read_text()):
            assert (sheet.parent / target).is_file(), f"{sheet.name}: {target}"


def test_every_layer_has_its_place_in_the_order():
    ordered = re.search(r"^@layer ([^;{]+);", (STATIC / "css/tokens.css").read_text(), re.M)[1].split(", ")

    for sheet in SHEETS:
        assert set(re.findall(r"^@layer (\w+) \{", sheet.read_text(), re.M)) <= set(ordered), sheet.name


def test_styles_script_and_icons_leave_room_for_the_page():
    """A page may weigh 100 kB over the wire; what all pages share has to stay far below."""
    shared = [*SHEETS, STATIC / "icons.svg", STATIC / "js/portal.js", STATIC / "img/horizon.svg"]

    assert sum(len(gzip.compress(file.read_bytes())) for file in shared) < 40_000
    assert (STATIC / "js/portal.js").stat().st_size < 3_072
