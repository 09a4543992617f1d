"""Files that are whole or not there: a full disk, or a killed process, leaves none cut short."""

import os
from pathlib import Path
from uuid import uuid4


def write_whole(path: Path, content: bytes) -> None:
    """Write the file under its name once all of it is on the disk; raises OSError.

    What cannot be written leaves nothing behind, and another's file of that name as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{uuid4().hex}.part")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A proxy of another account may send it, whatever the mask of the process.
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
