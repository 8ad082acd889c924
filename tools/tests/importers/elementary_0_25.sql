-- What Elementary's dbt package 0.25.1 stored on DuckDB of one `dbt build` and one `dbt source freshness` of a small
-- project: the rows of its tables, without its own SQL and sentences.

create table dbt_invocations (
    invocation_id varchar,
    job_id varchar,
    job_name varchar,
    job_run_id varchar,
    run_started_at varchar,
    run_completed_at varchar,
    generated_at varchar,
    created_at timestamp,
    command varchar,
    dbt_version varchar,
    elementary_version varchar,
    full_refresh boolean,
    invocation_vars varchar,
    vars varchar,
    target_name varchar,
    target_database varchar,
    target_schema varchar,
    target_profile_name varchar,
    threads integer,
    selected varchar,
    yaml_selector varchar,
    project_id varchar,
    project_name varchar,
    env varchar,
    env_id varchar,
    cause_category varchar,
    cause varchar,
    pull_request_id varchar,
    git_sha varchar,
    orchestrator varchar,
    dbt_user varchar,
    job_url varchar,
    job_run_url varchar,
    account_id varchar,
    target_adapter_specific_fields varchar
);
insert into dbt_invocations (invocation_id, run_started_at, run_completed_at, generated_at, created_at, command, dbt_version, elementary_version, full_refresh, invocation_vars, vars, target_name, target_database, target_schema, target_profile_name, threads, selected, project_name, target_adapter_specific_fields) values
    ('02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:02', '2026-11-22 20:50:42', '2026-11-22 20:50:42', '2026-11-22 20:50:42.353188', 'build', '1.11.16', '0.25.1', false, '{"day": 2, "secret": "geheim"}', '{"day": 2, "secret": "geheim"}', 'prod', 'prod', 'main', 'shop', 2, '["logins"]', 'shop', ''),
    ('5d1d9e8a-7846-4f4c-92bf-c69a0f49018a', '2026-11-22 20:46:31', '2026-11-22 20:46:43', '2026-11-22 20:46:43', '2026-11-22 20:46:43.426459', 'freshness', '1.11.16', '0.25.1', false, '{}', '{"day": 1}', 'prod', 'prod', 'main', 'shop', 2, '[]', 'shop', '');

create table dbt_run_results (
    model_execution_id varchar,
    unique_id varchar,
    invocation_id varchar,
    generated_at varchar,
    created_at timestamp,
    name varchar,
    message varchar,
    status varchar,
    resource_type varchar,
    execution_time float,
    execute_started_at varchar,
    execute_completed_at varchar,
    compile_started_at varchar,
    compile_completed_at varchar,
    rows_affected bigint,
    full_refresh boolean,
    compiled_code varchar,
    failures bigint,
    query_id varchar,
    thread_id varchar,
    materialization varchar,
    adapter_response varchar,
    group_name varchar
);
insert into dbt_run_results (model_execution_id, unique_id, invocation_id, generated_at, created_at, name, message, status, resource_type, execution_time, execute_started_at, execute_completed_at, compile_started_at, compile_completed_at, full_refresh, compiled_code, failures, thread_id, materialization, adapter_response) values
    ('02bc5344-882e-4ab6-a272-33f51da8f855.model.shop.logins', 'model.shop.logins', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:39', '2026-11-22 20:50:39.387821', 'logins', 'OK', 'success', 'model', 0.653143, '2026-11-22T20:50:26.221696Z', '2026-11-22T20:50:26.856296Z', '2026-11-22T20:50:26.209648Z', '2026-11-22T20:50:26.221014Z', false, 'select i as login_id, ''person'' || (i % 5) || ''@example.com'' as email, case when i % 2 = 0 then ''web'' else ''app'' end as channel,
  date_trunc(''day'', now()::timestamp) - interval 1 day * (i // 40) + interval 1 minute * (i % 40) as logged_in_at
from range(1600) t(i) where i >= 40 and not (i // 40 = 1 and i % 40 > 3)', null, 'Thread-1 (worker)', 'table', '{"_message": "OK"}'),
    ('5d1d9e8a-7846-4f4c-92bf-c69a0f49018a.source.shop.app.events', 'source.shop.app.events', '5d1d9e8a-7846-4f4c-92bf-c69a0f49018a', '2026-11-22 20:46:42', '2026-11-22 20:46:42.664076', 'events', null, 'pass', 'source', 0.068521, '2026-11-22T20:46:40.820381Z', '2026-11-22T20:46:40.886729Z', '2026-11-22T20:46:40.819833Z', '2026-11-22T20:46:40.819843Z', false, null, null, 'Thread-1 (worker)', null, '{"_message": "OK"}'),
    ('5d1d9e8a-7846-4f4c-92bf-c69a0f49018a.source.shop.app.missing', 'source.shop.app.missing', '5d1d9e8a-7846-4f4c-92bf-c69a0f49018a', '2026-11-22 20:46:42', '2026-11-22 20:46:42.664076', 'missing', 'Runtime Error in source missing (models/models.yml)
  Catalog Error: Table with name gone does not exist!
  Did you mean "orders"?', 'runtime error', 'source', 0.082581, '2026-11-22T20:46:40.824325Z', '2026-11-22T20:46:40.878086Z', '2026-11-22T20:46:40.823815Z', '2026-11-22T20:46:40.823825Z', false, null, null, 'Thread-2 (worker)', null, '{}'),
    ('5d1d9e8a-7846-4f4c-92bf-c69a0f49018a.source.shop.app.orders', 'source.shop.app.orders', '5d1d9e8a-7846-4f4c-92bf-c69a0f49018a', '2026-11-22 20:46:42', '2026-11-22 20:46:42.664076', 'orders', null, 'error', 'source', 0.061447, '2026-11-22T20:46:40.894511Z', '2026-11-22T20:46:40.953428Z', '2026-11-22T20:46:40.893792Z', '2026-11-22T20:46:40.893807Z', false, null, null, 'Thread-1 (worker)', null, '{"_message": "OK"}'),
    ('5d1d9e8a-7846-4f4c-92bf-c69a0f49018a.source.shop.app.visits', 'source.shop.app.visits', '5d1d9e8a-7846-4f4c-92bf-c69a0f49018a', '2026-11-22 20:46:42', '2026-11-22 20:46:42.664076', 'visits', null, 'warn', 'source', 0.037582, '2026-11-22T20:46:40.927703Z', '2026-11-22T20:46:40.961596Z', '2026-11-22T20:46:40.926692Z', '2026-11-22T20:46:40.926711Z', false, null, null, 'Thread-2 (worker)', null, '{"_message": "OK"}'),
    ('02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.dims_email.c0e1a78d24', 'test.shop.dims_email.c0e1a78d24', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:39', '2026-11-22 20:50:39.387821', 'dims_email', 'Got 4 results, configured to fail if != 0', 'fail', 'test', 5.894482, '2026-11-22T20:50:32.538481Z', '2026-11-22T20:50:32.740785Z', '2026-11-22T20:50:26.868038Z', '2026-11-22T20:50:32.537719Z', false, null, 4, 'Thread-2 (worker)', 'test', '{"_message": "OK"}'),
    ('02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.elementary_column_anomalies_logins_null_count__max_length__email__logged_in_at.ea0173514a', 'test.shop.elementary_column_anomalies_logins_null_count__max_length__email__logged_in_at.ea0173514a', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:39', '2026-11-22 20:50:39.387821', 'elementary_column_anomalies_logins_null_count__max_length__email__logged_in_at', null, 'pass', 'test', 5.89474, '2026-11-22T20:50:32.322917Z', '2026-11-22T20:50:32.750884Z', '2026-11-22T20:50:26.883657Z', '2026-11-22T20:50:32.322089Z', false, null, 0, 'Thread-1 (worker)', 'test', '{"_message": "OK"}'),
    ('02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.elementary_dimension_anomalies_logins_channel__logged_in_at.7c58a98486', 'test.shop.elementary_dimension_anomalies_logins_channel__logged_in_at.7c58a98486', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:39', '2026-11-22 20:50:39.387821', 'elementary_dimension_anomalies_logins_channel__logged_in_at', 'Got 2 results, configured to fail if != 0', 'fail', 'test', 2.226418, '2026-11-22T20:50:34.791892Z', '2026-11-22T20:50:34.990246Z', '2026-11-22T20:50:32.782047Z', '2026-11-22T20:50:34.790984Z', false, null, 2, 'Thread-2 (worker)', 'test', '{"_message": "OK"}'),
    ('02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.elementary_schema_changes_logins_.906ca9d2f4', 'test.shop.elementary_schema_changes_logins_.906ca9d2f4', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:39', '2026-11-22 20:50:39.387821', 'elementary_schema_changes_logins_', null, 'pass', 'test', 1.187073, '2026-11-22T20:50:33.810993Z', '2026-11-22T20:50:33.968322Z', '2026-11-22T20:50:32.820146Z', '2026-11-22T20:50:33.809776Z', false, null, 0, 'Thread-1 (worker)', 'test', '{"_message": "OK"}'),
    ('02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.elementary_volume_anomalies_logins_logged_in_at.b271b643e8', 'test.shop.elementary_volume_anomalies_logins_logged_in_at.b271b643e8', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:39', '2026-11-22 20:50:39.387821', 'elementary_volume_anomalies_logins_logged_in_at', 'Got 1 result, configured to fail if != 0', 'fail', 'test', 1.896898, '2026-11-22T20:50:35.742490Z', '2026-11-22T20:50:35.876440Z', '2026-11-22T20:50:34.000519Z', '2026-11-22T20:50:35.741435Z', false, null, 1, 'Thread-1 (worker)', 'test', '{"_message": "OK"}'),
    ('02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.unique_logins_email.fc7c327644', 'test.shop.unique_logins_email.fc7c327644', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:39', '2026-11-22 20:50:39.387821', 'unique_logins_email', 'Got 5 results, configured to fail if != 0', 'fail', 'test', 0.923879, '2026-11-22T20:50:35.139979Z', '2026-11-22T20:50:35.940261Z', '2026-11-22T20:50:35.020233Z', '2026-11-22T20:50:35.139066Z', false, 'select
    email as unique_field,
    count(*) as n_records

from "prod"."main"."logins"
where email is not null
group by email
having count(*) > 1', 5, 'Thread-2 (worker)', 'test', '{"_message": "OK"}');

create table elementary_test_results (
    id varchar,
    data_issue_id varchar,
    test_execution_id varchar,
    test_unique_id varchar,
    model_unique_id varchar,
    invocation_id varchar,
    detected_at timestamp,
    created_at timestamp,
    database_name varchar,
    schema_name varchar,
    table_name varchar,
    column_name varchar,
    test_type varchar,
    test_sub_type varchar,
    test_results_description varchar,
    owners varchar,
    tags varchar,
    test_results_query varchar,
    other varchar,
    test_name varchar,
    test_params varchar,
    severity varchar,
    status varchar,
    failures bigint,
    test_short_name varchar,
    test_alias varchar,
    result_rows varchar,
    failed_row_count bigint
);
insert into elementary_test_results (id, data_issue_id, test_execution_id, test_unique_id, model_unique_id, invocation_id, detected_at, created_at, database_name, schema_name, table_name, column_name, test_type, test_sub_type, owners, tags, test_name, severity, status, failures, test_short_name, test_alias, failed_row_count) values
    ('02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.elementary_schema_changes_logins_.906ca9d2f4', null, '02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.elementary_schema_changes_logins_.906ca9d2f4', 'test.shop.elementary_schema_changes_logins_.906ca9d2f4', 'model.shop.logins', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:40', '2026-11-22 20:50:41.859463', 'prod', 'main', 'logins', null, 'schema_change', 'generic', '[]', '["elementary-tests"]', 'elementary_schema_changes_logins_', 'ERROR', 'pass', 0, 'schema_changes', 'elementary_schema_changes_logins_', null),
    ('02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.unique_logins_email.fc7c327644', null, '02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.unique_logins_email.fc7c327644', 'test.shop.unique_logins_email.fc7c327644', 'model.shop.logins', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:35', '2026-11-22 20:50:41.859463', 'prod', 'main', 'logins', 'email', 'dbt_test', 'generic', '[]', '["pii"]', 'unique_logins_email', 'ERROR', 'fail', 5, 'unique', 'unique_logins_email', 1524),
    ('08760a2cdaede24f2d66f240d5c2b46d', '8d36a1f281818031b8ee8ea9c278f6e4', '02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.elementary_dimension_anomalies_logins_channel__logged_in_at.7c58a98486', 'test.shop.elementary_dimension_anomalies_logins_channel__logged_in_at.7c58a98486', 'model.shop.logins', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:33', '2026-11-22 20:50:41.859463', 'prod', 'main', 'logins', null, 'anomaly_detection', 'dimension', '[]', '["elementary-tests"]', 'elementary_dimension_anomalies_logins_channel__logged_in_at', 'ERROR', 'fail', 2, 'dimension_anomalies', 'elementary_dimension_anomalies_logins_channel__logged_in_at', null),
    ('b026386e6e8660dfb9586877c89a2591', '1e3829fa21f339f0262df29116e869c0', '02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.elementary_volume_anomalies_logins_logged_in_at.b271b643e8', 'test.shop.elementary_volume_anomalies_logins_logged_in_at.b271b643e8', 'model.shop.logins', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:35', '2026-11-22 20:50:41.859463', 'prod', 'main', 'logins', null, 'anomaly_detection', 'row_count', '[]', '["elementary-tests"]', 'elementary_volume_anomalies_logins_logged_in_at', 'ERROR', 'fail', 1, 'volume_anomalies', 'elementary_volume_anomalies_logins_logged_in_at', null),
    ('c037cbe23b1ed27d34d4db9b97cdaadb', '911770caf20c9fafd88bd90af84d7be6', '02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.elementary_column_anomalies_logins_null_count__max_length__email__logged_in_at.ea0173514a', 'test.shop.elementary_column_anomalies_logins_null_count__max_length__email__logged_in_at.ea0173514a', 'model.shop.logins', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:30', '2026-11-22 20:50:41.859463', 'prod', 'main', 'logins', 'email', 'anomaly_detection', 'null_count', '[]', '["elementary-tests", "pii"]', 'elementary_column_anomalies_logins_null_count__max_length__email__logged_in_at', 'ERROR', 'pass', 0, 'column_anomalies', 'elementary_column_anomalies_lo_ae0c6ce9af4a559f99808be646317cce', null),
    ('f19d1d2c50a07309e3cd56190d4b585c', '0b770da256c0999c732cd50915a48417', '02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.elementary_column_anomalies_logins_null_count__max_length__email__logged_in_at.ea0173514a', 'test.shop.elementary_column_anomalies_logins_null_count__max_length__email__logged_in_at.ea0173514a', 'model.shop.logins', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:30', '2026-11-22 20:50:41.859463', 'prod', 'main', 'logins', 'email', 'anomaly_detection', 'max_length', '[]', '["elementary-tests", "pii"]', 'elementary_column_anomalies_logins_null_count__max_length__email__logged_in_at', 'ERROR', 'pass', 0, 'column_anomalies', 'elementary_column_anomalies_lo_ae0c6ce9af4a559f99808be646317cce', null),
    ('f6f4b923a1409a33696bac746ca9edae', '6e924b4e0a39dba30d53f82f02371683', '02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.dims_email.c0e1a78d24', 'test.shop.dims_email.c0e1a78d24', 'model.shop.logins', '02bc5344-882e-4ab6-a272-33f51da8f855', '2026-11-22 20:50:30', '2026-11-22 20:50:41.859463', 'prod', 'main', 'logins', null, 'anomaly_detection', 'dimension', '[]', '["elementary-tests"]', 'dims_email', 'ERROR', 'fail', 4, 'dimension_anomalies', 'dims_email', null);

create table test_result_rows (
    elementary_test_results_id varchar,
    result_row varchar,
    detected_at timestamp,
    created_at timestamp,
    row_index integer,
    test_type varchar
);
insert into test_result_rows (elementary_test_results_id, result_row, detected_at, created_at, row_index, test_type) values
    ('02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.unique_logins_email.fc7c327644', '{"unique_field": "person0@example.com", "n_records": 305}', '2026-11-22 20:50:35', '2026-11-22 20:50:40.219882', 2, 'dbt_test'),
    ('02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.unique_logins_email.fc7c327644', '{"unique_field": "person1@example.com", "n_records": 305}', '2026-11-22 20:50:35', '2026-11-22 20:50:40.219882', 3, 'dbt_test'),
    ('02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.unique_logins_email.fc7c327644', '{"unique_field": "person2@example.com", "n_records": 305}', '2026-11-22 20:50:35', '2026-11-22 20:50:40.219882', 4, 'dbt_test'),
    ('02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.unique_logins_email.fc7c327644', '{"unique_field": "person3@example.com", "n_records": 305}', '2026-11-22 20:50:35', '2026-11-22 20:50:40.219882', 1, 'dbt_test'),
    ('02bc5344-882e-4ab6-a272-33f51da8f855.test.shop.unique_logins_email.fc7c327644', '{"unique_field": "person4@example.com", "n_records": 304}', '2026-11-22 20:50:35', '2026-11-22 20:50:40.219882', 5, 'dbt_test'),
    ('08760a2cdaede24f2d66f240d5c2b46d', '{"detected_at": "2026-11-22T20:50:33.500149", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "dimension", "anomaly_score": -3.474396144861517, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-21T00:00:00", "bucket_end": "2026-11-22T00:00:00", "metric_value": 2, "min_metric_value": 4.282178651014799, "max_metric_value": 33.14639277755663, "training_avg": 18.714285714285715, "training_stddev": 4.810702354423639, "training_set_size": 14, "dimension": "channel", "dimension_value": "web", "is_anomalous": true}', '2026-11-22 20:50:33', '2026-11-22 20:50:40.219882', 26, 'anomaly_detection'),
    ('08760a2cdaede24f2d66f240d5c2b46d', '{"detected_at": "2026-11-22T20:50:33.500149", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "dimension", "anomaly_score": -3.474396144861517, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-21T00:00:00", "bucket_end": "2026-11-22T00:00:00", "metric_value": 2, "min_metric_value": 4.282178651014799, "max_metric_value": 33.14639277755663, "training_avg": 18.714285714285715, "training_stddev": 4.810702354423639, "training_set_size": 14, "dimension": "channel", "dimension_value": "app", "is_anomalous": true}', '2026-11-22 20:50:33', '2026-11-22 20:50:40.219882', 13, 'anomaly_detection'),
    ('08760a2cdaede24f2d66f240d5c2b46d', '{"detected_at": "2026-11-22T20:50:33.500149", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "dimension", "anomaly_score": 0, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-20T00:00:00", "bucket_end": "2026-11-21T00:00:00", "metric_value": 20.0, "min_metric_value": 20.0, "max_metric_value": 20.0, "training_avg": 20.0, "training_stddev": 0, "training_set_size": 13, "dimension": "channel", "dimension_value": "web", "is_anomalous": false}', '2026-11-22 20:50:33', '2026-11-22 20:50:40.219882', 25, 'anomaly_detection'),
    ('08760a2cdaede24f2d66f240d5c2b46d', '{"detected_at": "2026-11-22T20:50:33.500149", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "dimension", "anomaly_score": 0, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-20T00:00:00", "bucket_end": "2026-11-21T00:00:00", "metric_value": 20.0, "min_metric_value": 20.0, "max_metric_value": 20.0, "training_avg": 20.0, "training_stddev": 0, "training_set_size": 13, "dimension": "channel", "dimension_value": "app", "is_anomalous": false}', '2026-11-22 20:50:33', '2026-11-22 20:50:40.219882', 12, 'anomaly_detection'),
    ('b026386e6e8660dfb9586877c89a2591', '{"detected_at": "2026-11-22T20:50:35.009524", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "row_count", "anomaly_score": -3.474396144861517, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-21T00:00:00", "bucket_end": "2026-11-22T00:00:00", "metric_value": 4, "min_metric_value": 8.564357302029599, "max_metric_value": 66.29278555511326, "training_avg": 37.42857142857143, "training_stddev": 9.621404708847278, "training_set_size": 14, "dimension": null, "dimension_value": null, "is_anomalous": true}', '2026-11-22 20:50:35', '2026-11-22 20:50:40.219882', 13, 'anomaly_detection'),
    ('b026386e6e8660dfb9586877c89a2591', '{"detected_at": "2026-11-22T20:50:35.009524", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "row_count", "anomaly_score": 0, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-20T00:00:00", "bucket_end": "2026-11-21T00:00:00", "metric_value": 40.0, "min_metric_value": 40.0, "max_metric_value": 40.0, "training_avg": 40.0, "training_stddev": 0, "training_set_size": 13, "dimension": null, "dimension_value": null, "is_anomalous": false}', '2026-11-22 20:50:35', '2026-11-22 20:50:40.219882', 12, 'anomaly_detection'),
    ('c037cbe23b1ed27d34d4db9b97cdaadb', '{"detected_at": "2026-11-22T20:50:29.537801", "full_table_name": "PROD.MAIN.LOGINS", "column_name": "email", "metric_name": "null_count", "anomaly_score": 0, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-20T00:00:00", "bucket_end": "2026-11-21T00:00:00", "metric_value": 0, "min_metric_value": 0, "max_metric_value": 0, "training_avg": 0, "training_stddev": 0, "training_set_size": 13, "dimension": null, "dimension_value": null, "is_anomalous": false}', '2026-11-22 20:50:30', '2026-11-22 20:50:40.219882', 12, 'anomaly_detection'),
    ('c037cbe23b1ed27d34d4db9b97cdaadb', '{"detected_at": "2026-11-22T20:50:29.537801", "full_table_name": "PROD.MAIN.LOGINS", "column_name": "email", "metric_name": "null_count", "anomaly_score": 0, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-21T00:00:00", "bucket_end": "2026-11-22T00:00:00", "metric_value": 0, "min_metric_value": 0, "max_metric_value": 0, "training_avg": 0, "training_stddev": 0, "training_set_size": 14, "dimension": null, "dimension_value": null, "is_anomalous": false}', '2026-11-22 20:50:30', '2026-11-22 20:50:40.219882', 13, 'anomaly_detection'),
    ('f19d1d2c50a07309e3cd56190d4b585c', '{"detected_at": "2026-11-22T20:50:29.537801", "full_table_name": "PROD.MAIN.LOGINS", "column_name": "email", "metric_name": "max_length", "anomaly_score": 0, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-20T00:00:00", "bucket_end": "2026-11-21T00:00:00", "metric_value": 19, "min_metric_value": 19, "max_metric_value": 19, "training_avg": 19, "training_stddev": 0, "training_set_size": 13, "dimension": null, "dimension_value": null, "is_anomalous": false}', '2026-11-22 20:50:30', '2026-11-22 20:50:40.219882', 12, 'anomaly_detection'),
    ('f19d1d2c50a07309e3cd56190d4b585c', '{"detected_at": "2026-11-22T20:50:29.537801", "full_table_name": "PROD.MAIN.LOGINS", "column_name": "email", "metric_name": "max_length", "anomaly_score": 0, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-21T00:00:00", "bucket_end": "2026-11-22T00:00:00", "metric_value": 19, "min_metric_value": 19, "max_metric_value": 19, "training_avg": 19, "training_stddev": 0, "training_set_size": 14, "dimension": null, "dimension_value": null, "is_anomalous": false}', '2026-11-22 20:50:30', '2026-11-22 20:50:40.219882', 13, 'anomaly_detection'),
    ('f6f4b923a1409a33696bac746ca9edae', '{"detected_at": "2026-11-22T20:50:29.546278", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "dimension", "anomaly_score": -3.474396144861517, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-21T00:00:00", "bucket_end": "2026-11-22T00:00:00", "metric_value": 1, "min_metric_value": 1.8875139198390878, "max_metric_value": 13.112486080160913, "training_avg": 7.5, "training_stddev": 1.8708286933869707, "training_set_size": 14, "dimension": "email", "dimension_value": "person0@example.com", "is_anomalous": true}', '2026-11-22 20:50:30', '2026-11-22 20:50:40.219882', 26, 'anomaly_detection'),
    ('f6f4b923a1409a33696bac746ca9edae', '{"detected_at": "2026-11-22T20:50:29.546278", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "dimension", "anomaly_score": -3.474396144861517, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-21T00:00:00", "bucket_end": "2026-11-22T00:00:00", "metric_value": 1, "min_metric_value": 1.8875139198390878, "max_metric_value": 13.112486080160913, "training_avg": 7.5, "training_stddev": 1.8708286933869707, "training_set_size": 14, "dimension": "email", "dimension_value": "person1@example.com", "is_anomalous": true}', '2026-11-22 20:50:30', '2026-11-22 20:50:40.219882', 39, 'anomaly_detection'),
    ('f6f4b923a1409a33696bac746ca9edae', '{"detected_at": "2026-11-22T20:50:29.546278", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "dimension", "anomaly_score": -3.474396144861517, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-21T00:00:00", "bucket_end": "2026-11-22T00:00:00", "metric_value": 1, "min_metric_value": 1.8875139198390878, "max_metric_value": 13.112486080160913, "training_avg": 7.5, "training_stddev": 1.8708286933869707, "training_set_size": 14, "dimension": "email", "dimension_value": "person3@example.com", "is_anomalous": true}', '2026-11-22 20:50:30', '2026-11-22 20:50:40.219882', 13, 'anomaly_detection'),
    ('f6f4b923a1409a33696bac746ca9edae', '{"detected_at": "2026-11-22T20:50:29.546278", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "dimension", "anomaly_score": -3.474396144861517, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-21T00:00:00", "bucket_end": "2026-11-22T00:00:00", "metric_value": 1, "min_metric_value": 1.8875139198390878, "max_metric_value": 13.112486080160913, "training_avg": 7.5, "training_stddev": 1.8708286933869707, "training_set_size": 14, "dimension": "email", "dimension_value": "person2@example.com", "is_anomalous": true}', '2026-11-22 20:50:30', '2026-11-22 20:50:40.219882', 52, 'anomaly_detection'),
    ('f6f4b923a1409a33696bac746ca9edae', '{"detected_at": "2026-11-22T20:50:29.546278", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "dimension", "anomaly_score": 0, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-20T00:00:00", "bucket_end": "2026-11-21T00:00:00", "metric_value": 8, "min_metric_value": 8, "max_metric_value": 8, "training_avg": 8, "training_stddev": 0, "training_set_size": 13, "dimension": "email", "dimension_value": "person1@example.com", "is_anomalous": false}', '2026-11-22 20:50:30', '2026-11-22 20:50:40.219882', 38, 'anomaly_detection'),
    ('f6f4b923a1409a33696bac746ca9edae', '{"detected_at": "2026-11-22T20:50:29.546278", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "dimension", "anomaly_score": 0, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-20T00:00:00", "bucket_end": "2026-11-21T00:00:00", "metric_value": 8, "min_metric_value": 8, "max_metric_value": 8, "training_avg": 8, "training_stddev": 0, "training_set_size": 13, "dimension": "email", "dimension_value": "person2@example.com", "is_anomalous": false}', '2026-11-22 20:50:30', '2026-11-22 20:50:40.219882', 51, 'anomaly_detection'),
    ('f6f4b923a1409a33696bac746ca9edae', '{"detected_at": "2026-11-22T20:50:29.546278", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "dimension", "anomaly_score": 0, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-20T00:00:00", "bucket_end": "2026-11-21T00:00:00", "metric_value": 8, "min_metric_value": 8, "max_metric_value": 8, "training_avg": 8, "training_stddev": 0, "training_set_size": 13, "dimension": "email", "dimension_value": "person0@example.com", "is_anomalous": false}', '2026-11-22 20:50:30', '2026-11-22 20:50:40.219882', 25, 'anomaly_detection'),
    ('f6f4b923a1409a33696bac746ca9edae', '{"detected_at": "2026-11-22T20:50:29.546278", "full_table_name": "PROD.MAIN.LOGINS", "column_name": null, "metric_name": "dimension", "anomaly_score": 0, "anomaly_score_threshold": 3, "anomalous_value": null, "bucket_start": "2026-11-20T00:00:00", "bucket_end": "2026-11-21T00:00:00", "metric_value": 8, "min_metric_value": 8, "max_metric_value": 8, "training_avg": 8, "training_stddev": 0, "training_set_size": 13, "dimension": "email", "dimension_value": "person3@example.com", "is_anomalous": false}', '2026-11-22 20:50:30', '2026-11-22 20:50:40.219882', 12, 'anomaly_detection');

create table dbt_source_freshness_results (
    source_freshness_execution_id varchar,
    unique_id varchar,
    max_loaded_at varchar,
    snapshotted_at varchar,
    generated_at varchar,
    created_at timestamp,
    max_loaded_at_time_ago_in_s float,
    status varchar,
    error varchar,
    compile_started_at varchar,
    compile_completed_at varchar,
    execute_started_at varchar,
    execute_completed_at varchar,
    invocation_id varchar,
    warn_after varchar,
    error_after varchar,
    filter varchar
);
insert into dbt_source_freshness_results (source_freshness_execution_id, unique_id, max_loaded_at, snapshotted_at, generated_at, created_at, max_loaded_at_time_ago_in_s, status, error, compile_started_at, compile_completed_at, execute_started_at, execute_completed_at, invocation_id, warn_after, error_after) values
    ('5d1d9e8a-7846-4f4c-92bf-c69a0f49018a.source.shop.app.events', 'source.shop.app.events', '2026-11-22T20:46:40.717409+00:00', '2026-11-22T20:46:40.870963+00:00', '2026-11-22 20:46:43', '2026-11-22 20:46:43.046822', 0.153554, 'pass', null, '2026-11-22T20:46:40.819833Z', '2026-11-22T20:46:40.819843Z', '2026-11-22T20:46:40.820381Z', '2026-11-22T20:46:40.886729Z', '5d1d9e8a-7846-4f4c-92bf-c69a0f49018a', '{"count": 1, "period": "day"}', '{"count": 3, "period": "day"}'),
    ('5d1d9e8a-7846-4f4c-92bf-c69a0f49018a.source.shop.app.missing', 'source.shop.app.missing', null, null, '2026-11-22 20:46:43', '2026-11-22 20:46:43.046822', null, 'runtime error', 'Runtime Error in source missing (models/models.yml)
  Catalog Error: Table with name gone does not exist!
  Did you mean "orders"?', null, null, null, null, '5d1d9e8a-7846-4f4c-92bf-c69a0f49018a', null, null),
    ('5d1d9e8a-7846-4f4c-92bf-c69a0f49018a.source.shop.app.orders', 'source.shop.app.orders', '2026-11-13T20:46:40.763294+00:00', '2026-11-22T20:46:40.933248+00:00', '2026-11-22 20:46:43', '2026-11-22 20:46:43.046822', 777600.1875, 'error', null, '2026-11-22T20:46:40.893792Z', '2026-11-22T20:46:40.893807Z', '2026-11-22T20:46:40.894511Z', '2026-11-22T20:46:40.953428Z', '5d1d9e8a-7846-4f4c-92bf-c69a0f49018a', '{"count": 1, "period": "day"}', '{"count": 3, "period": "day"}'),
    ('5d1d9e8a-7846-4f4c-92bf-c69a0f49018a.source.shop.app.visits', 'source.shop.app.visits', '2026-11-21T14:46:40.734233+00:00', '2026-11-22T20:46:40.953047+00:00', '2026-11-22 20:46:43', '2026-11-22 20:46:43.046822', 108000.21875, 'warn', null, '2026-11-22T20:46:40.926692Z', '2026-11-22T20:46:40.926711Z', '2026-11-22T20:46:40.927703Z', '2026-11-22T20:46:40.961596Z', '5d1d9e8a-7846-4f4c-92bf-c69a0f49018a', '{"count": 1, "period": "day"}', '{"count": 3, "period": "day"}');
