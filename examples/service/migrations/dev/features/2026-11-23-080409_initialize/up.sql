CREATE TABLE "video__crop" (
    "video_id" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "side" INTEGER NOT NULL,
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
    PRIMARY KEY ("metaxy_feature_version", "video_id", "metaxy_updated_at")
);

CREATE TABLE "video__faces" (
    "video_id" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
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
    PRIMARY KEY ("metaxy_feature_version", "video_id", "metaxy_updated_at")
);

CREATE TABLE "video__raw" (
    "video_id" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "duration" DOUBLE NOT NULL,
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
    PRIMARY KEY ("metaxy_feature_version", "video_id", "metaxy_updated_at")
);
CREATE INDEX "video__raw_duration_idx" ON "video__raw" ("duration");

CREATE TABLE "video__speech" (
    "video_id" TEXT NOT NULL,
    "transcript" TEXT NOT NULL,
    "language" TEXT,
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
    PRIMARY KEY ("metaxy_feature_version", "video_id", "metaxy_updated_at")
);
