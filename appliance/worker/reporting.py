"""The report of a take or of files, and the folder that `twinreel enhance` makes of films and stills."""

from __future__ import annotations

from pathlib import Path

from appliance import __version__
from appliance.core.clock import utc_now
from appliance.core.media import MediaInfo
from appliance.core.types import Artifact, Registration, Role, Segment, SyncEstimate, Take
from appliance.encode.report import ClipReport, PieceReport, ReportData, Still, write_report
from appliance.enhance.look import name_of, place_of
from appliance.sync.plot import sync_plot_svg
from appliance.worker.making import Made, Making, film_pair
from appliance.worker.outputs import access_output
from appliance.worker.progress import Progress
from appliance.worker.reel import Piece
from appliance.worker.stagewords import recipe_words, stage_facts
from appliance.worker.steps import PieceRegistration, PieceSync
from appliance.worker.stills import PlacedStill, placed_still, still_pairs


def write_take_report(
    path: Path, take: Take, making: Making, made: Made, files: tuple[Artifact, ...]
) -> None:
    write_report(
        path,
        report_data(making, made, f"Take {take.id}", take.created_at, take.ended_by, take.segments, files),
    )


def package(making: Making, folder: Path, progress: Progress) -> Made:
    """Film, comparison, stills and report of plain files in ``folder``."""
    made = film_pair(making, folder, progress)
    for number, pair in enumerate(still_pairs(making.work / "stills"), 1):
        (folder / f"before-{number}.jpg").write_bytes(pair.before)
        (folder / f"after-{number}.jpg").write_bytes(pair.after)
    segments = tuple(
        segment for piece in making.pieces for segment in file_segments(piece.tape, piece.cameras)
    )
    report = report_data(making, made, making.title, utc_now(), "the end of the file", segments, ())
    write_report(folder / "report.html", report)
    return made


def file_segments(tape: MediaInfo, cameras: tuple[MediaInfo, ...]) -> list[Segment]:
    infos = [(Role.TAPE, tape), *((Role.CAMERA, camera) for camera in cameras)]
    return [
        Segment(role, 0, info.path.name, 0.0, info.duration_s, info.frames, 0, complete=True)
        for role, info in infos
    ]


def report_data(
    making: Making,
    made: Made,
    title: str,
    recorded_at: str,
    ended_by: str,
    segments: tuple[Segment, ...],
    files: tuple[Artifact, ...],
) -> ReportData:
    pairs = still_pairs(making.work / "stills")
    return ReportData(
        title=title,
        take_id=making.title,
        recorded_at=recorded_at,
        standard=standard_of(making.pieces[0].tape, making.order),
        ended_by=ended_by,
        segments=segments,
        film_frames=making.per_frame * made.frames * making.shape.moments,
        guided_frames=made.guided_fields * making.shape.moments,
        provider=made.provider,
        provider_reason=made.provider_reason,
        model_name=made.model.name,
        model_sha256=made.model.sha256,
        pieces=tuple(
            piece_report(*three, making.work / "stills")
            for three in zip(making.pieces, made.syncs, made.registrations, strict=True)
        ),
        stills=tuple(Still(pair.before, pair.after, f"at {pair.moment:.0%} of the tape") for pair in pairs),
        files=files,
        notes=made.issues,
        settings=settings_of(making, made),
        recipe=recipe_words(making)[0],
        stages=stage_facts(making, made),
        made_by=f"Twinreel {__version__}",
    )


def piece_report(piece: Piece, synced: PieceSync, registered: PieceRegistration, stills: Path) -> PieceReport:
    """Each recording of the camera with its drawing, or with the reason why it has none."""
    clips = zip(piece.cameras, synced.clips, registered.clips, strict=True)
    return PieceReport(
        tuple(
            clip_report(*clip, placed_still(stills, piece.index, number)) for number, clip in enumerate(clips)
        )
    )


def clip_report(
    camera: MediaInfo, sync: SyncEstimate, registration: Registration, placed: PlacedStill
) -> ClipReport:
    if sync.offset_s is None:
        return ClipReport(camera.path.name, sync)
    return ClipReport(
        camera.path.name,
        sync,
        sync_plot_svg(sync),
        registration,
        camera.duration_s,
        placed.checkerboard,
        placed.overlay,
    )


def standard_of(tape: MediaInfo, order: str) -> str:
    name = {576: "PAL", 480: "NTSC"}.get(tape.height, "")
    scan = "progressive" if order == "progressive" else f"interlaced ({order})"
    size = f"{tape.width} × {tape.height}, {float(tape.rate):.4g} frames/s, {scan}"
    return f"{name}, {size}" if name else size


def settings_of(making: Making, made: Made) -> dict[str, str]:
    encode, enhance, access = making.config.encode, making.config.enhance, access_output(making).spec
    size = f"{access.width} × {access.height}"
    restored = {
        "model tier": made.tier,
        "look": name_of(place_of(enhance.look)),
        "the camera's share of detail": f"{enhance.guide_strength:.0%}",
    }
    return {
        **(restored if making.per_frame == 2 else {}),
        **({"the camera's detail was added": made.guide_words} if made.guided_fields else {}),
        **({"frames that capture lost": f"{made.filled_frames} filled"} if made.filled_frames else {}),
        "access copy": f"{size}, H.264, CRF {encode.crf}, {encode.preset}, AAC {encode.audio_kbit_s} kbit/s",
        "fields": making.order,
    }
