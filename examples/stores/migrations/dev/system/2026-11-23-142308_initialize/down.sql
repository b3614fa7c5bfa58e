-- Drops all rows of metaxy_system__feature_versions.
DROP TABLE "metaxy_system__feature_versions";

-- Drops all rows of metaxy_system__events.
DROP TABLE "metaxy_system__events";
