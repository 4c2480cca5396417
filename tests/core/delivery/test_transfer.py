"""The order of states and acts of one delivery, killed anywhere any number of times."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.delivery.folder import FolderRemote
from passerelle.delivery.transfer import Parcel, Rules, State, transfer
from passerelle.errors import OutcomeUnknown, PasserelleError, Refused

DATA = bytes(range(256)) * 3000  # three blocks


class Killed(BaseException):
    """The process is gone."""


class Mortal(FolderRemote):
    """A folder whose user dies after a number of moments; the receiver may take files at once."""

    def __init__(self, folder: Path, life: int, taken: list[bytes] | None) -> None:
        super().__init__(folder)
        self.life = life
        self.taken = taken

    def moment(self) -> None:
        self.life -= 1
        if self.life == 0:
            raise Killed

    def append(self, name: str, offset: int, blocks: Iterable[bytes]) -> None:
        def dying() -> Iterable[bytes]:
            for block in blocks:
                self.moment()
                yield block

        super().append(name, offset, dying())
        self.moment()

    def rename(self, name: str, final: str) -> None:
        self.moment()
        super().rename(name, final)
        self._collect(final)
        self.moment()

    def replace(self, name: str, final: str) -> None:
        self.moment()
        super().replace(name, final)
        self._collect(final)
        self.moment()

    def _collect(self, final: str) -> None:
        if self.taken is not None:
            self.taken.append((self.folder / final).read_bytes())
            (self.folder / final).unlink()


@given(
    lives=st.lists(st.integers(1, 12), max_size=6),
    collecting=st.booleans(),
    replace=st.booleans(),
    marker=st.booleans(),
    read_back=st.booleans(),
    garbage=st.sampled_from([b"", b"x" * 10, DATA[:300_000], DATA + b"more"]),
)
def test_exactly_once_however_often_it_is_killed(
    lives: list[int], collecting: bool, replace: bool, marker: bool, read_back: bool, garbage: bytes
) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "place"
        place.mkdir()
        parcel = made(Path(name))
        taken: list[bytes] = []
        rules = Rules(str(place), replace=replace, done_marker=marker, read_back=read_back)
        if garbage:
            (place / parcel.temporary_name).write_bytes(garbage)
        state: State = "pending"
        seen: list[State] = []

        for life in [*lives, 0]:  # a life that starts at 0 never ends
            remote = Mortal(place, life, taken if collecting else None)

            def record(reached: State, _note: str, remote: Mortal = remote) -> None:
                nonlocal state
                remote.moment()
                state = reached
                seen.append(reached)
                remote.moment()

            try:
                transfer(remote, parcel, rules, state, record)
            except Killed:
                final = place / parcel.file_name
                assert not final.exists() or final.read_bytes() == DATA
                assert state in ("pending", "sending", "uploaded_verified", "delivered")
        assert state == "delivered"
        assert seen.count("delivered") == 1
        found = {path.name: path.read_bytes() for path in place.iterdir()}
        if collecting:
            assert (taken, found) == ([DATA], {})
        else:
            assert found == {"a.txt": DATA, **({"a.txt.done": b""} if marker else {})}


def made(folder: Path, data: bytes = DATA, name: str = "a.txt") -> Parcel:
    source = folder / "source"
    source.write_bytes(data)
    return Parcel(source, name, len(data), hashlib.sha256(data).hexdigest(), "1")


def run(place: Path, parcel: Parcel, state: State = "pending", **rules: bool) -> list[tuple[State, str]]:
    recorded: list[tuple[State, str]] = []
    transfer(FolderRemote(place), parcel, Rules(str(place), **rules), state, lambda s, n: recorded.append((s, n)))
    return recorded


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def test_the_states_in_their_order(tmp_path: Path, place: Path) -> None:
    parcel = made(tmp_path)
    assert [state for state, _ in run(place, parcel)] == ["sending", "uploaded_verified", "delivered"]
    assert run(place, parcel, "delivered") == []


def test_an_empty_file(tmp_path: Path, place: Path) -> None:
    run(place, made(tmp_path, b""))
    assert (place / "a.txt").read_bytes() == b""


def test_a_verified_upload_that_was_damaged_since_is_sent_anew(tmp_path: Path, place: Path) -> None:
    parcel = made(tmp_path)
    (place / parcel.temporary_name).write_bytes(DATA[:-1] + b"!")
    assert run(place, parcel, "uploaded_verified")[0] == ("sending", "")
    assert (place / "a.txt").read_bytes() == DATA


def test_what_arrives_different_never_gets_its_name(tmp_path: Path, place: Path) -> None:
    class Damaging(FolderRemote):
        def append(self, name: str, offset: int, blocks: Iterable[bytes]) -> None:
            super().append(name, offset, (b"?" * len(block) for block in blocks))

    recorded: list[State] = []
    parcel = made(tmp_path)
    with pytest.raises(PasserelleError, match="PSR-7017"):
        transfer(Damaging(place), parcel, Rules(str(place)), "pending", lambda s, _: recorded.append(s))
    assert recorded == ["sending"]
    assert [path.name for path in place.iterdir()] == [parcel.temporary_name]


def test_deliveries_of_one_file_do_not_share_a_temporary_name(tmp_path: Path) -> None:
    one = made(tmp_path)
    other = Parcel(one.source, one.file_name, one.size, one.sha256, "2")
    assert one.temporary_name != other.temporary_name
    assert one.temporary_name.endswith(".part")


@pytest.mark.parametrize("name", ["", ".", "..", "../a.txt", "a/b.txt", "a\\b.txt", "a\nb.txt", "a\0b"])
def test_a_name_that_leaves_the_directory_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="PSR-7021"):
        made(tmp_path, name=name)


def test_a_marker_that_cannot_be_written(tmp_path: Path, place: Path) -> None:
    class NoMarkers(FolderRemote):
        def append(self, name: str, offset: int, blocks: Iterable[bytes]) -> None:
            if name.endswith(".done"):
                raise Refused(())
            super().append(name, offset, blocks)

    parcel, rules, recorded = made(tmp_path), Rules(str(place), done_marker=True), list[State]()
    with pytest.raises(Refused, match="PSR-7032"):
        transfer(NoMarkers(place), parcel, rules, "pending", lambda s, _: recorded.append(s))
    assert recorded[-1] == "uploaded_verified"
    assert run(place, parcel, "uploaded_verified", done_marker=True) == [("delivered", "")]
    assert {path.name for path in place.iterdir()} == {"a.txt", "a.txt.done"}


def test_when_nobody_can_tell_it_says_so(tmp_path: Path, place: Path) -> None:
    parcel = made(tmp_path)
    (place / "a.txt").write_bytes(b"another")
    with pytest.raises(OutcomeUnknown, match="PSR-7031"):
        run(place, parcel, "uploaded_verified")
