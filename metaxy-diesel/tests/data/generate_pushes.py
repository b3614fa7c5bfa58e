"""Writes pushes.json: what Metaxy for Python 0.1.11 records where a project is pushed again and again.

Run with a Python that has `metaxy[postgres]==0.1.11` and psycopg: generate_pushes.py HOST PORT USER DATABASE, of an empty
database of PostgreSQL."""
import json, sys, warnings
warnings.simplefilter("ignore")
import metaxy as mx
import psycopg
from metaxy.ext.postgresql import PostgreSQLMetadataStore
from metaxy.metadata_store.system.storage import SystemTableStorage
from metaxy.models.feature import FeatureGraph
from metaxy.models.feature_definition import FeatureDefinition

host, user, database = sys.argv[1:4]
mx.init(mx.MetaxyConfig(project="p", sync=False))
TABLE = "metaxy_system__feature_versions"


def feature(key, deps=(), project="p", schema=None, external=False, **spec):
    spec = {"key": key, "id_columns": ["id"], "deps": [{"feature": it} for it in deps], **spec}
    schema = schema or {"type": "object", "properties": {"id": {"type": "string"}}}
    return {"spec": spec, "schema": schema, "class_path": "m." + key, "project": project, "external": external}


def fields(version):
    return [{"key": "a", "code_version": version}, {"key": "b/c", "code_version": "1"}]


def step(*features, project="p", tags=None):
    return {"features": features, "project": project, "tags": tags or {}}


raw, raw2 = feature("raw", fields=fields("1")), feature("raw", fields=fields("2"))
crop = feature("crop", ["raw"])
ODD = {"é": "😀\u2028\x7f", "z": [1e22, 1e-7, -0.0, 1.0, 2**70], "a": {"z": None, "b": True}, "": "\\\"\n"}
odd = feature("odd", metadata=ODD, description="Ünï\u0000cödé".replace("\u0000", ""), schema={"z": 1.5e300, "ü": ["é"], "a": None})
theirs = feature("theirs/raw", project="q", fields=fields("1"))
theirs2 = feature("theirs/raw", project="q", fields=fields("9"))
mine = feature("mine", ["theirs/raw"])
CASES = {
    "again": [step(raw, crop), step(raw, crop)],
    "code changes and goes back": [step(raw, crop), step(raw2, crop, tags={"k": "é"}), step(raw, crop), step(raw, crop)],
    "metadata changes": [step(raw, crop), step(feature("raw", fields=fields("1"), metadata={"owner": "ann"}), crop)],
    "schema changes": [step(raw), step(feature("raw", fields=fields("1"), schema={"type": "object"}))],
    "feature comes and goes": [step(raw), step(raw, crop), step(raw)],
    "odd values": [step(odd, tags={"é": "😀", "n": "1.0"}), step(odd)],
    "two projects": [step(theirs, mine), step(theirs, mine, project="q"), step(theirs2, mine), step(theirs2, mine, project="q")],
    "external": [step({**theirs, "external": True}, mine), step({**theirs2, "external": True}, mine)],
    "own tag": [step(raw, tags={"metaxy": '{"z": 1}', "a": "b"})],
}


def graph(features):
    graph = FeatureGraph()
    for it in features:
        if it["external"]:
            spec = mx.FeatureSpec(**it["spec"])
            definition = FeatureDefinition.external(spec=spec, project=it["project"], feature_schema=it["schema"])
        else:
            definition = FeatureDefinition.from_stored_data(it["spec"], it["schema"], it["class_path"], it["project"])
        graph.add_feature_definition(definition)
    return graph


store = PostgreSQLMetadataStore(
    connection_params={"host": host, "user": user, "database": database}, auto_create_tables=True
)
cases = []
for name, steps in CASES.items():
    with psycopg.connect(host=host, user=user, dbname=database) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {TABLE}")
    for it in steps:
        with graph(it["features"]).use(), store.open("w"):
            result = SystemTableStorage(store).push_graph_snapshot(project=it["project"], tags=dict(it["tags"]))
        it["result"] = [result.project_version, result.already_pushed, result.updated_features]
    with psycopg.connect(host=host, user=user, dbname=database, row_factory=psycopg.rows.dict_row) as connection:
        rows = connection.execute(f"SELECT * FROM {TABLE} ORDER BY recorded_at").fetchall()
    rows = [{k: v for k, v in row.items() if k not in ("recorded_at", "deleted_at")} for row in rows]
    cases.append({"name": name, "steps": steps, "rows": rows})
json.dump({"format": "metaxy-pushes-1", "cases": cases}, open("pushes.json", "w"), indent=1, ensure_ascii=False)
