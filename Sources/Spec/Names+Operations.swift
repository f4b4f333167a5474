// SPDX-License-Identifier: Apache-2.0

internal import Core

/// The stack's own Lambda functions.
package enum StackFunction: String, Sendable, CaseIterable {
  case health
  case probe
  case coordinator
  case drainer
  case lagGuard = "lag-guard"
  case replayWorker = "replay-worker"
  case backupVerifier = "backup-verifier"
  case rotateUser = "rotate-user"
}

/// The stack's queues.
package enum StackQueue: String, Sendable, CaseIterable {
  /// Transactions that wait for a writer, in order.
  case replay = "replay.fifo"
  /// Transactions that the replay worker gave up on. A FIFO queue's dead letters need a FIFO queue.
  case replayDead = "replay-dead.fifo"
  /// Events that no target of a rule took.
  case eventsDead = "events-dead"
  /// Schedules that could not run: drills and the functions' own.
  case drillsDead = "drills-dead"
  /// Alerts that a subscription could not deliver.
  case alertsDead = "alerts-dead"
  /// Asynchronous invocations that a function failed on.
  case functionsDead = "functions-dead"
}

/// The stack's DynamoDB tables.
package enum StackTable: String, Sendable, CaseIterable {
  /// Who may write to the stack, and who may fail it over.
  case leases
  /// What the functions decided, and the flag that freezes them.
  case decisions
}

/// Log groups that are no function's and no database's.
package enum StackLog: String, Sendable, CaseIterable {
  /// What harecon and the functions did.
  case audit
  /// Events, written by EventBridge.
  case events
  /// Experiments, written by FIS.
  case drills
  /// Accepted and rejected connections, written by the VPC.
  case flow
}

/// Roles that are no function's.
package enum StackRole: String, Sendable, CaseIterable {
  case monitoring
  case scheduler
  case faults
  case backup
  case restore
  case flowLogs = "flow-logs"
}

extension Names {
  // MARK: Functions and roles

  package func function(_ function: StackFunction) -> String { "\(prefix)-\(function.rawValue)" }
  /// The name that Lambda writes to by itself; made first, so that it has a key and a retention.
  package func logGroup(of function: StackFunction) -> String { "/aws/lambda/\(self.function(function))" }
  /// With the region in it, as every role's.
  package func role(of function: StackFunction) -> String { "\(prefix)-\(stack.region)-\(function.rawValue)" }
  package func role(_ role: StackRole) -> String { "\(prefix)-\(stack.region)-\(role.rawValue)" }

  // MARK: Messages and tables

  package var criticalTopic: String { "\(prefix)-critical" }
  package var warningTopic: String { "\(prefix)-warning" }
  package func queue(_ queue: StackQueue) -> String { "\(prefix)-\(queue.rawValue)" }
  package func table(_ table: StackTable) -> String { "\(prefix)-\(table.rawValue)" }

  // MARK: Events and schedules

  package func rule(_ what: String) -> String { "\(prefix)-\(what)" }
  /// One group for all schedules of the stack: only a group can carry tags.
  package var scheduleGroup: String { prefix }
  package func schedule(_ what: String) -> String { "\(prefix)-\(what)" }
  package func schedule(of drill: Drill) -> String { schedule("drill-\(drill.name)") }

  // MARK: Watching

  package var metricNamespace: String { "harecon/\(prefix)" }
  package func alarm(_ what: String) -> String { "\(prefix)-\(what)" }
  /// Data may be at risk: what every drill stops on.
  package var dataSafetyAlarm: String { alarm("data-safety") }
  /// The probe finds no healthy writer.
  package var writerDownAlarm: String { alarm("writer-down") }
  /// With the region in it: dashboards belong to the account, and another region may have a stack of this name.
  package var dashboard: String { "\(prefix)-\(stack.region)" }
  package func metricFilter(_ what: String) -> String { "\(prefix)-\(what)" }
  /// EventBridge writes to groups below `/aws/events/` only; those below `/aws/vendedlogs/` need no entry of their own in
  /// a resource policy, whose size is limited.
  package func logGroup(_ log: StackLog) -> String {
    switch log {
    case .audit: "/harecon/\(prefix)/audit"
    case .events: "/aws/events/harecon/\(prefix)"
    case .drills: "/aws/vendedlogs/harecon/\(prefix)/drills"
    case .flow: "/aws/vendedlogs/harecon/\(prefix)/flow"
    }
  }
  package var logResourcePolicy: String { "harecon-\(prefix)" }

  // MARK: Data

  /// With account and region in it: names of buckets are the world's.
  package var evidenceBucket: String { "\(prefix)-evidence-\(stack.account)-\(stack.region)" }
  /// Secrets Manager takes a name's last hyphen and six characters for its own suffix: no name ends so, as a user's name
  /// has no hyphen and what comes before it is longer.
  package func secret(of user: DatabaseUser) -> String { "\(prefix)/users/\(user.name)" }
  package var vault: String { prefix }
  package var backupPlan: String { prefix }
  package var backupSelection: String { "\(prefix)-cluster" }
  /// Without hyphens, which restore testing does not take.
  package var restoreTestingPlan: String { "\(prefix.replacing("-", with: "_"))_daily" }
  package var restoreTestingSelection: String { "\(restoreTestingPlan)_cluster" }
  package func clusterEndpoint(_ what: String) -> String { "\(prefix)-\(what)" }
}

// MARK: Limits

extension Names {
  /// The longest names that the blueprint gives by `rule`, `schedule`, `alarm`, `metricFilter` and `clusterEndpoint`.
  private static let longestWhat = "backup-verifier-dead-letters"

  var operations: [Derived] {
    functions + messages + watching + data
      + stack.drills.map { derived("drill's schedule", schedule(of: $0), .schedule, at: $0.$name.span) }
  }

  private var functions: [Derived] {
    StackFunction.allCases.flatMap { function in
      [
        derived("function", self.function(function), .function), derived("function's role", role(of: function), .role),
        derived("function's log group", logGroup(of: function), .logGroup),
      ]
    } + StackRole.allCases.map { derived("role", role($0), .role) }
  }

  private var messages: [Derived] {
    [derived("topic", criticalTopic, .topic), derived("topic", warningTopic, .topic)]
      + StackQueue.allCases.map { derived("queue", queue($0), .queue) }
      + StackTable.allCases.map { derived("table", table($0), .table) }
  }

  private var watching: [Derived] {
    [
      derived("rule", rule(Self.longestWhat), .rule), derived("schedule group", scheduleGroup, .schedule),
      derived("schedule", schedule(Self.longestWhat), .schedule), derived("alarm", alarm(Self.longestWhat), .alarm),
      derived("dashboard", dashboard, .dashboard), derived("metrics' namespace", metricNamespace, .namespace),
      derived("metric filter", metricFilter(Self.longestWhat), .logGroup),
      derived("log resource policy", logResourcePolicy, .dashboard),
    ] + StackLog.allCases.map { derived("log group", logGroup($0), .logGroup) }
  }

  private var data: [Derived] {
    [
      derived("evidence bucket", evidenceBucket, .bucket), derived("backup vault", vault, .vault),
      derived("backup plan", backupPlan, .backupPlan), derived("backup selection", backupSelection, .backupPlan),
      derived("restore testing plan", restoreTestingPlan, .restoreTesting),
      derived("restore testing selection", restoreTestingSelection, .restoreTesting),
      derived("cluster endpoint", clusterEndpoint(Self.longestWhat), .databaseIdentifier),
    ] + stack.secrets.users.map { derived("secret", secret(of: $0), .secret, at: $0.$name.span) }
  }
}

/// What AWS takes as names of the services around the database.
extension TextPattern {
  fileprivate static let function = limit("1 to 64 letters, digits and -_", "a-zA-Z0-9_-", 1...64)
  fileprivate static let topic = limit("1 to 256 letters, digits and -_", "a-zA-Z0-9_-", 1...256)
  /// A FIFO queue's ends with `.fifo`, which counts.
  fileprivate static let queue = limit("1 to 80 letters, digits and -_", "a-zA-Z0-9_.-", 1...80)
  fileprivate static let table = limit("3 to 255 letters, digits and -_.", "a-zA-Z0-9_.-", 3...255)
  fileprivate static let rule = limit("1 to 64 letters, digits and -_.", "a-zA-Z0-9_.-", 1...64)
  fileprivate static let schedule = limit("1 to 64 letters, digits and -_.", "a-zA-Z0-9_.-", 1...64)
  fileprivate static let alarm = limit("1 to 255 characters", " -~", 1...255)
  fileprivate static let dashboard = limit("1 to 255 letters, digits and -_", "a-zA-Z0-9_-", 1...255)
  fileprivate static let namespace = limit(
    "1 to 255 letters, digits and ./-_#:, not beginning with AWS/", "a-zA-Z0-9./_#:-", 1...255, reserved: ["aws/"])
  fileprivate static let bucket = limit(
    "3 to 63 of a-z, 0-9 and -, beginning and ending with a letter or digit", "a-z0-9-", first: "a-z0-9",
    last: "a-z0-9", 3...63, reserved: ["xn--", "sthree-", "amzn-s3-demo-"])
  fileprivate static let vault = limit("2 to 50 letters, digits and -_", "a-zA-Z0-9_-", 2...50)
  fileprivate static let backupPlan = limit("1 to 50 letters, digits and -_.", "a-zA-Z0-9_.-", 1...50)
  fileprivate static let restoreTesting = limit("1 to 50 letters, digits and _", "a-zA-Z0-9_", 1...50)
  fileprivate static let secret = limit("1 to 512 letters, digits and /_+=.@-", "a-zA-Z0-9/_+=.@-", 1...512)
}
