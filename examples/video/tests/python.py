"""Does with Metaxy for Python what `python.rs` asks for: the URL of a PostgreSQL database is the argument, or nothing where metaxy.toml
names a file of DuckDB; operations come line by line, and their answers go as lines of JSON. Each has a graph of its own."""

import contextlib
import json
import os
import sys
import warnings
from typing import ClassVar
from urllib.parse import unquote, urlsplit

warnings.simplefilter("ignore")
os.environ["METAXY_SYNC"] = "false"

import metaxy as mx
import polars as pl
from metaxy.ext.postgresql import PostgreSQLMetadataStore
from metaxy.ext.sqlmodel import BaseSQLModelFeature
from metaxy.metadata_store.system.storage import SystemTableStorage
from metaxy.models.feature import FeatureConfig
from metaxy.utils.lock_file import generate_lock_file
from pathlib import Path
from sqlalchemy import Double, Index
from sqlmodel import Field, SQLModel

if sys.argv[1:]:
    mx.init(mx.MetaxyConfig(project="audio", sync=False))
    # Ibis takes no directory of a socket in a URL.
    address = urlsplit(sys.argv[1])
    parameters = {
        "host": unquote(address.netloc.rpartition("@")[2].partition(":")[0]),
        "port": address.port or 5432,
        "user": address.username,
        "password": address.password,
        "database": address.path.lstrip("/"),
    }
    parameters = {name: it for name, it in parameters.items() if it is not None}
    store = PostgreSQLMetadataStore(connection_params=parameters)
else:
    mx.init()
    store = mx.MetaxyConfig.get().get_store("dev")
    # It would download hash functions, whatever the algorithm is.
    store.extensions = []


def field(key, version="1"):
    return {"key": key, "code_version": version}


def from_crop(part):
    return [mx.FieldDep(feature="video/crop", fields=[part])]


class Feature(BaseSQLModelFeature, spec=None):
    """With the key that tables have in Rust."""

    feature_config: ClassVar[FeatureConfig] = FeatureConfig(ext={"sqlmodel": {"inject_primary_key": True}})


def video():
    """The features of the example, as SQLModel has them."""
    SQLModel.metadata.clear()

    class Video(
        Feature,
        table=True,
        spec=mx.FeatureSpec(key="video/raw", id_columns=["video_id"], fields=[field("audio"), field("frames")]),
    ):
        """Raw videos, as they were ingested."""

        __metaxy_project__ = "video"
        __table_args__ = (Index("video__raw_duration_idx", "duration"),)
        video_id: str
        path: str
        duration: float = Field(sa_type=Double)

    class Crop(
        Feature,
        table=True,
        spec=mx.FeatureSpec(
            key="video/crop",
            id_columns=["video_id"],
            deps=[mx.FeatureDep(feature="video/raw")],
            fields=[
                {**field(part), "deps": [mx.FieldDep(feature="video/raw", fields=[part])]}
                for part in ("audio", "frames")
            ],
        ),
    ):
        """Videos cropped to a 720p square; the audio track is copied."""

        __metaxy_project__ = "video"
        video_id: str
        path: str
        side: int

    class Faces(
        Feature,
        table=True,
        spec=mx.FeatureSpec(
            key="video/faces",
            id_columns=["video_id"],
            deps=[mx.FeatureDep(feature="video/crop")],
            fields=[{**field("faces"), "deps": from_crop("frames")}],
        ),
    ):
        """Faces found in the frames of a crop."""

        __metaxy_project__ = "video"
        video_id: str
        count: int

    class Speech(
        Feature,
        table=True,
        spec=mx.FeatureSpec(
            key="video/speech",
            id_columns=["video_id"],
            deps=[mx.FeatureDep(feature="video/crop")],
            fields=[{**field("transcript"), "deps": from_crop("audio")}],
        ),
    ):
        """What is said in a crop."""

        __metaxy_project__ = "video"
        video_id: str
        transcript: str
        language: str | None = None

    return Video, Crop


def audio():
    """A project in Python, of which the features depend on those in Rust."""

    class Loudness(
        mx.BaseFeature,
        spec=mx.FeatureSpec(
            key="audio/loudness",
            id_columns=["video_id"],
            deps=[mx.FeatureDep(feature="video/crop", rename={"path": "crop_path"})],
            fields=[{**field("lufs", "3"), "deps": from_crop("audio")}],
            metadata={"owner": "Ünal", "thresholds": [1.5, {"peak": -1e-7}]},
        ),
    ):
        """How loud it is.

        Dans l'été.
        """

        __metaxy_project__ = "audio"
        video_id: str
        lufs: float | None = None

    class Summary(
        mx.BaseFeature,
        spec=mx.FeatureSpec(
            key="audio/summary",
            id_columns=["video_id"],
            deps=[mx.FeatureDep(feature="video/speech"), mx.FeatureDep(feature=Loudness)],
        ),
    ):
        __metaxy_project__ = "audio"
        video_id: str
        summary: str


def push(project):
    with store.open("w"):
        result = SystemTableStorage(store).push_graph_snapshot(project=project, tags={"by": "python"})
    return [result.project_version, result.already_pushed, result.updated_features]


def sync():
    mx.sync_external_features(store, selection=mx.FeatureSelection(all=True))


def versions():
    graph = mx.FeatureGraph.get_active()
    return {
        key.to_string(): {
            "feature": graph.get_feature_version(key),
            "fields": graph.get_feature_version_by_field(key),
            "definition": definition.feature_definition_version,
            "project": definition.project,
        }
        for key, definition in graph.feature_definitions_by_key.items()
    }


def create():
    global store
    creating = PostgreSQLMetadataStore(connection_params=parameters, auto_create_tables=True)
    spec = mx.FeatureSpec(key="first", id_columns=["id"]).model_dump(mode="json")
    definition = mx.FeatureDefinition.from_stored_data(spec, {"type": "object"}, "m.F", "first")
    mx.FeatureGraph.get_active().add_feature_definition(definition)
    store, usual = creating, store
    answer = push("first")
    store = usual
    return answer


def same():
    video()
    return [push("video"), versions()]


def read():
    sync()
    return versions()


def push_audio():
    audio()
    sync()
    return [push("audio"), versions()]


def lock(path):
    audio()
    result = generate_lock_file(store, Path(path), exclude_project="audio")
    return [change.key for change in result.added]


def history():
    with store:
        rows = SystemTableStorage(store).read_graph_snapshots(project="video").to_dicts()
    return [[row["metaxy_project_version"], row["feature_count"]] for row in rows]


def migrate():
    """By Alembic."""
    import migrate

    video()
    # What is printed is an answer.
    with contextlib.redirect_stdout(sys.stderr):
        return migrate.migrate()


def write(video_id, version):
    row = {"video_id": video_id, "path": version, "duration": 1.5}
    row["metaxy_provenance_by_field"] = {"audio": "a1", "frames": version}
    with store.open("w"):
        store.write(video()[0], pl.DataFrame([row]))


def resolve():
    crop = video()[1]
    with store.open("w"):
        return found(store.resolve_update(crop))


def make():
    crop = video()[1]
    with store.open("w"):
        increment = store.resolve_update(crop)
        for frame in (increment.new.to_polars(), increment.stale.to_polars()):
            if len(frame):
                versions = [it for it in frame.columns if it.startswith("metaxy_")]
                made = pl.lit("cropped").alias("path"), pl.lit(720, pl.Int32).alias("side")
                store.write(crop, frame.select("video_id", *versions).with_columns(*made))
        return found(increment)


def found(increment):
    """The samples of each set, with their provenance."""
    sets = (increment.new, increment.stale, increment.orphaned)
    frames = [it.to_polars().sort("video_id") for it in sets]
    return [[[row["video_id"], row["metaxy_provenance"]] for row in frame.to_dicts()] for frame in frames]


OPERATIONS = (create, same, read, push_audio, lock, history, migrate, write, resolve, make)
OPERATIONS = {it.__name__: it for it in OPERATIONS}
for line in sys.stdin:
    operation, *arguments = line.split()
    with mx.FeatureGraph().use():
        print(json.dumps(OPERATIONS[operation](*arguments)), flush=True)
