"""Compiles ``locale/*/LC_MESSAGES/*.po`` with Babel, so that no machine needs the gettext tools."""

import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_translations(folder: Path) -> int:
    """Write a ``.mo`` beside every ``.po`` that is newer than its own; gives how many were written.

    Raises ValueError, naming the file, where a ``.po`` cannot be read.
    """
    written = 0
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        try:
            catalogue = read_po(io.BytesIO(source.read_bytes()), locale=source.parts[-3], abort_invalid=True)
        except Exception as problem:
            raise ValueError(f"{source} cannot be read: {problem}") from problem
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        target.write_bytes(compiled.getvalue())
        written += 1
    return written


if __name__ == "__main__":
    compile_translations(Path(__file__).resolve().parent.parent / "locale")
