"""Who opens a folder while another takes its place finds one of them, whole."""

import threading
from pathlib import Path

import numpy as np

from planner.roads.parts import part_hash, read_parts, whole_hash, write_parts
from planner.roads.swapping import exchange


def write(folder: Path, value: int) -> None:
    parts = {name: np.full(value, value, np.int32) for name in ("a", "b", "c")}
    hashes = {name: part_hash(array) for name, array in parts.items()}
    write_parts(folder, parts, {"hash": whole_hash(hashes)})


def test_readers_find_all_of_one_writing_at_any_moment(tmp_path: Path) -> None:
    folder, done = tmp_path / "one", threading.Event()
    write(folder, 1)

    def writing() -> None:
        for value in range(2, 40):
            write(folder, value)
        done.set()

    writer = threading.Thread(target=writing)
    writer.start()
    seen = set()
    while not done.is_set():
        _, arrays = read_parts(folder, ("a", "b", "c"))
        (value,) = {len(array) for array in arrays.values()}
        assert all((array == value).all() for array in arrays.values())
        seen.add(value)
    writer.join()
    assert len(seen) > 1
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["one"]


def test_two_folders_change_places_or_stay(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / "name").write_text(folder.name)
    swapped = exchange(one, other)
    assert (one / "name").read_text() == ("other" if swapped else "one")
    assert not exchange(one, tmp_path / "nowhere")
    assert one.is_dir()
