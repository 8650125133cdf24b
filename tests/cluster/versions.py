"""Later versions of one service, made of a copy of this tree: a column gets another name by expand, migrate, contract.

``selections.counted_cents`` of invoicing becomes ``credited_cents``. *Expand*: the new column is there beside the old
one, a trigger keeps both alike, and the code is as it was. *Migrate*: the code knows the new column alone. *Contract*:
the old column is gone. *Failing*: a migration that the rows there refuse. Code of each works beside that of the one
before.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from bulkhead_local.state import REPOSITORY
from cluster.settings import ClusterProblem, Settings

SERVICE = "invoicing"
OLD, NEW = "counted_cents", "credited_cents"

Version: TypeAlias = Literal["expand", "migrate", "contract", "failing"]
VERSIONS: tuple[Version, ...] = ("expand", "migrate", "contract", "failing")

_EXPAND = f'''"""Beside {OLD} there is {NEW}, and both are alike."""

import sqlalchemy as sa
from alembic import op

revision = "next_expand"
down_revision = "{{head}}"


def upgrade() -> None:
    op.add_column("selections", sa.Column("{NEW}", sa.BigInteger(), nullable=True))
    op.execute("""
        CREATE FUNCTION selections_alike() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                NEW.{NEW} := coalesce(NEW.{NEW}, NEW.{OLD});
                NEW.{OLD} := NEW.{NEW};
            ELSIF NEW.{NEW} IS DISTINCT FROM OLD.{NEW} THEN
                NEW.{OLD} := NEW.{NEW};
            ELSE
                NEW.{NEW} := NEW.{OLD};
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute(
        "CREATE TRIGGER selections_alike BEFORE INSERT OR UPDATE ON selections"
        " FOR EACH ROW EXECUTE FUNCTION selections_alike()"
    )
    op.execute("UPDATE selections SET {NEW} = {OLD}")
'''
_CONTRACT = f'''"""There is {NEW} alone."""

from alembic import op

revision = "next_contract"
down_revision = "next_expand"


def upgrade() -> None:
    op.execute("DROP TRIGGER selections_alike ON selections")
    op.execute("DROP FUNCTION selections_alike()")
    op.execute("ALTER TABLE selections ALTER COLUMN {NEW} SET NOT NULL")
    op.drop_column("selections", "{OLD}")
'''
_FAILING = '''"""Rows that are there refuse it."""

from alembic import op

revision = "next_failing"
down_revision = "next_contract"


def upgrade() -> None:
    op.execute("ALTER TABLE payments ADD CONSTRAINT no_money CHECK (cents < 0)")
'''
_MIGRATIONS = (
    ("next_expand.py", _EXPAND, ("expand", "migrate", "contract", "failing")),
    ("next_contract.py", _CONTRACT, ("contract", "failing")),
    ("next_failing.py", _FAILING, ("failing",)),
)
_COPIED = ("deploy/images", "libs/common/src", "policy", "tools", "requirements.lock", f"services/{SERVICE}")


@dataclass(frozen=True, slots=True)
class Next:
    """The images of the later versions: their tag, which names the tree they were made of, and how they are made."""

    settings: Settings
    say: Callable[[str], None]

    def tag(self, version: Version) -> str:
        """Return a version's tag."""
        return f"{self.settings.tag}-{_mark()}-{version}"

    async def make(self) -> None:
        """Make the images that the engine has not, and bring all into the cluster. Raises `ClusterProblem`."""
        for version in VERSIONS:
            local = f"bulkhead/{SERVICE}:{self.tag(version)}"
            if await asyncio.to_thread(_run, "docker", "image", "inspect", local) is not None:
                self.say(f"making {local}")
                await asyncio.to_thread(self._build, version)
            wanted = self.settings.image(SERVICE, self.tag(version))
            if wanted != local:
                await self._must("docker", "tag", local, wanted)
            await self._must(*self.settings.bringing, wanted)

    def _build(self, version: Version) -> None:
        folder = REPOSITORY / ".local" / "cluster" / f"tree-{version}"
        copy_tree(folder, version)
        packages = REPOSITORY / ".local" / "images"
        packages.mkdir(parents=True, exist_ok=True)
        (folder / ".local").mkdir()
        (folder / ".local" / "images").symlink_to(packages)
        command = [sys.executable, "-m", "tools.service_images"]
        options = ["--base", self.settings.python_image, "--tag", self.tag(version), SERVICE]
        failed = _run(*command, *options, cwd=folder)
        shutil.rmtree(folder)
        if failed is not None:
            raise ClusterProblem(failed)

    async def _must(self, *command: str) -> None:
        failed = await asyncio.to_thread(_run, *command)
        if failed is not None:
            raise ClusterProblem(
                f"{' '.join(command)}: {failed}\n  What to do: see BRING in tests/cluster/README.md"
            )


def copy_tree(folder: Path, version: Version) -> None:
    """Make a copy of what an image is made of, as that version has it.

    Raises `ClusterProblem` where the tree has changed so that there is nothing to rename.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name in _COPIED:
        source, target = REPOSITORY / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy2(source, target)
    migrations = folder / "services" / SERVICE / "migrations" / "versions"
    for name, text, versions in _MIGRATIONS:
        if version in versions:
            (migrations / name).write_text(text.replace("{head}", _head(migrations)))
    if version == "expand":
        return
    renamed = 0
    for path in (folder / "services" / SERVICE / "src").rglob("*.py"):
        text, times = re.subn(rf"\b{OLD}\b", NEW, path.read_text())
        path.write_text(text)
        renamed += times
    if not renamed:
        raise ClusterProblem(
            f"{SERVICE} has no {OLD} any more.\n  What to do: choose another column in {__file__}"
        )


def _head(migrations: Path) -> str:
    """Return the revision that the newest of the tree's own migrations makes."""
    texts = [path.read_text() for path in migrations.glob("[0-9]*.py")]
    made = {found for text in texts for found in re.findall(r'^revision = "(\w+)"', text, re.MULTILINE)}
    after = {found for text in texts for found in re.findall(r'^down_revision = "(\w+)"', text, re.MULTILINE)}
    (head,) = made - after
    return head


def _mark() -> str:
    """Return a mark of all that goes into these images: of the tree, and of what is changed in it here."""
    mark = hashlib.sha256(Path(__file__).read_bytes())
    for name in _COPIED:
        source = REPOSITORY / name
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if path.is_file() and "__pycache__" not in path.parts:
                mark.update(path.relative_to(REPOSITORY).as_posix().encode() + b"\0" + path.read_bytes())
    return mark.hexdigest()[:8]


def _run(*command: str, cwd: Path = REPOSITORY) -> str | None:
    """Run a command; return what it complains of, None where it does not."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return f"there is no {command[0]}"
    return (done.stderr.strip() or f"ended with {done.returncode}") if done.returncode else None
