CREATE TABLE metaxy_system__events (
	project VARCHAR NOT NULL,
	execution_id VARCHAR NOT NULL,
	timestamp TIMESTAMP WITHOUT TIME ZONE NOT NULL,
	event_type VARCHAR,
	feature_key VARCHAR,
	payload VARCHAR,
	PRIMARY KEY (project, execution_id, timestamp)
);
CREATE INDEX idx_metaxy_system__events_lookup ON metaxy_system__events (project, execution_id, event_type);
CREATE INDEX ix_metaxy_system__events_event_type ON metaxy_system__events (event_type);
CREATE INDEX ix_metaxy_system__events_execution_id ON metaxy_system__events (execution_id);
CREATE INDEX ix_metaxy_system__events_feature_key ON metaxy_system__events (feature_key);
CREATE INDEX ix_metaxy_system__events_project ON metaxy_system__events (project);
CREATE TABLE metaxy_system__feature_versions (
	project VARCHAR NOT NULL,
	feature_key VARCHAR NOT NULL,
	metaxy_definition_version VARCHAR NOT NULL,
	metaxy_feature_version VARCHAR,
	metaxy_project_version VARCHAR,
	recorded_at TIMESTAMP WITHOUT TIME ZONE,
	feature_spec VARCHAR,
	feature_schema VARCHAR,
	feature_class_path VARCHAR,
	tags VARCHAR,
	deleted_at TIMESTAMP WITHOUT TIME ZONE,
	PRIMARY KEY (project, feature_key, metaxy_definition_version)
);
CREATE INDEX idx_metaxy_system__feature_versions_lookup ON metaxy_system__feature_versions (project, feature_key, metaxy_feature_version);
CREATE INDEX ix_metaxy_system__feature_versions_feature_key ON metaxy_system__feature_versions (feature_key);
CREATE INDEX ix_metaxy_system__feature_versions_metaxy_feature_version ON metaxy_system__feature_versions (metaxy_feature_version);
CREATE INDEX ix_metaxy_system__feature_versions_metaxy_project_version ON metaxy_system__feature_versions (metaxy_project_version);
CREATE INDEX ix_metaxy_system__feature_versions_project ON metaxy_system__feature_versions (project);
CREATE INDEX ix_metaxy_system__feature_versions_recorded_at ON metaxy_system__feature_versions (recorded_at);
CREATE TABLE myproject_metaxy_system__events (
	project VARCHAR NOT NULL,
	execution_id VARCHAR NOT NULL,
	timestamp TIMESTAMP WITHOUT TIME ZONE NOT NULL,
	event_type VARCHAR,
	feature_key VARCHAR,
	payload VARCHAR,
	PRIMARY KEY (project, execution_id, timestamp)
);
CREATE INDEX idx_myproject_metaxy_system__events_lookup ON myproject_metaxy_system__events (project, execution_id, event_type);
CREATE INDEX ix_myproject_metaxy_system__events_event_type ON myproject_metaxy_system__events (event_type);
CREATE INDEX ix_myproject_metaxy_system__events_execution_id ON myproject_metaxy_system__events (execution_id);
CREATE INDEX ix_myproject_metaxy_system__events_feature_key ON myproject_metaxy_system__events (feature_key);
CREATE INDEX ix_myproject_metaxy_system__events_project ON myproject_metaxy_system__events (project);
CREATE TABLE myproject_metaxy_system__feature_versions (
	project VARCHAR NOT NULL,
	feature_key VARCHAR NOT NULL,
	metaxy_definition_version VARCHAR NOT NULL,
	metaxy_feature_version VARCHAR,
	metaxy_project_version VARCHAR,
	recorded_at TIMESTAMP WITHOUT TIME ZONE,
	feature_spec VARCHAR,
	feature_schema VARCHAR,
	feature_class_path VARCHAR,
	tags VARCHAR,
	deleted_at TIMESTAMP WITHOUT TIME ZONE,
	PRIMARY KEY (project, feature_key, metaxy_definition_version)
);
CREATE INDEX idx_myproject_metaxy_system__feature_versions_lookup ON myproject_metaxy_system__feature_versions (project, feature_key, metaxy_feature_version);
CREATE INDEX ix_myproject_metaxy_system__feature_versions_feature_key ON myproject_metaxy_system__feature_versions (feature_key);
CREATE INDEX ix_myproject_metaxy_system__feature_versions_metaxy_fea_f153 ON myproject_metaxy_system__feature_versions (metaxy_feature_version);
CREATE INDEX ix_myproject_metaxy_system__feature_versions_metaxy_pro_3901 ON myproject_metaxy_system__feature_versions (metaxy_project_version);
CREATE INDEX ix_myproject_metaxy_system__feature_versions_project ON myproject_metaxy_system__feature_versions (project);
CREATE INDEX ix_myproject_metaxy_system__feature_versions_recorded_at ON myproject_metaxy_system__feature_versions (recorded_at);
