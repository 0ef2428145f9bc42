"""Files of a source: a path, a glob pattern or the address of anything that fsspec can open."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import IO, Any

from flex_pipeline.sources.errors import SourceError

# name, state that changes with the content, and size [bytes] of each file
Version = tuple[tuple[str, str, int], ...]

KEPT_S = 60
_STATES = ("mtime", "LastModified", "last_modified", "updated", "ETag", "etag", "created")


def versions(pattern: str, base: Path, field: str) -> Version:
    """The files that the path, glob pattern or address stands for, by name. Raises SourceError."""
    if "://" in pattern:
        return _remote(pattern, field)
    path = Path(pattern)
    folder, name = (Path(path.anchor), path.relative_to(path.anchor)) if path.is_absolute() else (base, path)
    try:
        files = sorted(file for file in folder.glob(str(name)) if file.is_file())
    except (ValueError, OSError, NotImplementedError) as error:
        raise SourceError(field, pattern, f"is no path: {error}") from error
    if not files:
        raise SourceError(field, pattern, f"is no file under {base}; {_neighbours(base / path)}")
    return local(files)


def local(files: Iterable[Path]) -> Version:
    """Files of this machine."""
    states = [(file, file.stat()) for file in files]
    return tuple((str(file), str(state.st_mtime_ns), state.st_size) for file, state in states)


def opened(name: str) -> IO[bytes] | Path:
    """What a table can be read from. Raises SourceError, OSError and what the file system of a URL raises."""
    if name.startswith(("http://", "https://")):
        return BytesIO(_downloaded(name))
    if "://" not in name:
        return Path(name)
    import fsspec

    with fsspec.open(name, "rb") as file:
        return BytesIO(file.read())


def _remote(pattern: str, field: str) -> Version:
    if pattern.startswith(("http://", "https://")):
        body = _downloaded(pattern)
        return ((pattern, sha256(body).hexdigest(), len(body)),)
    import fsspec

    from flex_pipeline.sources.http import redacted

    try:
        system, path = fsspec.core.url_to_fs(pattern)
        names = sorted(system.glob(path)) if any(sign in path for sign in "*?[") else [path]
        found = [(system.unstrip_protocol(name), system.info(name)) for name in names]
    except ImportError as error:
        raise SourceError(field, pattern, f"needs a package that is not installed: {error}") from error
    except Exception as error:  # each file system raises what its library does
        raise SourceError(field, redacted(pattern), f"cannot be read: {redacted(str(error))}") from None
    if not found:
        raise SourceError(field, redacted(pattern), "is the pattern of no file")
    return tuple((name, _state(info), int(info.get("size") or 0)) for name, info in found)


def _state(info: dict[str, Any]) -> str:
    return str([info[key] for key in _STATES if key in info])


def _downloaded(url: str) -> bytes:
    return _download(url, int(monotonic() // KEPT_S))


@lru_cache(maxsize=8)
def _download(url: str, period: int) -> bytes:
    """The body; asked for once a period, however many sensors and days share it."""
    from flex_pipeline.sources import http

    answer = http.get(url, follow=True)
    if answer.status != 200:
        raise SourceError("source", answer.place, f"answered {answer.status}")
    return answer.body


def _neighbours(path: Path) -> str:
    if not path.parent.is_dir():
        return f"the folder {path.parent} does not exist"
    names = sorted(other.name for other in path.parent.iterdir() if other.is_file())
    return f"there are: {', '.join(names[:20])}" if names else f"the folder {path.parent} is empty"
