// SPDX-License-Identifier: Apache-2.0

/// The rules by which EventBridge wakes the stack's functions.
enum StackRule: String, Sendable, CaseIterable {
  /// Failovers, as RDS tells of them at best effort.
  case clusterEvents = "cluster-events"
  /// Members that restart, fail or recover.
  case instanceEvents = "instance-events"
  /// Alarms that change their state; their delivery is guaranteed.
  case alarms
  /// Experiments of FIS that begin and end.
  case drills
  /// Restore jobs of AWS Backup.
  case restores
}
