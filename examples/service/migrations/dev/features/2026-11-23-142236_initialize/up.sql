CREATE TABLE "photo" (
    "photo_id" TEXT NOT NULL,
    "path" TEXT NOT NULL,
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
    PRIMARY KEY ("metaxy_feature_version", "photo_id", "metaxy_updated_at")
);
CREATE INDEX "photo_path_idx" ON "photo" ("path");
