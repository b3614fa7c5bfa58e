CREATE TABLE "metaxy_system__events" (
    "project" TEXT NOT NULL,
    "execution_id" TEXT NOT NULL,
    "timestamp" TIMESTAMP NOT NULL,
    "event_type" TEXT,
    "feature_key" TEXT,
    "payload" TEXT,
    PRIMARY KEY ("project", "execution_id", "timestamp")
);
CREATE INDEX "idx_metaxy_system__events_lookup" ON "metaxy_system__events" ("project", "execution_id", "event_type");
CREATE INDEX "ix_metaxy_system__events_event_type" ON "metaxy_system__events" ("event_type");
CREATE INDEX "ix_metaxy_system__events_execution_id" ON "metaxy_system__events" ("execution_id");
CREATE INDEX "ix_metaxy_system__events_feature_key" ON "metaxy_system__events" ("feature_key");
CREATE INDEX "ix_metaxy_system__events_project" ON "metaxy_system__events" ("project");

CREATE TABLE "metaxy_system__feature_versions" (
    "project" TEXT NOT NULL,
    "feature_key" TEXT NOT NULL,
    "metaxy_definition_version" TEXT NOT NULL,
    "metaxy_feature_version" TEXT,
    "metaxy_project_version" TEXT,
    "recorded_at" TIMESTAMP,
    "feature_spec" TEXT,
    "feature_schema" TEXT,
    "feature_class_path" TEXT,
    "tags" TEXT,
    "deleted_at" TIMESTAMP,
    PRIMARY KEY ("project", "feature_key", "metaxy_definition_version")
);
CREATE INDEX "idx_metaxy_system__feature_versions_lookup" ON "metaxy_system__feature_versions" ("project", "feature_key", "metaxy_feature_version");
CREATE INDEX "ix_metaxy_system__feature_versions_feature_key" ON "metaxy_system__feature_versions" ("feature_key");
CREATE INDEX "ix_metaxy_system__feature_versions_metaxy_feature_version" ON "metaxy_system__feature_versions" ("metaxy_feature_version");
CREATE INDEX "ix_metaxy_system__feature_versions_metaxy_project_version" ON "metaxy_system__feature_versions" ("metaxy_project_version");
CREATE INDEX "ix_metaxy_system__feature_versions_project" ON "metaxy_system__feature_versions" ("project");
CREATE INDEX "ix_metaxy_system__feature_versions_recorded_at" ON "metaxy_system__feature_versions" ("recorded_at");
