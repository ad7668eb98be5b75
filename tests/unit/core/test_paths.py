"""Everything below one root, and a socket path that Linux accepts."""

from pathlib import Path

from appliance.core.paths import SOCKET_PATH_LIMIT, Paths, paths_from_environment


def test_all_places_lie_below_the_root(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    places = (
        paths.site_config,
        paths.device_config,
        paths.journal,
        paths.takes,
        paths.cache,
        paths.run,
        paths.media,
    )
    assert all(place.is_relative_to(tmp_path) for place in places)


def test_a_deep_root_gets_a_short_socket_of_its_own() -> None:
    deep, other = Paths(Path("/" + "deep/" * 30)), Paths(Path("/" + "deeq/" * 30))
    assert len(str(deep.socket)) <= SOCKET_PATH_LIMIT
    assert deep.socket != other.socket
    assert deep.socket == Paths(deep.root).socket


def test_the_environment_moves_root_and_cache(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TWINREEL_ROOT", str(tmp_path))
    monkeypatch.setenv("TWINREEL_CACHE", str(tmp_path / "elsewhere"))
    assert paths_from_environment().data == tmp_path / "var/lib/twinreel"
    assert paths_from_environment().cache == tmp_path / "elsewhere"


def test_make_creates_what_is_written_to(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.make()
    assert paths.takes.is_dir()
    assert paths.media.is_dir()
