"""The cache folder: what is kept is whole or not there, and it never grows without end."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from policy_lab import cache


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POLICY_LAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_is_kept_comes_back(folder: Path) -> None:
    place = cache.place_of(".model.json", "a", "b")
    assert place.parent == folder
    assert cache.kept(place) is None
    for content in (b"first", b"", b"\n\nlines\n", bytes(range(256))):
        cache.keep(place, content)
        assert cache.kept(place) == content
    assert [one.name for one in folder.iterdir()] == [place.name]


def test_the_place_depends_on_every_part_and_on_their_edges(folder: Path) -> None:
    parts = [("a", "b"), ("ab",), ("ab", ""), ("", "ab"), ("b", "a"), ("a", "b", "")]
    assert len({cache.place_of(".o", *one) for one in parts} | {cache.place_of(".json", *one) for one in parts}) == 12


@pytest.mark.parametrize("harm", [b"", b"x", b"\n", b"0" * 64 + b"\ncontent", bytes(range(256))])
def test_what_is_not_whole_counts_as_none(folder: Path, harm: bytes) -> None:
    place = cache.place_of(".o", "a")
    cache.keep(place, b"content")
    place.write_bytes(harm)
    assert cache.kept(place) is None
    cache.keep(place, b"content")
    assert cache.kept(place) == b"content"


def test_a_folder_that_cannot_be_written_or_read_costs_only_time(folder: Path) -> None:
    folder.write_text("a file where a folder should be")
    place = cache.place_of(".o", "a")
    cache.keep(place, b"content")
    assert cache.kept(place) is None
    assert folder.read_text() == "a file where a folder should be"


def test_a_place_that_is_taken_leaves_nothing_behind(folder: Path) -> None:
    place = cache.place_of(".o", "a")
    (place / "inside").mkdir(parents=True)
    cache.keep(place, b"content")
    assert cache.kept(place) is None
    assert [one.name for one in folder.iterdir()] == [place.name]


def test_a_file_that_is_too_large_is_not_kept(folder: Path) -> None:
    cache.keep(cache.place_of(".o", "a"), bytes(cache.MOST_BYTES + 1))
    assert not folder.exists()


def test_the_files_that_were_written_first_make_room(folder: Path) -> None:
    places = [cache.place_of(".o", str(k)) for k in range(5)]
    for k, place in enumerate(places):
        cache.keep(place, bytes(1000 - 65))
        os.utime(place, (k, k))
    (folder / "notes.txt").write_bytes(bytes(5000))
    (folder / f"{'g' * 64}.o").write_bytes(bytes(5000))
    cache.make_room(folder, 3000)
    assert [cache.kept(place) is not None for place in places] == [False, False, True, True, True]
    assert (folder / "notes.txt").exists()
    assert (folder / f"{'g' * 64}.o").exists()


WRITER = """
import sys
from policy_lab import cache
place, own = cache.place_of(".o", "shared"), sys.argv[1].encode() * 200_000
for _ in range(60):
    cache.keep(place, own)
    found = cache.kept(place)
    assert found is not None and len(found) == 200_000 and len(set(found)) == 1, "torn"
"""


def test_two_processes_that_write_the_same_file_leave_it_whole(folder: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, letter], env=dict(os.environ)) for letter in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert cache.kept(cache.place_of(".o", "shared")) in (b"a" * 200_000, b"b" * 200_000)
    assert len(list(folder.iterdir())) == 1


def test_our_own_modules_and_installed_packages_are_told_apart() -> None:
    assert cache.sources("model") == cache.sources("model") != cache.sources("engine")
    text = (Path(cache.__file__).parent / "errors.py").read_bytes()
    expected = hashlib.sha256(b"errors.py\0" + hashlib.sha256(text).digest()).hexdigest()
    assert cache.sources("errors.py") == expected
    assert cache.installed("pysd").startswith("pysd-3.14")
    assert cache.installed("no_such_package_at_all") == "no no_such_package_at_all"


def test_code_that_changed_under_a_process_shares_nothing_with_another(monkeypatch: pytest.MonkeyPatch) -> None:
    settled = cache.sources.__wrapped__("errors.py")
    assert cache.sources.__wrapped__("errors.py") == settled
    monkeypatch.setattr(cache, "_BEGUN", 0.0)  # as if every module had been written since
    first, second = (cache.sources.__wrapped__("errors.py") for _ in range(2))
    assert len({settled, first, second}) == 3
