"""A page is followed block by block, in one shell, up to the first thing that fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.generated import REPOSITORY
from tools.walkthrough import Block, Unreadable, blocks, script

PAGE = """# A page

    make images

**1. First.** Words.

```sh
WORD=one
```

```yaml
not: pasted
```

**2. Then**, more words.

```sh
echo "said $WORD"
```
"""


def followed(tmp_path: Path, page: str) -> subprocess.CompletedProcess[str]:
    """Follow a page of this text."""
    path = tmp_path / "page.md"
    path.write_text(page)
    return subprocess.run(["bash", "-c", script(path)], capture_output=True, text=True, check=False)


def test_what_is_marked_sh_is_pasted_and_nothing_else() -> None:
    assert blocks(PAGE) == [Block("First", 8, "WORD=one\n"), Block("Then", 18, 'echo "said $WORD"\n')]


def test_a_block_knows_what_those_before_it_set(tmp_path: Path) -> None:
    done = followed(tmp_path, PAGE)
    assert done.returncode == 0
    assert "said one" in done.stdout
    assert "s: page.md:18 (Then)" in done.stdout


def test_it_ends_at_the_first_that_fails_and_says_where(tmp_path: Path) -> None:
    done = followed(tmp_path, PAGE.replace("WORD=one", "false | cat") + "\n```sh\ntouch after\n```\n")
    assert done.returncode == 1
    assert "said" not in done.stdout
    assert "at page.md:8 (First)" in done.stderr


def test_a_block_without_an_end_is_told() -> None:
    with pytest.raises(Unreadable, match="line 2 does not end"):
        blocks("```sh\necho\n")


def test_a_page_with_nothing_to_paste_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no block"):
        followed(tmp_path, "# Nothing\n")


def test_the_first_day_is_bash_and_ends_with_cleaning_up() -> None:
    page = REPOSITORY / "deploy" / "README.md"
    checked = subprocess.run(["bash", "-n", "-c", script(page)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "delete namespace" in blocks(page.read_text())[-1].text
