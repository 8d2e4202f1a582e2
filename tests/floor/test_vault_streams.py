"""Sealed files that pass through memory in pieces: the same form as those that are sealed at once."""

import tracemalloc
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from portal.vault import files
from portal.vault.files import read_sealed, reseal, sealed_pieces, write_sealed, writing_sealed
from portal.vault.sealing import SealBroken

DATA = bytes(range(256)) * 11
KEYS = {"aes": "new:aes:" + "A" * 43 + "=", "sm4": "new:sm4:" + "A" * 22 + "=="}


@pytest.fixture(autouse=True)
def storage(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(files, "PIECE", 1000)


def stored(name: str = "rolls/one") -> Path:
    with writing_sealed(name) as file:
        for start in range(0, len(DATA), 7):
            file.write(DATA[start : start + 7])
    return Path(default_storage.path(name))


@pytest.mark.parametrize("algorithm", ["aes", "sm4"])
def test_what_is_sealed_in_pieces_opens_at_once_and_the_other_way_round(settings, algorithm):
    settings.FIELD_ENCRYPTION_KEYS = KEYS[algorithm]
    path = stored()
    assert DATA[:50] not in path.read_bytes()
    assert read_sealed("rolls/one") == DATA
    write_sealed("two", DATA)
    assert [len(piece) for piece in sealed_pieces("two")] == [1000, 1000, 816]
    assert b"".join(sealed_pieces("two")) == DATA


def test_an_empty_file_is_sealed_too():
    with writing_sealed("empty"):
        pass
    assert list(sealed_pieces("empty")) == []


@pytest.mark.parametrize("place", [9, 40, 1500, -1])
def test_a_changed_byte_is_found_before_the_end(place):
    path = stored()
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(SealBroken):
        list(sealed_pieces("rolls/one"))


@pytest.mark.parametrize("length", [0, 2, 5, 20, 30, 1000, -1])
def test_a_file_that_was_cut_off_does_not_open(length):
    path = stored()
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(SealBroken):
        list(sealed_pieces("rolls/one"))


def test_a_renamed_file_does_not_open():
    stored().rename(default_storage.path("two"))
    with pytest.raises(SealBroken):
        list(sealed_pieces("two"))


def test_nothing_is_left_of_a_file_that_was_not_finished():
    with pytest.raises(ZeroDivisionError), writing_sealed("half") as file:
        file.write(DATA)
        _ = 1 / 0
    assert not default_storage.exists("half")


def test_a_name_that_is_taken_is_refused_and_kept():
    stored()
    with pytest.raises(FileExistsError), writing_sealed("rolls/one") as file:
        file.write(b"second")
    assert read_sealed("rolls/one") == DATA


def test_a_file_in_pieces_is_sealed_anew_with_the_newest_key(settings):
    path = stored()
    settings.FIELD_ENCRYPTION_KEYS = f"{KEYS['sm4']},{settings.FIELD_ENCRYPTION_KEYS}"
    assert reseal("rolls/one")
    assert path.read_bytes().startswith(b"v1:new:")
    assert b"".join(sealed_pieces("rolls/one")) == DATA


def test_a_large_file_takes_no_more_memory_than_a_small_one():
    def peak(megabytes: int) -> int:
        tracemalloc.start()
        try:
            with writing_sealed(f"large{megabytes}") as file:
                for _piece in range(megabytes):
                    file.write(bytes(1 << 20))
            for _piece in sealed_pieces(f"large{megabytes}"):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    files.PIECE = 1 << 16
    peak(1)
    assert peak(24) < peak(2) + (1 << 20)
