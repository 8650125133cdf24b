"""One suite for files on disk and in memory: what holds for one holds for the other."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from bulkhead.files import (  # pyright: ignore[reportPrivateUsage] - as another process would
    Files,
    LocalFiles,
    NoSuchFile,
    PathTaken,
    _write_whole,
    printable_name,
)
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


async def test_a_file_has_a_size_before_it_is_read(files: Files) -> None:
    await files.put("BCBSVT/inbound/a.834", b"three")
    assert await files.size("BCBSVT/inbound/a.834") == 5
    with pytest.raises(NoSuchFile):
        await files.size("BCBSVT/inbound/b.834")
    with pytest.raises(NoSuchFile):
        await files.size("nowhere/b.834")


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


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def pieces_of(*pieces: bytes, then: Exception | None = None) -> AsyncGenerator[bytes]:
    """Yield these, and raise what comes then."""
    for piece in pieces:
        yield piece
    if then is not None:
        raise then


async def test_what_comes_in_pieces_is_put_whole_or_not_at_all(files: Files, tmp_path: Path) -> None:
    await files.put("box/a.csv", b"before")
    for error in (Retryable("the database is away"), ZeroDivisionError()):
        with pytest.raises(type(error)) as raised:
            await files.put_in_pieces("box/a.csv", pieces_of(b"half", then=error))
        assert raised.value is error
        assert await files.get("box/a.csv") == b"before"
    await files.put_in_pieces("box/a.csv", pieces_of(b"one,", b"", b"two\n"))
    await files.put_in_pieces("box/b.csv", pieces_of())
    assert (await files.get("box/a.csv"), await files.get("box/b.csv")) == (b"one,two\n", b"")
    if isinstance(files, LocalFiles):  # nothing half is left lying
        assert names_in(tmp_path / "box" / "box") == ["a.csv", "b.csv"]


async def test_a_file_comes_back_in_pieces_of_the_size_that_is_asked_for(files: Files) -> None:
    await files.put("box/a.csv", b"one,two")
    await files.put("box/empty.csv", b"")
    assert [piece async for piece in files.get_in_pieces("box/a.csv", piece_bytes=3)] == [
        b"one",
        b",tw",
        b"o",
    ]
    assert [piece async for piece in files.get_in_pieces("box/empty.csv", piece_bytes=3)] == []
    with pytest.raises(NoSuchFile):
        await anext(files.get_in_pieces("box/b.csv", piece_bytes=3))


async def test_a_folder_that_goes_away_between_two_pieces_is_away_and_keeps_no_half(tmp_path: Path) -> None:
    async def pieces() -> AsyncGenerator[bytes]:
        yield b"one"
        patched.setattr(os, "replace", gone)
        yield b"two"

    def gone(*_given: Any, **_more: Any) -> None:
        raise OSError("gone")

    with pytest.MonkeyPatch.context() as patched, pytest.raises(Retryable):
        await LocalFiles(tmp_path).put_in_pieces("a.csv", pieces())
    assert await LocalFiles(tmp_path).list() == []
    assert names_in(tmp_path) == []


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


async def test_moving_what_has_arrived_is_already_so_though_the_folder_it_was_in_is_gone(
    files: Files, tmp_path: Path
) -> None:
    await files.put("inbound/a.834", b"one")
    await files.move("inbound/a.834", "processed/a.834")
    if isinstance(files, LocalFiles):
        (tmp_path / "box" / "inbound").rmdir()
    await files.move("inbound/a.834", "processed/a.834")
    assert await files.get("processed/a.834") == b"one"
    with pytest.raises(NoSuchFile):
        await files.move("inbound/b.834", "processed/b.834")
    with pytest.raises(NoSuchFile):
        await files.move("inbound/b.834", "elsewhere/b.834")


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


async def test_two_who_write_the_same_file_at_once_leave_it_whole(tmp_path: Path) -> None:
    # One is in the middle of it, and ends there; the other begins and ends meanwhile.
    first, data = LocalFiles(tmp_path), b"x" * 500_000
    real = os.fsync

    def other_writes(descriptor: int) -> None:
        with pytest.MonkeyPatch.context() as back:
            back.setattr(os, "fsync", real)
            _write_whole(tmp_path, ("a.834",), data)
        raise OSError("killed")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", other_writes)
        with pytest.raises(Retryable):
            await first.put("a.834", b"half")
    assert (tmp_path / "a.834").read_bytes() == data
    assert await first.list() == ["a.834"]


async def test_a_file_is_on_disk_before_it_has_its_name_and_its_name_before_it_is_put(tmp_path: Path) -> None:
    steps: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        for name in ("fsync", "replace"):
            real = getattr(os, name)

            def noted(*given: Any, name: str = name, real: Any = real, **more: Any) -> Any:
                steps.append(name)
                return real(*given, **more)

            patched.setattr(os, name, noted)
        await LocalFiles(tmp_path).put("a.834", b"one")
    assert steps == ["fsync", "replace", "fsync"]


async def test_what_a_killed_writer_left_unfinished_is_removed_a_day_later(tmp_path: Path) -> None:
    folder = tmp_path / "inbound"
    folder.mkdir()
    await LocalFiles(tmp_path).put("inbound/a.834", b"one")
    written_at = (folder / "a.834").stat().st_mtime
    old, young = ".bulkhead-0123456789abcdef.tmp", ".bulkhead-0123456789abcde0.tmp"
    somebodys = (".half.tmp", "b.tmp", ".bulkhead-notes.tmp")
    for name in (old, young, *somebodys):
        (folder / name).write_bytes(b"half")
        age = 86_000 if name == young else 90_000
        os.utime(folder / name, (written_at - age, written_at - age))
    files = LocalFiles(tmp_path)
    await files.put("inbound/c.834", b"two")
    left = {"a.834", "c.834", young, *somebodys}
    assert {each.name for each in folder.iterdir()} == left

    # It is looked for once a day: a full folder is not read each time something is put into it.
    (folder / old).write_bytes(b"half")
    os.utime(folder / old, (written_at - 90_000, written_at - 90_000))
    await files.put("inbound/d.834", b"three")
    assert {each.name for each in folder.iterdir()} == left | {"d.834", old}


async def test_no_link_is_followed_out_of_the_tree(tmp_path: Path) -> None:
    box, secret, elsewhere = tmp_path / "box", tmp_path / "secret", tmp_path / "elsewhere"
    for folder in (box, elsewhere):
        folder.mkdir()
    secret.write_bytes(b"password")
    files = LocalFiles(box)
    await files.put("inbound/a.834", b"one")
    (box / "inbound" / "x.834").symlink_to(secret)
    (box / "refused").symlink_to(elsewhere)
    assert await files.list("inbound") == ["inbound/a.834"]
    for attempt in (
        files.get("inbound/x.834"),
        files.list("refused"),
        files.move("inbound/a.834", "refused/a.834"),
        files.put("refused/a.834", b"two"),
    ):
        with pytest.raises(Retryable):
            await attempt
    assert [*elsewhere.iterdir()] == []
    await files.put("inbound/x.834", b"ours")
    assert secret.read_bytes() == b"password"
    assert await files.get("inbound/x.834") == b"ours"


async def test_what_is_no_regular_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.834")
    files = LocalFiles(tmp_path)
    assert await files.list() == []
    with pytest.raises(Retryable):
        await files.get("a.834")


async def test_what_is_put_is_nothing_for_others_of_the_machine(tmp_path: Path) -> None:
    await LocalFiles(tmp_path).put("inbound/a.834", b"one")
    for path in (tmp_path / "inbound", tmp_path / "inbound" / "a.834"):
        assert path.stat().st_mode & 0o007 == 0
