// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRoute53
internal import AWSClient
internal import Core
internal import ResourceKit

// aws: route53 GetChange

/// The last change of each zone that this process asked for, until Route 53's servers all answer by it.
///
/// The listings show a change at once; the servers follow within a minute. Nothing in AWS leads from a record to its change, so
/// that the id is kept here; a process that did not make the change takes the record as ready, which it is within that minute.
enum ChangesInFlight {
  private static let last = Guarded<[String: String]>([:])

  /// - Parameter zone: the zone's id, bare.
  static func note(_ change: Route53.ChangeInfo?, in zone: String) {
    guard let change, let id = change.id, change.status != "INSYNC" else { return }
    last.withLock { $0[zone] = bare(id) }
  }

  /// Whether the zone's servers still have to follow.
  static func health(of zone: String, _ aws: AWS) async throws(CallError) -> Health {
    guard let change = last.withLock({ $0[zone] }) else { return .ready }
    let answer = try await ifThere { () async throws(CallError) in
      try await aws(Route53.getChange, .init(id: change))
    }
    if let status = answer?.changeInfo?.status, status != "INSYNC" { return .progressing("propagating") }
    last.withLock { changes in
      // Another task may have noted a later change meanwhile.
      if changes[zone] == change { changes[zone] = nil }
    }
    return .ready
  }

  /// Route 53 gives ids as `/hostedzone/Z1` and `/change/C1`, and takes them without.
  static func bare(_ id: String) -> String {
    id.split(separator: "/").last.map(String.init) ?? id
  }
}
