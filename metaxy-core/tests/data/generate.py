"""Writes `more.json`: random graphs with all that Metaxy for Python says of them.

Run with Metaxy for Python 0.1.11 (`pip install metaxy==0.1.11`): `python generate.py SEED COUNT > more.json`.
Where `graphs.json` has what pydantic wrote, these have what a user may write: short forms, names in any order, keys
as lists of parts, external features with overrides, and metadata that is hard to write the same way twice.
"""

import json
import random
import sys
import warnings

from metaxy.config import MetaxyConfig
from metaxy.models.feature import FeatureGraph
from metaxy.models.feature_definition import FeatureDefinition
from metaxy.models.feature_spec import FeatureSpec
from metaxy.versioning.validation import validate_column_configuration

warnings.simplefilter("ignore")
PARTS = ["a", "b", "ab", "a-b", "a_b", "x", "x1", "video", "audio", "french", "_p", "z-9"]
LATER = PARTS + ["1", "9k", "0_0"]
COLUMNS = ["id", "sub", "uid", "path", "size", "ä", "col umn"]
CHARS = ["a", "Z", " ", "\"", "\\", "/", "\n", "\t", "\x00", "\x1f", "\x7f", "\x80", "é", "ß", "\u2028", "\ud7ff",
         "\ue000", "\ufeff", "\uffff", "𝄞", "🎬", "\U0010ffff", "<", "&", "'", "$", "{", "}"]
FLOATS = [0.0, -0.0, 1.0, 0.1, 1e15, 1e16, 1e17, 123456789012345680.0, 1e22, 1e23, 5e-324, 1.7976931348623157e308,
          2.5e-5, 0.0001, 0.00001, 2.0**-25, 2.0**-44, 1658206780088562.25, 4503599627370497.5, float("nan"),
          float("inf"), -float("inf"), 3.141592653589793, 100.0, 1e100]


def text(r):
    return "".join(r.choice(CHARS) for _ in range(r.randint(0, 5)))


def value(r, depth=0):
    kind = r.randint(0, 9 if depth < 4 else 6)
    if kind == 0:
        return r.choice([None, True, False])
    if kind == 1:
        return r.randint(-100, 100)
    if kind == 2:
        return r.choice([1, -1]) * (2 ** r.choice([31, 32, 53, 62, 63, 64, 65, 127, 300]) + r.randint(-1, 1))
    if kind == 3:
        return r.choice(FLOATS)
    if kind == 4:
        return r.uniform(-1, 1) * 10.0 ** r.randint(-30, 30)
    if kind in (5, 6):
        return text(r)
    if kind == 7:
        return [value(r, depth + 1) for _ in range(r.randint(0, 3))]
    return {text(r): value(r, depth + 1) for _ in range(r.randint(0, 4))}


def key(r, most=3):
    return "/".join([r.choice(PARTS)] + [r.choice(LATER) for _ in range(r.randint(0, most - 1))])


def keys(r, count, most):
    found = []
    while len(found) < count:
        new = key(r, most)
        if new not in found:
            found.append(new)
    return found


def written(r, name):
    """A key as a user may write it."""
    return name.split("/") if r.random() < 0.1 else name


def subset(r, names):
    names = list(names)
    return r.sample(names, r.randint(0, len(names)))


def mapping(r, own, theirs):
    kind = r.choice(["default"] * 4 + ["specific", "all", "none"])
    if kind == "default":
        made = {"type": kind}
        if r.random() < 0.6:
            made["match_suffix"] = r.random() < 0.7
        if r.random() < 0.4:
            made["exclude_fields"] = [written(r, it) for it in subset(r, theirs)[:2] + keys(r, 1, 1)]
    elif kind == "specific":
        chosen = {it: subset(r, theirs) + keys(r, 1, 2) * (r.random() < 0.3) for it in subset(r, own)}
        made = {"type": kind, "mapping": {k: [written(r, it) for it in v] for k, v in chosen.items()}}
    else:
        made = {"type": kind}
    return {"mapping": made}


def lineage(r):
    kind = r.choice(["1:1", "N:1", "1:N"])
    made = {"type": kind}
    if kind == "N:1" and r.random() < 0.7:
        made["on"] = r.choice([None, ["id"], ["sub", "id"], []])
    if kind == "1:N":
        made["on"] = r.choice([["id"], ["uid", "id"], []])
        if r.random() < 0.5:
            made["id_generation_pattern"] = r.choice([None, "hash", text(r)])
    return {"relationship": made}


def dep(r, own, upstream, fields):
    if r.random() < 0.25:
        return written(r, upstream)
    made = {"feature": written(r, upstream)}
    if r.random() < 0.3:
        made["rename"] = r.choice([None, {}, {"path": "p2"}, {"id": "key"}, {"path": "size", "size": "path"},
                                   {"path": "metaxy_data_version"}, {"path": "uid"}, {"path": "z", "size": "z"}][: r.choice([5, 5, 5, 8])])
    if r.random() < 0.4:
        renamed = set(made.get("rename") or {}) - set((made.get("rename") or {}).values())
        made["select"] = r.choice([None, [it for it in subset(r, COLUMNS) if it not in renamed]])
    if r.random() < 0.6:
        made["fields_mapping"] = mapping(r, own, fields)
    if r.random() < 0.2:
        made[r.choice(["filters", "sql_filters"])] = r.choice([None, [], ["size > 1"], ["path = 'é'", "x IS NULL"]])
    if r.random() < 0.3:
        made["lineage"] = lineage(r)
    if r.random() < 0.2:
        made["optional"] = r.random() < 0.7
    items = list(made.items())
    r.shuffle(items)
    return dict(items)


def field(r, name, upstream):
    """`upstream`: fields by feature."""
    made = {"key": written(r, name)}
    if r.random() < 0.5:
        made["code_version"] = r.choice(["1", "2", "", "é🎬", text(r)])
    chance = r.random()
    if chance < 0.1:
        made["deps"] = "__METAXY_ALL_DEP__"
    elif chance < 0.35 and upstream:
        made["deps"] = []
        for feature in subset(r, upstream) or list(upstream)[:1]:
            one = {"feature": written(r, feature)}
            if r.random() < 0.7:
                one["fields"] = r.choice([subset(r, upstream[feature]), "__METAXY_ALL_DEP__"])
            made["deps"].append(one)
        if r.random() < 0.02:
            made["deps"].append({"feature": key(r), "fields": ["nope"]})
    return name if list(made) == ["key"] and r.random() < 0.7 else made


def feature(r, name, before):
    """A spec, and the keys of its fields. `before`: fields of the features that it may depend on."""
    names = keys(r, r.choice([0, 1, 1, 2, 3, 5]) or r.randint(0, 1), 3)
    upstream = {it: before[it] for it in r.sample(list(before), min(len(before), r.choice([0, 1, 1, 2, 3])))}
    spec = {"key": written(r, name), "id_columns": r.choice([["id"], ["id", "sub"], ["uid"], ["id", "id"]])}
    if upstream or r.random() < 0.3:
        spec["deps"] = [dep(r, names, it, fields) for it, fields in upstream.items()]
        if spec["deps"] and r.random() < 0.1:
            spec["deps"].append(r.choice(spec["deps"]))
    if r.random() < 0.9:
        spec["fields"] = [field(r, it, upstream) for it in names]
    else:
        names = ["default"]
    if r.random() < 0.5:
        spec["metadata"] = {text(r): value(r) for _ in range(r.randint(0, 4))}
    if r.random() < 0.4:
        spec["description"] = r.choice([None, text(r), "Some words."])
    items = list(spec.items())
    r.shuffle(items)
    return dict(items), names


def case(r, name):
    length = r.choice([8, 8, 8, 12, 64, 80])
    MetaxyConfig.set(MetaxyConfig(hash_truncation_length=length))
    fields, features = {}, []
    for it in keys(r, r.randint(1, 9), 3):
        spec, fields[it] = feature(r, it, fields)
        schema = {"type": "object", "properties": {text(r): value(r) for _ in range(r.randint(0, 3))}}
        made = {"spec": spec, "schema": schema, "project": r.choice(["p", "p", "q", "R-1"])}
        if r.random() < 0.25:
            made["external"] = True
            if r.random() < 0.6:
                names = subset(r, fields[it]) + keys(r, 1, 1) * (r.random() < 0.2)
                made["provenance_override"] = {it: r.choice(["deadbeef", "", "é", "0" * 64]) for it in names}
        features.append(made)
    r.shuffle(features)

    graph = FeatureGraph()
    for made in features:
        if made.get("external"):
            definition = FeatureDefinition.external(
                spec=FeatureSpec.model_validate(made["spec"]), project=made["project"],
                feature_schema=made["schema"], provenance_by_field=made.get("provenance_override"), source="x")
        else:
            definition = FeatureDefinition.from_stored_data(made["spec"], made["schema"], f"m.F{id(made)}", made["project"])
        graph.add_feature_definition(definition)

    written = {"name": name, "hash_truncation_length": length, "features": features}
    try:
        for definition, made in zip(graph.feature_definitions_by_key.values(), features):
            spec = definition.spec
            by_field = graph.get_feature_version_by_field(spec.key)
            made["versions"] = [spec.code_version, spec.feature_spec_version, definition.feature_definition_version,
                                graph.get_feature_version(spec.key), *by_field.values()]
            plan = graph.get_feature_plan(spec.key)
            made["input_id_columns"] = sorted(plan.input_id_columns)
            made["upstream_id_columns"] = sorted(plan.upstream_id_columns)
            if not made.get("provenance_override"):
                parents = {it.key: plan.get_parent_fields_for_field(it.key) for it in spec.fields}
                made["parents"] = {k.to_string(): sorted(p.to_string() for p in v) for k, v in parents.items()}
            try:
                validate_column_configuration(plan)
            except ValueError as error:
                made["column_error"] = str(error).split(":")[0]
    except (KeyError, RuntimeError) as error:
        written["refused"] = type(error).__name__
        return written
    graph_keys = list(graph.feature_definitions_by_key)
    projects = {it.project for it in graph.feature_definitions_by_key.values()}
    written["project_versions"] = {it: graph.get_project_version(it) for it in sorted(projects)}
    written["topological_order"] = [it.to_string() for it in graph.topological_sort_features()]
    downstream = {it.to_string(): [d.to_string() for d in graph.get_downstream_features([it])] for it in graph_keys}
    written["downstream"] = {k: v for k, v in downstream.items() if v}
    return written


def main(seed, count):
    cases = [case(random.Random(f"{seed}-{at}"), f"random_{seed}_{at}") for at in range(count)]
    lines = ",\n".join(json.dumps(it, separators=(",", ":")) for it in cases)
    print(f'{{"graphs":[\n{lines}\n]}}')


main(int(sys.argv[1]), int(sys.argv[2]))
