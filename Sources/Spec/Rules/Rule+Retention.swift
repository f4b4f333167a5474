// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// What is kept, for how long, and what protects it.
  static let retention: [Rule] = [
    Rule(
      "HA060", "protection", .warning,
      what: "The cluster has deletion protection.",
      why: "With it, AWS refuses to delete the cluster whoever asks; a wrong click cannot.",
      wayOut: "remove the line, or set `cluster.protection` to true",
      reads: ["cluster.protection"]
    ) { stack in
      stack.cluster.protection ? [] : [Finding("deletion protection is off", at: stack.cluster.$protection.span)]
    },
    Rule(
      "HA061", "backup-retention",
      what: "Automated backups are kept 1 to 35 whole days.",
      why: "Those are the days that Aurora takes.",
      wayOut: "choose `cluster.backupRetention` from 1d to 35d",
      reads: ["cluster.backupRetention"]
    ) { stack in
      wholeDays(stack.cluster.$backupRetention, 1...35)
    },
    Rule(
      "HA062", "log-retention",
      what: "Exported logs are kept for a number of days that CloudWatch Logs knows.",
      why: "`PutRetentionPolicy` takes a fixed set of numbers.",
      wayOut: logDaysText,
      reads: ["cluster.logRetention"]
    ) { stack in
      unknownToLogs(stack.cluster.$logRetention)
    },
    Rule(
      "HA063", "key-rotation",
      what: "The key is rotated every 90 to 2560 whole days.",
      why: "Those are the periods that KMS takes.",
      wayOut: "choose `encryption.rotateEvery` from 90d to 2560d",
      reads: ["encryption.rotateEvery"]
    ) { stack in
      wholeDays(stack.encryption.$rotateEvery, 90...2560)
    },
    Rule(
      "HA064", "key-deletion",
      what: "A key that is no longer wanted is kept 7 to 30 whole days.",
      why: "Those are the periods that KMS takes.",
      wayOut: "choose `encryption.deletionWindow` from 7d to 30d",
      reads: ["encryption.deletionWindow"]
    ) { stack in
      wholeDays(stack.encryption.$deletionWindow, 7...30)
    },
    Rule(
      "HA065", "monitoring-interval",
      what: "Enhanced monitoring has an interval that RDS knows.",
      why: "RDS takes 0 (off), 1, 5, 10, 15, 30 and 60 seconds.",
      wayOut: "choose 0s, 1s, 5s, 10s, 15s, 30s or 60s",
      reads: ["cluster.monitoringInterval"]
    ) { stack in
      let interval = stack.cluster.monitoringInterval
      return [0, 1, 5, 10, 15, 30, 60].contains { interval == .seconds($0) }
        ? []
        : [Finding("RDS does not monitor every \(interval.specText)", at: stack.cluster.$monitoringInterval.span)]
    },
  ]

  private static let logDays = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
  ]

  static let logDaysText = "choose one of \(logDays.map { "\($0)d" }.joined(separator: ", "))"

  static func unknownToLogs(_ field: Located<Duration>) -> [Finding] {
    let retention = field.value
    guard !logDays.contains(where: { retention == .days($0) }) else { return [] }
    let nearest = logDays.first { .days($0) >= retention } ?? logDays[logDays.count - 1]
    return [
      Finding(
        "CloudWatch Logs keeps nothing for \(retention.specText)", at: field.span, hint: "the next is \(nearest)d")
    ]
  }

  static func wholeDays(_ field: Located<Duration>, _ range: ClosedRange<Int>) -> [Finding] {
    let value = field.value
    guard value != .days(value.wholeDays) || !range.contains(value.wholeDays) else { return [] }
    return [
      Finding(
        "\(value.specText) is not \(range.lowerBound) to \(range.upperBound) whole days", at: field.span)
    ]
  }

  /// When AWS may work on the cluster.
  static let windows: [Rule] = [
    Rule(
      "HA066", "window-length",
      what: "Backup and maintenance windows are 30 minutes or longer; a maintenance window is at most a day.",
      why: "RDS refuses shorter ones, and maintenance windows of more than 24 hours.",
      wayOut: "lengthen the window",
      reads: ["cluster.backupWindow", "cluster.maintenanceWindow"]
    ) { stack in
      let cluster = stack.cluster
      let windows = [
        ("backup", cluster.backupWindow.minutes, cluster.$backupWindow.span),
        ("maintenance", cluster.maintenanceWindow.minutes, cluster.$maintenanceWindow.span),
      ]
      return windows.filter { !(30...1440).contains($0.1) }.map { name, minutes, span in
        Finding(
          "the \(name) window is \(minutes) minutes long", at: span,
          hint: minutes < 30 ? "lengthen it to 30 minutes at least" : "shorten it to a day at most")
      }
    },
    Rule(
      "HA067", "windows-apart",
      what: "The backup window and the maintenance window have no minute in common.",
      why: "RDS refuses windows that overlap: a restart would break the backup.",
      wayOut: "move one of the two",
      reads: ["cluster.backupWindow", "cluster.maintenanceWindow"]
    ) { stack in
      let cluster = stack.cluster
      guard cluster.maintenanceWindow.overlaps(cluster.backupWindow) else { return [] }
      let span = cluster.$maintenanceWindow.isDefault ? cluster.$backupWindow.span : cluster.$maintenanceWindow.span
      return [
        Finding(
          "the maintenance window \"\(cluster.maintenanceWindow)\" overlaps the backup window "
            + "\"\(cluster.backupWindow)\"", at: span)
      ]
    },
  ]
}
