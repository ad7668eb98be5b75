"""Layers of configuration, and the names of mistakes."""

from pathlib import Path

import pytest

from appliance.core.config import Config, load_config, merge
from appliance.core.paths import Paths
from appliance.core.problems import Problem


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_defaults_where_there_is_no_file(tmp_path: Path) -> None:
    config = load_config(Paths(tmp_path))
    assert config.web.host == "127.0.0.1"
    assert not config.sim.enabled


def test_device_wins_over_site_and_site_over_defaults(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    write(paths.site_config, "name = 'Hall 3'\n[web]\nport = 81\npin = '1234'\n")
    write(paths.device_config, "[web]\nport = 82\n")
    config = load_config(paths)
    assert (config.name, config.web.port, config.web.pin) == ("Hall 3", 82, "1234")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[web]\nprot = 1\n", "web.prot: there is no such key"),
        ("[wep]\n", "wep: there is no such key"),
        ("[web]\nport = 'x'\n", "web.port"),
        ("[web\n", "not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_key(tmp_path: Path, text: str, named: str) -> None:
    paths = Paths(tmp_path)
    write(paths.site_config, text)
    with pytest.raises(Problem) as caught:
        load_config(paths)
    assert named in caught.value.issue.cause
    assert str(paths.site_config) in caught.value.issue.title


def test_merge_keeps_what_the_upper_layer_does_not_name() -> None:
    assert merge({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}}) == {"a": {"b": 9, "c": 2}, "d": 3}


def test_every_key_says_what_it_is() -> None:
    silent = [
        f"{section}.{key}"
        for section, field in Config.model_fields.items()
        for key, about in getattr(field.annotation, "model_fields", {"": field}).items()
        if not about.description
    ]
    assert silent == []


def test_a_number_of_slices_that_ffv1_does_not_know_is_refused(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    write(paths.site_config, "[capture]\nslices = 5\n")
    with pytest.raises(Problem) as caught:
        load_config(paths)
    assert "capture.slices" in caught.value.issue.cause
