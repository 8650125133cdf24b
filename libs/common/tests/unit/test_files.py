"""One suite for files on disk and in memory: what holds for one holds for the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulkhead.files import Files, LocalFiles, NoSuchFile, PathTaken, printable_name
from bulkhead.kernel.errors import InvalidValue, Retryable
from bulkhead_testing.files import MemoryFiles


@pytest.fixture(params=["local", "memory"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    (tmp_path / "box").mkdir()
    return LocalFiles(tmp_path / "box") if request.param == "local" else MemoryFiles()


async def test_what_was_put_is_listed_in_its_folder_and_comes_back(files: Files) -> None:
    await files.put("BCBSVT/inbound/b.834", b"two")
    await files.put("BCBSVT/inbound/a.834", b"one")
    await files.put("BCBSVT/inbound/processed/c.834", b"three")
    await files.put("top.csv", b"four")
    assert await files.list("BCBSVT/inbound") == ["BCBSVT/inbound/a.834", "BCBSVT/inbound/b.834"]
    assert await files.list("BCBSVT/inbound/") == ["BCBSVT/inbound/a.834", "BCBSVT/inbound/b.834"]
    assert await files.list() == ["top.csv"]
    assert await files.get("BCBSVT/inbound/a.834") == b"one"


async def test_a_folder_that_is_not_there_is_empty(files: Files) -> None:
    assert await files.list() == []
    assert await files.list("nowhere") == []


async def test_a_folder_that_was_made_is_empty_and_may_be_made_again(files: Files) -> None:
    await files.make_folder("BCBSVT/inbound")
    await files.put("BCBSVT/inbound/a.834", b"one")
    await files.make_folder("BCBSVT/inbound")
    assert await files.list("BCBSVT/inbound") == ["BCBSVT/inbound/a.834"]
    assert await files.list("BCBSVT") == []


async def test_putting_again_replaces(files: Files) -> None:
    await files.put("a.csv", b"one")
    await files.put("a.csv", b"two")
    assert await files.get("a.csv") == b"two"


async def test_unfinished_and_hidden_files_are_not_listed(files: Files) -> None:
    await files.put("a.csv.tmp", b"half")
    await files.put(".a.csv", b"half")
    assert await files.list() == []


async def test_a_file_that_is_not_there_is_named(files: Files) -> None:
    with pytest.raises(NoSuchFile, match=r"x\.csv"):
        await files.get("x.csv")
    with pytest.raises(NoSuchFile, match=r"x\.csv"):
        await files.move("x.csv", "loaded/x.csv")


async def test_moving_twice_is_already_so(files: Files) -> None:
    await files.put("a.csv", b"one")
    await files.move("a.csv", "loaded/a.csv")
    await files.move("a.csv", "loaded/a.csv")
    assert await files.list() == []
    assert await files.get("loaded/a.csv") == b"one"


async def test_moving_onto_the_same_content_drops_the_copy(files: Files) -> None:
    await files.put("a.csv", b"one")
    await files.put("loaded/a.csv", b"one")
    await files.move("a.csv", "loaded/a.csv")
    assert await files.list() == []


async def test_moving_never_replaces_another_file(files: Files) -> None:
    await files.put("a.csv", b"one")
    await files.put("loaded/a.csv", b"two")
    with pytest.raises(PathTaken):
        await files.move("a.csv", "loaded/a.csv")
    assert await files.get("a.csv") == b"one"
    assert await files.get("loaded/a.csv") == b"two"


@pytest.mark.parametrize("path", ["../a", "/etc/a", "a/../../b", "."])
async def test_a_path_stays_inside_its_tree(files: Files, path: str) -> None:
    with pytest.raises(InvalidValue):
        await files.put(path, b"")


async def test_a_tree_whose_own_folder_is_gone_is_away_and_is_never_made(
    files: Files, tmp_path: Path
) -> None:
    if isinstance(files, MemoryFiles):
        files.away.add("")
    else:
        (tmp_path / "box").rmdir()
    for attempt in (
        files.list(),
        files.put("a.csv", b"one"),
        files.make_folder("BCBSVT"),
        files.get("a.csv"),
    ):
        with pytest.raises(Retryable, match="files cannot be reached"):
            await attempt
    assert isinstance(files, MemoryFiles) or not (tmp_path / "box").exists()


def test_two_names_stay_two_however_they_are_written_out() -> None:
    names = ["a.csv", "a\n.csv", "a\\n.csv", "a\udce9.csv", "a\\udce9.csv", "a\u2028.csv", "änderung 1.csv"]
    written = [printable_name(name) for name in names]
    assert written == [
        "a.csv",
        "a\\n.csv",
        "a\\\\n.csv",
        "a\\udce9.csv",
        "a\\\\udce9.csv",
        "a\\u2028.csv",
        "änderung 1.csv",
    ]
    assert all(name.isprintable() for name in written)


async def test_a_folder_that_is_away_is_to_be_tried_again(files: Files, tmp_path: Path) -> None:
    await files.put("MVP/outbound/a.834", b"one")
    if isinstance(files, MemoryFiles):
        files.away.add("BCBSVT")
    else:
        (tmp_path / "box" / "BCBSVT").write_text("no folder")
    for attempt in (files.put("BCBSVT/outbound/a.834", b"one"), files.list("BCBSVT/outbound")):
        with pytest.raises(Retryable):
            await attempt
    assert await files.list("MVP/outbound") == ["MVP/outbound/a.834"]
