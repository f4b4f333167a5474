// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRoute53
package import AWSClient
package import Core
package import ResourceKit

// aws: route53 CreateHealthCheck ListHealthChecks UpdateHealthCheck DeleteHealthCheck
// aws: route53 ListTagsForResources ChangeTagsForResource

/// A health check by which Route 53 chooses among the records of a name.
///
/// Its checkers stand outside of every network: an endpoint must be public, which no database is, so that they ask a function
/// that asks the database. A check counts as healthy until there is data. One that watches an alarm remembers the alarm's
/// settings as they were when it was told of it, and is told again whenever they differ; it follows the alarm's metric, not its
/// state, and can read neither high-resolution metrics nor percentiles, M of N, or metric math.
///
/// Type, interval and measuring of latency are fixed: the check is made anew, the records are pointed to it, the old one goes.
/// Route 53 remembers the references of deleted checks for days, so that a check made again takes the next number. Tags cannot
/// be given at creation: until they are on, the reference proves whose it is.
package enum HealthCheck: ResourceKind {
  package static let name: KindName = "route53/health-check"
  package static let identity = Identity.tag
  package static let follows: [KindName] = ["cloudwatch/alarm", "lambda/url"]
  package static let isGlobal = true

  package struct Desired: Sendable {
    /// `HTTPS_STR_MATCH`, `CALCULATED`, `CLOUDWATCH_METRIC`.
    package var type: String
    /// The endpoint's name, without scheme and path.
    package var host: Input<String>?
    package var port: Int?
    /// With the slash and, if need be, the query. Who knows it can ask the endpoint too.
    package var path: Input<String>?
    /// Must be in the first 5120 bytes of the answer.
    package var searchString: String?
    /// Seconds between two requests of each checker: 10 or 30.
    package var interval: Int?
    /// Results in a row that change its mind, either way.
    package var threshold: Int?
    package var measuresLatency: Bool
    package var usesSNI: Bool
    /// Where checkers ask from, three at least; none for everywhere.
    package var regions: [String]
    /// The ids of the checks that it sums up.
    package var children: [Input<String>]
    /// How many of the children must be healthy.
    package var healthyChildren: Int?
    /// The name of the alarm that it watches, in this region.
    package var alarm: Input<String>?
    /// What it must remember of the alarm; nil for whatever it does.
    package var alarmSettings: AlarmSettings?
    /// What it takes missing data for: `Healthy`, `Unhealthy`, `LastKnownStatus`.
    package var withoutData: String?
    package var isInverted: Bool
    package var isDisabled: Bool
    package var tags: [String: String]
  }

  package struct Observed: Sendable {
    package let id: String
    let reference: CallerReference
    let version: Int
    let type: String
    let host: String?
    let port: Int?
    let path: String?
    let searchString: String?
    let interval: Int?
    let threshold: Int?
    let measuresLatency: Bool
    let usesSNI: Bool
    let regions: [String]
    let children: [String]
    let healthyChildren: Int?
    let alarm: String?
    let alarmSettings: AlarmSettings?
    let withoutData: String?
    let isInverted: Bool
    let isDisabled: Bool
    let tags: [String: String]
    let owner: Owner
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("type", \.type, \.type, .replace(.createThenDelete)),
    Attribute("host", \.host, \.host),
    Attribute("port", \.port, \.port, .inPlace(), .serverDefaulted),
    Attribute("path", \.path, \.path, .inPlace(), .sensitive),
    Attribute("searchString", \.searchString, \.searchString),
    Attribute("interval", \.interval, \.interval, .replace(.createThenDelete), .serverDefaulted),
    Attribute("threshold", \.threshold, \.threshold, .inPlace(), .serverDefaulted),
    Attribute("measuresLatency", \.measuresLatency, \.measuresLatency, .replace(.createThenDelete)),
    Attribute("usesSNI", \.usesSNI, \.usesSNI),
    Attribute("regions", \.regions, \.regions, equality: .unordered),
    Attribute("children", \.children, \.children, equality: .unordered),
    Attribute("healthyChildren", \.healthyChildren, \.healthyChildren, .inPlace(), .serverDefaulted),
    Attribute("alarm", \.alarm, \.alarm),
    Attribute("alarmSettings", \.alarmSettings, \.alarmSettings, .inPlace(), .serverDefaulted),
    Attribute("withoutData", \.withoutData, \.withoutData, .inPlace(), .serverDefaulted),
    Attribute("isInverted", \.isInverted, \.isInverted),
    Attribute("isDisabled", \.isDisabled, \.isDisabled),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("id", \.id)]

  /// The listing is of the whole account and without tags; references tell which of them may be the stack's.
  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let candidates = try await references(aws).filter { $0.reference.stack == query.stack }
    let tags = try await Route53.tags(of: candidates.map(\.id), .healthCheck, aws)
    let wanted = query.desired.compactMap { $0.tags[OwnerTag.id] }
    return candidates.map { candidate in
      Observed(candidate, tags: tags[candidate.id] ?? [:], wanted: wanted, seenFrom: aws.region)
    }.filter { check in
      if case .stack(query.stack, _) = check.owner { true } else { false }
    }
  }

  struct Candidate: Sendable {
    let id: String
    let reference: CallerReference
    let live: Route53.HealthCheck
  }

  /// The account's checks that harecon made.
  private static func references(_ aws: AWS) async throws(CallError) -> [Candidate] {
    try await aws.all(Route53.listHealthChecks, .init(), \.healthChecks).compactMap { check in
      guard let id = check.id, let reference = CallerReference(check.callerReference ?? "") else { return nil }
      return Candidate(id: id, reference: reference, live: check)
    }
  }

  /// A reference is taken while its check is there, and for days after: then the next one is tried.
  ///
  /// The same reference with the same settings gives the check that an answer that was lost was about.
  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    guard var reference = CallerReference(healthCheck: desired.tags) else {
      throw CallError(.invalid, code: "Incomplete", message: "a health check needs owner tags")
    }
    let config = try desired.config(aws)
    var isListed = false
    while true {
      do throws(CallError) {
        let answer = try await aws(
          Route53.createHealthCheck, .init(callerReference: reference.text, healthCheckConfig: config))
        try await Route53.retag(answer.healthCheck?.id ?? "", .healthCheck, from: [:], to: desired.tags, aws)
        return
      } catch let error where error.code == "HealthCheckAlreadyExists" {
        if !isListed {
          isListed = true
          let siblings = try await references(aws).map(\.reference).filter { $0.isSibling(of: reference) }
          reference.generation = max(reference.generation, siblings.map(\.generation).max() ?? 0)
        }
        reference.generation += 1
        guard reference.text.utf8.count <= CallerReference.longestOfHealthCheck else { throw error }
      }
    }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if let request = try desired.request(changing: changes, of: observed, aws) {
      _ = try await aws(Route53.updateHealthCheck, request)
    }
    if changes.contains(\.tags) {
      try await Route53.retag(observed.id, .healthCheck, from: observed.tags, to: desired.tags, aws)
    }
  }

  /// Route 53 deletes it even while records use it, and then answers them as it likes: they are moved before.
  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(Route53.deleteHealthCheck, .init(healthCheckId: observed.id))
  }

  package static func facts(_ observed: Observed) -> Facts { Facts(id: observed.id, owner: observed.owner) }
}
