from __future__ import annotations

from pathlib import Path

from appliance.capture.frame_log import FrameEntry, FrameLog, read_frame_log, summarise

ENTRIES = (
    FrameEntry(0, 7.25, 4000),
    FrameEntry(1, 7.29, 4100, flags=("damaged",)),
    FrameEntry(5, 7.45, 3900, lost_before=3, flags=("overflow",)),
    FrameEntry(6, 7.49, 4000),
)


def written(path: Path) -> Path:
    log = FrameLog(path)
    for entry in ENTRIES:
        log.write(entry)
    log.close()
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read_frame_log(written(tmp_path / "tape-00.csv")) == ENTRIES


def test_gaps_are_summed_up(tmp_path: Path) -> None:
    summary = summarise(read_frame_log(written(tmp_path / "tape-00.csv")))
    assert (summary.frames, summary.lost_frames, summary.damaged) == (4, 3, 1)
    assert summary.gaps == ((7.45, 3),)


def test_a_torn_line_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "tape-00.csv")
    whole = path.read_bytes()
    for cut in range(2, 22):
        path.write_bytes(whole[:-cut])
        assert read_frame_log(path)[:3] == ENTRIES[:3][: len(read_frame_log(path))]
    path.write_bytes(whole[: whole.rindex(b"7.49")])
    assert read_frame_log(path) == ENTRIES[:3]
