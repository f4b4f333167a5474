// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// The bucket with the reports of drills and the results of restore tests.
///
/// It is there with drills and without: what earlier drills have left is kept for its time.
struct EvidenceBlueprint {
  let bucket: Node<S3Bucket>
  private let origin: SourceSpan

  init(_ scope: Scope, _ encryption: EncryptionBlueprint) {
    let evidence = scope.stack.audit.evidence
    let days = evidence.retention.wholeDays
    origin = scope.stack.audit.$evidence.span
    bucket = Node(
      "evidence",
      .init(
        name: scope.names.evidenceBucket, account: scope.stack.account, key: encryption.key.output(\.arn),
        partition: scope.partition.name, retention: evidence.lock.retention(days: days),
        // What is deleted or overwritten before its time is kept as long as what is not.
        lifecycle: .init(expiration: days, oldVersions: days), tags: scope.tags(S3Bucket.self, "evidence")))
  }

  /// Below it are the reports of drills, by drill.
  static let drills = "drills"

  /// Below it are the results of restore tests, by day, as the backup verifier finds them.
  static let restoreTests = "restore-tests"

  /// The report of each experiment of a drill: the dashboard before, during and after it.
  func report(of drill: Drill, showing dashboard: Input<String>) -> ExperimentTemplate.Report {
    .init(bucket: bucket.output(\.name), prefix: "\(Self.drills)/\(drill.name)", dashboards: [dashboard])
  }

  var resources: [DesiredResource] { [bucket.resource(origin: origin)] }
}

extension EvidenceLock {
  fileprivate func retention(days: Int) -> S3Bucket.Retention? {
    switch self {
    case .none: nil
    case .governance: .init("GOVERNANCE", days: days)
    case .compliance: .init("COMPLIANCE", days: days)
    }
  }
}
