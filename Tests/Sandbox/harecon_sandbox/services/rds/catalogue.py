# SPDX-License-Identifier: Apache-2.0
"""What RDS knows about Aurora PostgreSQL 15: engine versions, instance classes, parameters, certificates.

The parameter table is an excerpt of the some 400 of AWS, wide enough for every parameter an HA stack sets or a person
would try next.  Columns: scope (c: cluster group only, b: cluster and instance group), name, apply type, data type,
modifiable, value that RDS itself sets (Source ``system``) or the engine's default ("-": none shown), allowed values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ENGINE = "aurora-postgresql"
FAMILIES = ("aurora-postgresql14", "aurora-postgresql15", "aurora-postgresql16")
VERSIONS = (
    "14.13",
    "15.3",
    "15.4",
    "15.5",
    "15.6",
    "15.7",
    "15.8",
    "15.10",
    "15.12",
    "15.13",
    "15.14",
    "15.15",
    "16.6",
    "16.8",
)
LTS_VERSIONS = frozenset({"15.10", "16.8"})
DEFAULT_VERSION = "15.10"
LOG_TYPES = ("iam-db-auth-error", "instance", "postgresql")
CA_CERTIFICATES = ("rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1")
DEFAULT_CA = "rds-ca-rsa2048-g1"
INSTANCE_CLASSES = (
    "db.serverless",
    "db.t3.medium",
    "db.t4g.medium",
    "db.t4g.large",
    "db.r6g.large",
    "db.r6g.xlarge",
    "db.r6g.2xlarge",
    "db.r6i.large",
    "db.r6i.xlarge",
    "db.r7g.large",
    "db.r7g.xlarge",
    "db.r7g.2xlarge",
    "db.r8g.large",
    "db.r8g.xlarge",
)


def version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def major(version: str) -> str:
    return version.split(".", maxsplit=1)[0]


def family_of(version: str) -> str:
    return f"{ENGINE}{major(version)}"


def supports_zero_capacity(version: str) -> bool:
    """Auto-pause, and with it a minimum of 0 ACU, came with 14.12, 15.7 and 16.3."""
    first = {"14": (14, 12), "15": (15, 7), "16": (16, 3)}[major(version)]
    return version_key(version) >= first


def supports_data_api(version: str) -> bool:
    first = {"14": (14, 8), "15": (15, 3), "16": (16, 1)}[major(version)]
    return version_key(version) >= first


@dataclass(frozen=True)
class Parameter:
    name: str
    cluster_only: bool
    apply_type: str
    data_type: str
    modifiable: bool
    value: str | None
    source: str
    allowed: str | None

    def accepts(self, value: str) -> bool:
        """Whether RDS takes the value.  Numbers may also be formulas of the instance class's memory."""
        if self.allowed is None:
            return True
        if self.data_type in ("integer", "float") and re.fullmatch(
            r"(LEAST|GREATEST|SUM)\(.*\)|\{[A-Za-z0-9/*+\-. ]+\}", value
        ):
            return True
        if self.data_type == "list":
            return all(part.strip() in self.allowed.split(",") for part in value.split(","))
        for choice in self.allowed.split(","):
            if choice == value:
                return True
            bounds = re.fullmatch(r"(-?\d+(?:\.\d+)?)-(-?\d+(?:\.\d+)?)", choice)
            if bounds and re.fullmatch(r"-?\d+(\.\d+)?", value):
                if self.data_type == "integer" and "." in value:
                    return False
                if float(bounds[1]) <= float(value) <= float(bounds[2]):
                    return True
        return False


_INT = "0-2147483647"
_MINUS = "-1-2147483647"
_LEVELS = "debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic"
_LIBRARIES = (
    "auto_explain,orafce,pgaudit,pglogical,pg_bigm,pg_cron,pg_hint_plan,pg_prewarm,pg_similarity,"
    "pg_stat_statements,pg_tle,plprofiler,plrust"
)
_CIPHERS = (
    "ECDHE-RSA-AES128-GCM-SHA256,ECDHE-RSA-AES256-GCM-SHA384,ECDHE-ECDSA-AES256-GCM-SHA384,ECDHE-RSA-CHACHA20-POLY1305"
)
_EXTENSIONS = "address_standardizer,amcheck,apg_plan_mgmt,aws_commons,aws_lambda,aws_s3,pgaudit,pg_stat_statements"
_AUDITED = "ddl,function,misc,read,role,write,none,all,-ddl,-function,-misc,-read,-role,-write"
_FORCED_LEVELS = "debug5,debug4,debug3,debug2,debug1,log,info,notice,warning,error,disabled"
_CLIENT_LEVELS = "debug5,debug4,debug3,debug2,debug1,log,notice,warning,error"
_ISOLATION = "serializable,repeatable read,read committed,read uncommitted"

_COST_LIMIT = "GREATEST({log(DBInstanceClassMemory/21474836480)*600},200)"

_TABLE = f"""
c apg_ccm_enabled                          static  boolean yes on        on,off
b apg_plan_mgmt.capture_plan_baselines     dynamic string  yes -         manual,automatic,off
b apg_plan_mgmt.use_plan_baselines         dynamic boolean yes -         true,false
b application_name                         dynamic string  yes -         -
c archive_timeout                          dynamic integer no  !300      {_INT}
c array_nulls                              dynamic boolean yes -         0,1
b auto_explain.log_analyze                 dynamic boolean yes -         0,1
b auto_explain.log_min_duration            dynamic integer yes -         {_MINUS}
c authentication_timeout                   dynamic integer yes -         1-600
c autovacuum                               dynamic boolean yes -         0,1
c autovacuum_analyze_scale_factor          dynamic float   yes -         0-100
c autovacuum_analyze_threshold             dynamic integer yes -         {_INT}
c autovacuum_freeze_max_age                static  integer yes -         100000-2000000000
c autovacuum_max_workers static integer yes !GREATEST({{DBInstanceClassMemory/64371566592}},3) 1-262143
c autovacuum_naptime                       dynamic integer yes 5         1-2147483
c autovacuum_vacuum_cost_delay             dynamic float   yes 5         -1-100
c autovacuum_vacuum_cost_limit dynamic integer yes !{_COST_LIMIT} -1-10000
c autovacuum_vacuum_scale_factor           dynamic float   yes -         0-100
c autovacuum_vacuum_threshold              dynamic integer yes -         {_INT}
b backslash_quote                          dynamic string  yes -         safe_encoding,on,off
c bytea_output                             dynamic string  yes -         hex,escape
c check_function_bodies                    dynamic boolean yes -         0,1
b client_connection_check_interval         dynamic integer yes -         {_INT}
c client_encoding                          dynamic string  yes -         -
c client_min_messages                      dynamic string  yes -         {_CLIENT_LEVELS}
b commit_delay                             dynamic integer yes -         0-100000
b commit_siblings                          dynamic integer yes -         0-1000
c compute_query_id                         dynamic string  yes !auto     auto,on,off
b constraint_exclusion                     dynamic string  yes -         on,off,partition
b cpu_index_tuple_cost                     dynamic float   yes -         0-1.79769e+308
c cron.database_name                       static  string  yes -         -
c cron.log_run                             static  boolean yes -         on,off
c cron.max_running_jobs                    static  integer yes -         0-100
c datestyle                                dynamic string  yes -         -
b deadlock_timeout                         dynamic integer yes -         1-2147483647
c default_transaction_isolation            dynamic string  yes -         {_ISOLATION}
b default_statistics_target                dynamic integer yes -         1-10000
b effective_cache_size                     dynamic integer yes !SUM({{DBInstanceClassMemory/12038}},-50003) 1-2147483647
c enable_hashjoin                          dynamic boolean yes -         0,1
c fsync                                    dynamic boolean no  !on       on,off
b gin_fuzzy_search_limit                   dynamic integer yes -         {_INT}
b hot_standby_feedback                     dynamic boolean no  !on       on,off
b huge_pages                               static  string  no  !on       on,off
b idle_in_transaction_session_timeout      dynamic integer yes 86400000  {_INT}
b idle_session_timeout                     dynamic integer yes -         {_INT}
b jit                                      dynamic boolean yes -         0,1
c lc_messages                              dynamic string  yes -         -
b lock_timeout                             dynamic integer yes -         {_INT}
b log_autovacuum_min_duration              dynamic integer yes 10000     {_MINUS}
b log_connections                          dynamic boolean yes -         0,1
b log_disconnections                       dynamic boolean yes -         0,1
b log_duration                             dynamic boolean yes -         0,1
b log_error_verbosity                      dynamic string  yes -         terse,default,verbose
b log_executor_stats                       dynamic boolean yes -         0,1
b log_hostname                             dynamic boolean yes -         0,1
c log_line_prefix                          dynamic string  no  !%t:%r:%u@%d:[%p]: -
b log_lock_waits                           dynamic boolean yes -         0,1
b log_min_duration_sample                  dynamic integer yes -         {_MINUS}
b log_min_duration_statement               dynamic integer yes -         {_MINUS}
b log_min_error_statement                  dynamic string  yes -         {_LEVELS}
b log_min_messages                         dynamic string  yes -         {_LEVELS}
b log_parameter_max_length                 dynamic integer yes -         -1-1073741823
b log_rotation_age                         dynamic integer yes !60       1-1440
b log_rotation_size                        dynamic integer yes -         0-2097151
b log_statement                            dynamic string  yes -         none,ddl,mod,all
b log_temp_files                           dynamic integer yes -         {_MINUS}
b logging_collector                        static  boolean no  !1        0,1
b logical_decoding_work_mem                dynamic integer yes -         64-2147483647
b maintenance_work_mem dynamic integer yes !GREATEST({{DBInstanceClassMemory/63963136*1024}},65536) 1024-2147483647
b max_connections                          static  integer yes !LEAST({{DBInstanceClassMemory/9531392}},5000) 6-262143
c max_files_per_process                    static  integer yes -         64-2147483647
c max_locks_per_transaction                static  integer yes 64        10-2147483647
c max_logical_replication_workers          static  integer yes -         0-262143
b max_parallel_workers                     dynamic integer yes !GREATEST({{DBInstanceVCPU/2}},8) 0-1024
c max_prepared_transactions                static  integer yes 0         0-262143
c max_replication_slots                    static  integer yes 20        5-262143
b max_stack_depth                          dynamic integer yes 6144      100-2147483647
b max_standby_streaming_delay              dynamic integer yes 14000     1000-30000
c max_wal_senders                          static  integer yes 20        5-262143
c max_worker_processes                     static  integer yes !GREATEST({{DBInstanceVCPU*2}},8) 0-262143
c orafce.nls_date_format                   dynamic string  yes -         -
c password_encryption                      dynamic string  yes scram-sha-256 md5,scram-sha-256
b pg_bigm.enable_recheck                   dynamic boolean yes -         on,off
b pg_prewarm.autoprewarm                   dynamic boolean yes -         0,1
b pg_stat_statements.max                   static  integer yes -         100-2147483647
b pg_stat_statements.track                 dynamic string  yes -         none,top,all
b pg_stat_statements.track_utility         dynamic boolean yes -         0,1
b pgaudit.log                              dynamic list    yes -         {_AUDITED}
b pgaudit.log_catalog                      dynamic boolean yes -         0,1
b pgaudit.log_parameter                    dynamic boolean yes -         0,1
b pgaudit.log_relation                     dynamic boolean yes -         0,1
b pgaudit.log_statement_once               dynamic boolean yes -         0,1
b pgaudit.role                             dynamic string  yes -         rds_pgaudit
c port                                     static  integer no  !{{EndPointPort}} 1-65535
c postgis.gdal_enabled_drivers             dynamic string  yes ENABLE_ALL ENABLE_ALL,DISABLE_ALL
b quote_all_identifiers                    dynamic boolean yes -         0,1
b random_page_cost                         dynamic float   yes -         0-1.79769e+308
c rds.accepted_password_auth_method        dynamic string  yes md5+scram md5+scram,scram
c rds.adaptive_autovacuum                  dynamic boolean yes 1         0,1
c rds.babelfish_status                     static  string  yes off       on,off,datatypeonly
c rds.custom_dns_resolution                static  boolean yes 0         0,1
c rds.enable_plan_management               static  boolean yes 0         0,1
c rds.extensions                           static  list    no  !{_EXTENSIONS} -
b rds.force_admin_logging_level            dynamic string  yes -         {_FORCED_LEVELS}
b rds.force_autovacuum_logging_level       dynamic string  yes warning   {_FORCED_LEVELS}
c rds.force_ssl                            dynamic boolean yes 0         0,1
c rds.global_db_rpo                        dynamic integer yes -         20-2147483647
c rds.log_retention_period                 dynamic integer yes 4320      1440-10080
c rds.logical_replication                  static  boolean yes 0         0,1
c rds.logically_replicate_unlogged_tables  static  boolean yes 1         0,1
c rds.pg_stat_ramdisk_size                 static  integer yes 0         0,100-1024
c rds.rds_superuser_reserved_connections   static  integer yes 2         0-6
c rds.restrict_password_commands           static  boolean yes -         0,1
c rds.superuser_variables                  static  list    no  !session_replication_role -
b recovery_init_sync_method                dynamic string  no  !syncfs   fsync,syncfs
b search_path                              dynamic string  yes -         -
b seq_page_cost                            dynamic float   yes -         0-1.79769e+308
b session_replication_role                 dynamic string  yes -         origin,replica,local
b shared_buffers static integer yes !SUM({{DBInstanceClassMemory/12038}},-50003) 16-1073741823
b shared_preload_libraries                 static  list    yes pg_stat_statements {_LIBRARIES}
c ssl                                      static  boolean no  !1        0,1
c ssl_ciphers                              dynamic list    yes -         {_CIPHERS}
c ssl_max_protocol_version                 dynamic string  yes -         TLSv1,TLSv1.1,TLSv1.2,TLSv1.3
c ssl_min_protocol_version                 dynamic string  yes TLSv1.2   TLSv1,TLSv1.1,TLSv1.2,TLSv1.3
b statement_timeout                        dynamic integer yes -         {_INT}
c synchronous_commit                       dynamic string  yes on        local,on,off
b tcp_keepalives_count                     dynamic integer yes -         {_INT}
b tcp_keepalives_idle                      dynamic integer yes -         {_INT}
b tcp_keepalives_interval                  dynamic integer yes -         {_INT}
b tcp_user_timeout                         dynamic integer yes -         {_INT}
b temp_buffers                             dynamic integer yes -         100-1073741823
b temp_file_limit                          dynamic integer yes -         {_MINUS}
c timezone                                 dynamic string  yes UTC       -
c track_activity_query_size                static  integer yes 4096      100-1048576
b track_activities                         dynamic boolean yes -         0,1
c track_commit_timestamp                   static  boolean yes -         0,1
b track_counts                             dynamic boolean yes -         0,1
b track_functions                          dynamic string  yes pl        none,pl,all
b track_io_timing                          dynamic boolean yes 1         0,1
c vacuum_cost_limit                        dynamic integer yes -         1-10000
c vacuum_failsafe_age                      dynamic integer yes -         0-1200000000
c wal_receiver_timeout                     dynamic integer yes -         0-3600000
c wal_sender_timeout                       dynamic integer yes -         0-3600000
b work_mem                                 dynamic integer yes -         64-2147483647
b xmlbinary                                dynamic string  yes -         base64,hex
"""


def _parse() -> dict[str, Parameter]:
    parameters = {}
    for line in _TABLE.strip().splitlines():
        scope, name, apply_type, data_type, modifiable, value, allowed = line.split(None, 6)
        parameters[name] = Parameter(
            name=name,
            cluster_only=scope == "c",
            apply_type=apply_type,
            data_type=data_type,
            modifiable=modifiable == "yes",
            value=None if value == "-" else value.removeprefix("!"),
            source="system" if value.startswith("!") else "engine-default",
            allowed=None if allowed == "-" else allowed,
        )
    return parameters


_ALL = _parse()
CLUSTER_PARAMETERS: dict[str, Parameter] = _ALL
INSTANCE_PARAMETERS: dict[str, Parameter] = {name: p for name, p in _ALL.items() if not p.cluster_only}
