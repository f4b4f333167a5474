// SPDX-License-Identifier: Apache-2.0

/// What a highly available cluster's parameters are when the spec says nothing else of them.
///
/// None of them needs a restart on a new cluster: it starts with them.
enum ParameterDefaults {
  static let cluster: [String: String] = [
    // An acknowledged commit is on disk in three zones. Off, a failover may lose it.
    "synchronous_commit": "on",
    // Clear text is allowed unless this is set.
    "rds.force_ssl": "1",
    "ssl_min_protocol_version": "TLSv1.2",
    // The Data API logs in with nothing else.
    "password_encryption": "scram-sha-256",
    "rds.accepted_password_auth_method": "scram",
    // A session that a failover or a drain has cut off must not hold its locks for a day.
    "idle_in_transaction_session_timeout": "60000",
    // A client that is gone without a word is noticed in 25 seconds.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    // ... and its query does not run on for nobody.
    "client_connection_check_interval": "5000",
    // What auditors and the reader of a post-mortem ask for.
    "log_connections": "1",
    "log_disconnections": "1",
    "log_lock_waits": "1",
    "log_min_duration_statement": "1000",
    "log_statement": "ddl",
    "shared_preload_libraries": "pg_stat_statements,pgaudit",
    "pgaudit.log": "ddl,role,write",
    "pgaudit.role": "rds_pgaudit",
    // When a transaction of unknown outcome was committed.
    "track_commit_timestamp": "1",
  ]
}
