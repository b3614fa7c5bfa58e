"""Answers questions of `python.rs` with Metaxy for Python: one JSON object a line, in and out."""

import json
import os
import sys
import warnings
from urllib.parse import unquote, urlsplit

warnings.simplefilter("ignore")
os.environ["METAXY_SYNC"] = "false"

import metaxy as mx
import polars as pl

mx.init(mx.MetaxyConfig(project="p", sync=False))
specs, kind, url, hash_algorithm = json.loads(sys.stdin.readline())
features = {}
for spec in specs:
    namespace = {"__annotations__": {"k": str, "n": int | None, "x": int | None}, "__module__": "python"}
    base = type(mx.BaseFeature)
    features[spec["key"]] = base(
        "F" + spec["key"].replace("/", "_"),
        (mx.BaseFeature,),
        namespace,
        spec=mx.FeatureSpec(**spec),
    )


def rows(frame):
    frame = frame.to_polars() if hasattr(frame, "to_polars") else frame
    kept = [it for it in ("k", "metaxy_provenance", "metaxy_provenance_by_field") if it in frame.columns]
    return [{name: plain(value) for name, value in row.items()} for row in frame.select(kept).to_dicts()]


def plain(value):
    """Versions by field as a dictionary, where they are JSON or the entries of a map."""
    if isinstance(value, str) and value.startswith("{"):
        return json.loads(value)
    return {it["key"]: it["value"] for it in value} if isinstance(value, list) else value


def postgres():
    from metaxy.ext.postgresql import PostgreSQLMetadataStore

    # Ibis takes no directory of a socket in a URL.
    address = urlsplit(url)
    parameters = {
        "host": unquote(address.netloc.rpartition("@")[2].partition(":")[0]),
        "port": address.port or 5432,
        "user": address.username,
        "password": address.password,
        "database": address.path.lstrip("/"),
    }
    parameters = {name: it for name, it in parameters.items() if it is not None}
    return PostgreSQLMetadataStore(connection_params=parameters, auto_create_tables=False)


def duckdb():
    from metaxy.ext.duckdb import DuckDBMetadataStore

    store = DuckDBMetadataStore(url, auto_create_tables=False, hash_algorithm=mx.HashAlgorithm(hash_algorithm))
    # It would download hash functions, whatever the algorithm is.
    store.extensions = []
    return store


store = {"postgres": postgres, "duckdb": duckdb}[kind]()
for line in sys.stdin:
    question = json.loads(line)
    feature = features[question["feature"]]
    # A file of DuckDB is Python's no longer than it is open.
    with store.open("w"):
        if question["op"] == "write":
            store.write(feature, pl.DataFrame(question["rows"]))
            answer = None
        else:
            increment = store.resolve_update(feature)
            answer = {name: rows(getattr(increment, name)) for name in ("new", "stale", "orphaned")}
            if question["op"] == "make":
                for name in ("new", "stale"):
                    frame = getattr(increment, name).to_polars()
                    if len(frame):
                        keep = [it for it in frame.columns if it in ("k", "x") or it.startswith("metaxy_")]
                        store.write(feature, frame.select(keep))
    print(json.dumps(answer), flush=True)
