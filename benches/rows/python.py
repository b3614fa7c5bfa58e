"""What `program.rs` does, with Metaxy for Python: the same arguments, and the same line printed."""

import json
import os
import resource
import sys
import time
import warnings
from urllib.parse import unquote, urlsplit

warnings.simplefilter("ignore")
os.environ["METAXY_SYNC"] = "false"

import metaxy as mx
import polars as pl
from metaxy.versioning.types import HashAlgorithm

url, hash_name, specs, operation, rows = sys.argv[1:]
rows = int(rows)
mx.init(mx.MetaxyConfig(project="bench", sync=False))
features = {}
for spec in json.loads(specs):
    namespace = {"__annotations__": {"sample_id": str}, "__module__": "bench"}
    base = type(mx.BaseFeature)
    features[spec["key"]] = base(
        spec["key"].title(), (mx.BaseFeature,), namespace, spec=mx.FeatureSpec(**spec)
    )


def samples(feature, ids, version):
    fields = [it["key"] for it in next(it for it in json.loads(specs) if it["key"] == feature)["fields"]]
    return pl.DataFrame(
        {
            "sample_id": [f"sample-{it:08}" for it in ids],
            "metaxy_provenance_by_field": [{f: f"{f}-{it}{version}" for f in fields} for it in ids],
        }
    )


options = {"auto_create_tables": False, "hash_algorithm": HashAlgorithm(hash_name)}
if url.startswith("duckdb:"):
    from metaxy.ext.duckdb import DuckDBMetadataStore

    store = DuckDBMetadataStore(url.removeprefix("duckdb:"), **options)
    # It would download hash functions, whatever the algorithm is.
    store.extensions = []
else:
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
    store = PostgreSQLMetadataStore(connection_params=parameters, **options)
with store.open("w") as store:
    # Samples are made before the clock starts: a pipeline has them.
    if operation == "write":
        frames = {it: samples(it, range(rows), "") for it in features if it != "leaf"}
    elif operation == "change":
        frames = {"root1": samples("root1", range(0, rows, 10), "x")}
    start = time.perf_counter()
    count = 0
    if operation in ("write", "change"):
        for feature, frame in frames.items():
            store.write(features[feature], frame)
            count += len(frame)
    else:
        increment = store.resolve_update(features["leaf"])
        for name in ("new", "stale", "orphaned"):
            frame = getattr(increment, name).to_polars()
            if operation == "make" and name != "orphaned" and len(frame):
                keep = ["sample_id", "metaxy_provenance_by_field", "metaxy_provenance"]
                store.write(features["leaf"], frame.select(keep))
            if operation == "resolve" or name != "orphaned":
                count += len(frame)
    seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(count, seconds, peak)
