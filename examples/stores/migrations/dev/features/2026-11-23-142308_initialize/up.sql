CREATE TABLE "document" (
    "document_id" TEXT NOT NULL,
    "received_at" TEXT NOT NULL,
    "sender" VARCHAR(200),
    "metaxy_provenance" TEXT NOT NULL,
    "metaxy_provenance_by_field" TEXT NOT NULL,
    "metaxy_feature_version" TEXT NOT NULL,
    "metaxy_project_version" TEXT NOT NULL,
    "metaxy_data_version" TEXT NOT NULL,
    "metaxy_data_version_by_field" TEXT NOT NULL,
    "metaxy_created_at" TEXT NOT NULL,
    "metaxy_updated_at" TEXT NOT NULL,
    "metaxy_deleted_at" TEXT,
    "metaxy_materialization_id" TEXT,
    PRIMARY KEY ("metaxy_feature_version", "document_id", "metaxy_updated_at")
);
CREATE INDEX "document_received_at_idx" ON "document" ("received_at");
