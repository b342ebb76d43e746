"""Before another image of pgAdmin first touches a kept volume: packs what is on it into backups/, since an upgrade migrates
its SQLite forward only. Where that fails, nothing has been changed yet, and pgAdmin does not start."""

import contextlib
import os
import shutil
import sqlite3
import sys
import tarfile
import time
from pathlib import Path

keep = 5
home = Path("/var/lib/pgadmin")
database = home / "pgadmin4.db"
backups = home / "backups"
mark = home / ".pg-sidecar-image"  # the image that the volume was last used by
image = os.environ["SIDECAR_IMAGE"]


def without_password(member):
    """Leaves out refresh.py's passfile, which the next start writes again."""
    return None if member.name.endswith("/.pg-sidecar.pgpass") else member


def clear():
    """Removes what a start that failed or was cut left half made. Each new start would add to it, on a disk that may be full."""
    for left in [*backups.glob("pgadmin-*.part"), *backups.glob("copy.db*")]:
        left.unlink()


def packed_entries():
    """All of the volume but what is passing: logins, passwords from the stack, and the backups themselves."""
    passing = ("sessions", "backups", "lost+found")
    return [one for one in sorted(home.iterdir()) if one.name not in passing and not one.name.startswith(database.name)]


def refuse_full_disk(entries):
    """Others may write on the same disk, such as the database: it is not filled even for a moment."""
    files = [file for entry in entries for file in (entry, *entry.rglob("*"))]
    needed = 2 * database.stat().st_size + sum(file.lstat().st_size for file in files)
    free = shutil.disk_usage(home).free
    if needed > free:
        raise OSError(f"it may take {needed >> 20} MiB, and the disk has {free >> 20} MiB free")


def pack():
    entries = packed_entries()
    refuse_full_disk(entries)
    backups.mkdir(mode=0o700, exist_ok=True)
    target = backups / time.strftime("pgadmin-%Y%m%dT%H%M%SZ.tar.gz", time.gmtime())
    part, copy = target.with_suffix(".part"), backups / "copy.db"
    with sqlite3.connect(database) as source, sqlite3.connect(copy) as consistent:
        source.backup(consistent)
    with tarfile.open(part, "w:gz") as archive:
        archive.add(copy, database.name)
        for entry in entries:
            archive.add(entry, entry.name, filter=without_password)
    copy.unlink()
    part.chmod(0o600)
    part.rename(target)
    for old in sorted(backups.glob("pgadmin-*.tar.gz"))[:-keep]:
        old.unlink()
    return target


used = mark.read_text() if mark.exists() else ""  # empty, too, if the disk was full when it was written
if database.exists():
    before = used or "an unknown image"
    if before != image:
        try:
            clear()
            target = pack()
        except Exception as cause:
            with contextlib.suppress(OSError):  # the first failure is what has to be said
                clear()
            sys.exit(f"backup: not made ({cause}), so this image does not touch the volume, which {before} used last")
        print(f"backup: {target} holds the volume as {before} left it", flush=True)
if used != image:
    part = mark.with_suffix(".part")
    part.write_text(image)
    part.rename(mark)
